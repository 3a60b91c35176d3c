package dev.mandate.domain.tenant;

import org.jspecify.annotations.Nullable;

/// Keeps tenants.
public interface TenantStore {
  @Nullable Tenant find(TenantId id);

  /// Inserts the tenant, or changes the one with its id.
  void save(Tenant tenant);
}
