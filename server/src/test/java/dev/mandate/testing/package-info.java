/// Fixtures: the nouns of `domain` with values that make sense, and a clock that a test moves.
///
/// Not here: anything that asserts.
@NullMarked
package dev.mandate.testing;

import org.jspecify.annotations.NullMarked;
