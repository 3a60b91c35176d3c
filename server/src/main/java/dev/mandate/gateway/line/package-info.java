/// What this node knows of the way to each upstream: whether it works (a circuit breaker), how much
/// is on it, how long calls wait there.
///
/// Not here: the exchange itself (`gateway/relay`), who is asked instead (`gateway/Detours`).
@NullMarked
package dev.mandate.gateway.line;

import org.jspecify.annotations.NullMarked;
