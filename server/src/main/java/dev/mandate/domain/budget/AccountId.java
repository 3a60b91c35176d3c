package dev.mandate.domain.budget;

import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;

/// Names an account: what limits are counted against.
///
/// @param key `mandate/{id}/{place of the access in it}`, `api_key/{id}`, `user/{id}` or `tenant`
public record AccountId(TenantId tenant, String key) {
  public static AccountId of(TenantId tenant, MandateId mandate, int access) {
    return new AccountId(tenant, "mandate/" + mandate + "/" + access);
  }

  public static AccountId of(TenantId tenant, ApiKeyId apiKey) {
    return new AccountId(tenant, "api_key/" + apiKey);
  }

  public static AccountId of(TenantId tenant, UserId user) {
    return new AccountId(tenant, "user/" + user);
  }

  public static AccountId of(TenantId tenant) {
    return new AccountId(tenant, "tenant");
  }

  /// Whose it is: `mandate`, `api_key`, `user` or `tenant`.
  public String holder() {
    int slash = key.indexOf('/');
    return slash < 0 ? key : key.substring(0, slash);
  }
}
