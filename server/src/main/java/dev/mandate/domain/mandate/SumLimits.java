package dev.mandate.domain.mandate;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;

/// What bounds the sum of many mandates, beside what bounds each. Kept by `domain/budget`.
public interface SumLimits {
  /// Of all mandates of the tenant; [Limits#NONE] when nothing bounds them.
  Limits ofTenant(TenantId tenant);

  /// Of all mandates of one person; [Limits#NONE] when nothing bounds them.
  Limits ofUser(TenantId tenant, UserId user);
}
