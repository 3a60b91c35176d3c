package dev.mandate.gateway;

import dev.mandate.domain.tenant.TenantId;

/// Decides which web origins may call from a browser (Fetch standard, CORS protocol). No answer
/// ever allows credentials: cookies authenticate no gateway route.
public interface CorsPolicy {
  /// Makes [#allows] answer from memory. May block.
  void load(TenantId tenant);

  /// On the event loop, after [#load] of the same tenant.
  ///
  /// @param origin as the browser sends it, such as `https://app.example`
  boolean allows(TenantId tenant, String origin);
}
