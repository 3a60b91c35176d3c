/// Plane 1, the authorization server: a room per endpoint, and the errors that they share (RFC 6749
/// §5.2).
///
/// Not here: what is behind the tokens (`domain`), the gateway that accepts them (`gateway`).
@NullMarked
package dev.mandate.oauth;

import org.jspecify.annotations.NullMarked;
