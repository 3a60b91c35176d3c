package dev.mandate.domain.tenant;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps tenants. Every verb that changes one announces `TenantChanged`.
public interface TenantStore {
  @Nullable Tenant find(TenantId id);

  /// All of them, disabled ones too, by id.
  List<Tenant> all();

  /// Makes a tenant; of racing callers one wins.
  ///
  /// @return false when there is one with this id
  boolean create(Tenant tenant);

  /// Inserts the tenant, or changes what the one with its id decides. Whether that one is disabled
  /// stays as it is: a configuration file must not undo it at each start.
  void save(Tenant tenant);

  /// @return false when there is no such tenant
  boolean rename(TenantId id, String name);

  /// @return false when there is no such tenant
  /// @throws IllegalArgumentException for the tenant at the root
  boolean setDisabled(TenantId id, boolean disabled);
}
