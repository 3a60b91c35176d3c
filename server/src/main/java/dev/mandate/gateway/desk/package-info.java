/// Asks providers about credentials: whether one is good, and where a provider has an API for it,
/// to make and delete them.
///
/// Not here: the calls of callers (`gateway/relay`), when something is asked (`domain/credential`).
@NullMarked
package dev.mandate.gateway.desk;

import org.jspecify.annotations.NullMarked;
