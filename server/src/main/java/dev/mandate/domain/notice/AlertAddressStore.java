package dev.mandate.domain.notice;

import dev.mandate.domain.tenant.TenantId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps alert addresses.
public interface AlertAddressStore {
  int PER_TENANT_MAX = 20;

  /// How [#insert] ended.
  enum Inserted {
    DONE,
    /// The tenant has the address already.
    THERE,
    /// The tenant has [#PER_TENANT_MAX].
    FULL
  }

  Inserted insert(AlertAddress address);

  /// By id.
  List<AlertAddress> page(TenantId tenant, @Nullable String after, int limit);

  @Nullable AlertAddress find(TenantId tenant, String id);

  /// @return false when there is no such address
  boolean delete(TenantId tenant, String id);
}
