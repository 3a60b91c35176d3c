/// The keys that sign tokens: made, kept encrypted, published, retired.
///
/// Not here: the JWK set endpoint (`oauth/jwks`).
@NullMarked
package dev.mandate.domain.signingkey;

import org.jspecify.annotations.NullMarked;
