/// What a caller may do right now: the rights behind its mandate and the upstream with its
/// catalogue and credential, as snapshots in memory.
///
/// Not here: how rights are computed (`domain/mandate`), what is left of a limit (`domain/budget`).
@NullMarked
package dev.mandate.gateway.mandating;

import org.jspecify.annotations.NullMarked;
