package dev.mandate.gateway.caller;

import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The `jti` of each tenant's access tokens that were revoked one by one (RFC 7009), until they
/// expire.
public final class RevokedTokens {
  private final Map<TenantId, Map<String, Instant>> expiryByJti = new ConcurrentHashMap<>();

  public void addAll(TenantId tenant, Map<String, Instant> live) {
    live.forEach((jti, expiresAt) -> add(tenant, jti, expiresAt));
  }

  /// In one step with making the tenant's part, which [#purge] may be taking away.
  public void add(TenantId tenant, String jti, Instant expiresAt) {
    expiryByJti.compute(
        tenant,
        (_, known) -> {
          Map<String, Instant> ofTenant = known == null ? new ConcurrentHashMap<>() : known;
          ofTenant.put(jti, expiresAt);
          return ofTenant;
        });
  }

  public boolean contains(TenantId tenant, String jti) {
    Map<String, Instant> ofTenant = expiryByJti.get(tenant);
    return ofTenant != null && ofTenant.containsKey(jti);
  }

  /// Forgets those that expired.
  public void purge(Instant now) {
    for (TenantId tenant : expiryByJti.keySet()) {
      expiryByJti.computeIfPresent(
          tenant,
          (_, ofTenant) -> {
            ofTenant.values().removeIf(expiresAt -> !now.isBefore(expiresAt));
            return ofTenant.isEmpty() ? null : ofTenant;
          });
    }
  }
}
