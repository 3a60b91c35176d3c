/// Proof key for code exchange (RFC 7636), method S256 only.
///
/// Not here: that a challenge must be there (`oauth/authorize`) and a verifier too (`oauth/token`).
@NullMarked
package dev.mandate.oauth.pkce;

import org.jspecify.annotations.NullMarked;
