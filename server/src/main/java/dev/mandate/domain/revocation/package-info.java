/// What caches and open streams must hear at once: revocations and changes of rights.
///
/// Not here: who decides them.
@NullMarked
package dev.mandate.domain.revocation;

import org.jspecify.annotations.NullMarked;
