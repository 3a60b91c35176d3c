package dev.mandate.gateway.caller;

import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.token.AccessTokenClaims;
import org.jspecify.annotations.Nullable;

/// Verifies an access token of one issuer (RFC 9068 §4): signature, `typ`, `alg`, `iss`, tenant; not
/// its times.
@FunctionalInterface
public interface TokenVerifier {
  /// Runs on a worker thread; the gateway itself checks audience, expiry and revocation on each
  /// call.
  ///
  /// @return null for anything that is not a valid token of this issuer
  @Nullable AccessTokenClaims verify(Issuer issuer, String jwt);
}
