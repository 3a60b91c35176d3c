package dev.mandate.gateway.caller;

import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The `jti` of access tokens that were revoked one by one (RFC 7009), until they expire.
public final class RevokedTokens {
  private final Map<String, Instant> expiryByJti = new ConcurrentHashMap<>();

  public void addAll(Map<String, Instant> live) {
    expiryByJti.putAll(live);
  }

  public void add(String jti, Instant expiresAt) {
    expiryByJti.put(jti, expiresAt);
  }

  public boolean contains(String jti) {
    return !expiryByJti.isEmpty() && expiryByJti.containsKey(jti);
  }

  /// Forgets those that expired.
  public void purge(Instant now) {
    expiryByJti.values().removeIf(expiresAt -> !now.isBefore(expiresAt));
  }
}
