/// Generates `docs/reference/` from the code, and holds the committed files against it.
///
/// Not here: texts that explain why (`docs/guides`, `docs/decisions`).
@NullMarked
package dev.mandate.reference;

import org.jspecify.annotations.NullMarked;
