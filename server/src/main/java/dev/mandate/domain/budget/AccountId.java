package dev.mandate.domain.budget;

import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;

/// Names an account: what limits are counted against.
///
/// @param key `mandate/{id}/{place of the access in it}` or `user/{id}`
public record AccountId(TenantId tenant, String key) {
  public static AccountId of(TenantId tenant, MandateId mandate, int access) {
    return new AccountId(tenant, "mandate/" + mandate + "/" + access);
  }

  public static AccountId of(TenantId tenant, UserId user) {
    return new AccountId(tenant, "user/" + user);
  }
}
