package dev.mandate.domain.monitoring;

import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps who is held back. Every change announces `CallerRestrained`.
public interface RestraintStore {
  /// Of all tenants, those that have not ended.
  List<Restraint> all(Instant now);

  /// By caller.
  List<Restraint> page(TenantId tenant, @Nullable String after, int limit);

  @Nullable Restraint find(CallerId caller);

  /// Holds a caller back beside what monitoring finds: an administrator says so, or a restored
  /// database had let it go.
  ///
  /// @return false when it is suspended already
  boolean hold(Restraint restraint);

  /// @return false when it was not held back
  boolean release(CallerId caller);
}
