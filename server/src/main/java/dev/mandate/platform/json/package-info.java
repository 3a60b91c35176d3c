/// JSON in and out: one configured mapper, strict about duplicates and unknown members.
///
/// Not here: the one-pass scan of gateway bodies (`gateway/prompting`).
@NullMarked
package dev.mandate.platform.json;

import org.jspecify.annotations.NullMarked;
