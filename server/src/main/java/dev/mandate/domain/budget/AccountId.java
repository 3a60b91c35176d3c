package dev.mandate.domain.budget;

import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;

/// Names an account: what limits are counted against.
///
/// @param key `tenant`, `role/{name}`, `user/{id}`, `client/{id}`, `upstream/{name}`,
///   `model/{upstream}/{name}`, `mandate/{id}/{place of the access in it}` or `api_key/{id}`
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

  /// Of the people of one role: a team.
  public static AccountId ofRole(TenantId tenant, String role) {
    return new AccountId(tenant, "role/" + role);
  }

  public static AccountId of(TenantId tenant, ClientId client) {
    return new AccountId(tenant, "client/" + client);
  }

  public static AccountId ofUpstream(TenantId tenant, String upstream) {
    return new AccountId(tenant, "upstream/" + upstream);
  }

  public static AccountId ofModel(TenantId tenant, String upstream, String model) {
    return new AccountId(tenant, "model/" + upstream + "/" + model);
  }

  /// Whose it is: `tenant`, `role`, `user`, `client`, `upstream`, `model`, `mandate` or `api_key`.
  public String holder() {
    int slash = key.indexOf('/');
    return slash < 0 ? key : key.substring(0, slash);
  }
}
