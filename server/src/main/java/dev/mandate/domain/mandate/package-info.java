/// The stored delegation: who lets which client do what, how much, until when; and what of it holds
/// right now.
///
/// Not here: the page on which it is given (`oauth/consent`), what is left of its limits
/// (`domain/budget`).
@NullMarked
package dev.mandate.domain.mandate;

import org.jspecify.annotations.NullMarked;
