package dev.mandate.domain.mandate;

import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import org.jspecify.annotations.Nullable;

/// What bounds the sum of many mandates, beside what bounds each. Kept by `domain/budget`.
public interface SumLimits {
  /// Of all accounts that a mandate's calls may be charged to beside its own: the tenant's, its
  /// role's, user's and client's, and every upstream's and model's.
  ///
  /// @param role of the user
  Sums sums(TenantId tenant, ClientId client, @Nullable UserId user, @Nullable String role);
}
