/// Tokens that are bound to a key of the client's (RFC 9449), at the endpoints of the authorization
/// server: who gets one proves the key, and so does who brings one.
///
/// Not here: what makes a proof (`domain/dpop`).
@NullMarked
package dev.mandate.oauth.dpop;

import org.jspecify.annotations.NullMarked;
