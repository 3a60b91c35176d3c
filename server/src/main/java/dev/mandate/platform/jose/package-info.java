/// Signed JSON: private keys as JWK (RFC 7517), JWTs signed and verified (RFC 7515, RFC 8725).
///
/// Not here: which keys a tenant has (`domain/signingkey`), what a token says (`domain/token`).
@NullMarked
package dev.mandate.platform.jose;

import org.jspecify.annotations.NullMarked;
