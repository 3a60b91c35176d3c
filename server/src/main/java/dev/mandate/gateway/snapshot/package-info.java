/// Answers kept in memory so that the hot path asks no store.
///
/// Not here: what is kept (`gateway/caller`, `gateway/mandating`).
@NullMarked
package dev.mandate.gateway.snapshot;

import org.jspecify.annotations.NullMarked;
