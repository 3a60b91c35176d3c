/// The processes that serve one database together.
///
/// Not here: what they tell one another (`domain/revocation`), what they hold (`domain/budget`).
@NullMarked
package dev.mandate.domain.node;

import org.jspecify.annotations.NullMarked;
