package dev.mandate.domain.signingkey;

import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import java.util.List;

/// Keeps signing keys, sealed.
public interface SigningKeyStore {
  /// @param kid names the key in JWT headers
  /// @param algorithm of JWA (RFC 7518 §3.1), `ES256` or `RS256`
  /// @param sealedJwk the private JWK, sealed by the vault for this row
  /// @param createdAt since when it is published
  /// @param activeAt from when on it signs, until the next of its algorithm does
  record Stored(
      TenantId tenant,
      String kid,
      String algorithm,
      byte[] sealedJwk,
      Instant createdAt,
      Instant activeAt) {}

  /// In the order in which they become active.
  List<Stored> all(TenantId tenant);

  /// Inserts the key unless the tenant has one for the algorithm already; of racing callers one
  /// wins.
  boolean insertFirst(Stored key);

  /// Inserts the key as the one that follows `kid` of the same algorithm, unless that has a
  /// successor already; of racing callers one wins.
  boolean insertNext(Stored key, String kid);

  /// Deletes the key if a younger one of its algorithm is there.
  ///
  /// @return false when it is the youngest, or gone
  boolean retire(TenantId tenant, String kid);
}
