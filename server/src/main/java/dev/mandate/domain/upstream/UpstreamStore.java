package dev.mandate.domain.upstream;

import dev.mandate.domain.tenant.TenantId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps upstreams with their catalogues.
public interface UpstreamStore {
  @Nullable Upstream find(TenantId tenant, String name);

  /// All of the tenant's, by name.
  List<Upstream> all(TenantId tenant);

  /// Inserts the upstream, or changes the one with its name. Announces `PolicyChanged`.
  void save(Upstream upstream);
}
