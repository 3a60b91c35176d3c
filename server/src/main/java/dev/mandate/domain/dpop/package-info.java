/// Proofs that the bearer of a token has the key that the token is bound to (RFC 9449), and the
/// nonces that make them fresh.
///
/// Not here: what a request without one is answered (`oauth/dpop`, `gateway/caller`,
/// `admin/operation`).
@NullMarked
package dev.mandate.domain.dpop;

import org.jspecify.annotations.NullMarked;
