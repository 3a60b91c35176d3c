package dev.mandate.domain.token;

import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import java.util.Map;

/// Keeps the `jti` of access tokens that were revoked one by one, until they would have expired.
public interface RevokedTokenStore {
  /// Announces `TokenRevoked`. Revoking again changes nothing.
  void revoke(TenantId tenant, String jti, Instant expiresAt);

  /// All that have not expired at `now`, with their expiry: loaded at start, then kept true by
  /// announcements.
  Map<String, Instant> live(TenantId tenant, Instant now);

  /// Whether this one was revoked and has not been swept since.
  boolean isRevoked(TenantId tenant, String jti);
}
