package dev.mandate.domain.tenant;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps tenants. Every verb that changes one announces `TenantChanged`.
public interface TenantStore {
  @Nullable Tenant find(TenantId id);

  /// All of them, disabled ones too, by id.
  List<Tenant> all();

  /// By id, disabled ones too.
  ///
  /// @param after the last tenant of the page before; null for the first page
  List<Tenant> page(@Nullable TenantId after, int limit);

  /// Makes a tenant; of racing callers one wins.
  ///
  /// @return false when there is one with this id
  boolean create(Tenant tenant);

  /// Inserts the tenant, or changes what the one with its id decides. Whether that one is disabled
  /// stays as it is: a configuration file must not undo it at each start.
  void save(Tenant tenant);

  /// Stores `replacement` if what is stored still equals `expected`, in one transaction.
  boolean replace(Tenant expected, Tenant replacement);

  /// @return false when there is no such tenant
  boolean rename(TenantId id, String name);

  /// @return false when there is no such tenant
  /// @throws IllegalArgumentException for the tenant at the root
  boolean setDisabled(TenantId id, boolean disabled);
}
