/// The exchange with the provider: bytes through with back-pressure both ways, usage read on the
/// way, settled before the caller can call again, cut when rights end.
///
/// Not here: whether the call may be made.
@NullMarked
package dev.mandate.gateway.relay;

import org.jspecify.annotations.NullMarked;
