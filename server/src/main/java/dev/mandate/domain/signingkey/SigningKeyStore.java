package dev.mandate.domain.signingkey;

import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import java.util.List;

/// Keeps signing keys, sealed.
public interface SigningKeyStore {
  /// @param kid names the key in JWT headers
  /// @param algorithm of JWA (RFC 7518 §3.1), `ES256` or `RS256`
  /// @param sealedJwk the private JWK, sealed by the vault for this row
  /// @param createdAt when it was made; the youngest key of an algorithm signs
  record Stored(
      TenantId tenant, String kid, String algorithm, byte[] sealedJwk, Instant createdAt) {}

  List<Stored> all(TenantId tenant);

  /// Inserts the key unless the tenant has one for the algorithm already; of racing callers one
  /// wins.
  boolean insertFirst(Stored key);
}
