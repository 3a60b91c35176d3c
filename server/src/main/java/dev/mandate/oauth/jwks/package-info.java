/// The JWK set endpoint (RFC 7517 §5).
///
/// Not here: the keys (`domain/signingkey`).
@NullMarked
package dev.mandate.oauth.jwks;

import org.jspecify.annotations.NullMarked;
