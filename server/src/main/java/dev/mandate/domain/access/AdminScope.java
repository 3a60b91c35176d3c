package dev.mandate.domain.access;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/// What a caller may do at the admin API. Its names are OAuth scopes of access tokens for the
/// resource [#RESOURCE] and scopes of API keys alike.
public enum AdminScope {
  TENANTS_READ("tenants:read"),
  TENANTS_WRITE("tenants:write"),
  USERS_READ("users:read"),
  USERS_WRITE("users:write"),
  ENTITLEMENTS_READ("entitlements:read"),
  ENTITLEMENTS_WRITE("entitlements:write"),
  CLIENTS_READ("clients:read"),
  CLIENTS_WRITE("clients:write"),
  MANDATES_READ("mandates:read"),
  MANDATES_REVOKE("mandates:revoke"),
  UPSTREAMS_READ("upstreams:read"),
  UPSTREAMS_WRITE("upstreams:write"),
  CREDENTIALS_READ("credentials:read"),
  CREDENTIALS_WRITE("credentials:write"),
  API_KEYS_READ("api_keys:read"),
  API_KEYS_WRITE("api_keys:write"),
  BUDGETS_READ("budgets:read"),
  BUDGETS_WRITE("budgets:write"),
  NOTICES_READ("notices:read"),
  NOTICES_WRITE("notices:write"),
  MONITORING_READ("monitoring:read"),
  MONITORING_WRITE("monitoring:write"),
  AUDIT_READ("audit:read"),
  PROMPTS_READ("prompts:read"),
  PROMPTS_WRITE("prompts:write"),
  VAULT_READ("vault:read"),
  VAULT_WRITE("vault:write");

  /// The admin API's path below its issuer; with the issuer in front, its resource identifier (RFC
  /// 8707).
  public static final String RESOURCE = "/admin/v1";

  private final String wire;

  AdminScope(String wire) {
    this.wire = wire;
  }

  public String wire() {
    return wire;
  }

  public boolean isRead() {
    return wire.endsWith(":read");
  }

  /// All names.
  public static SortedSet<String> names() {
    SortedSet<String> names = new TreeSet<>();
    for (AdminScope scope : values()) {
      names.add(scope.wire);
    }
    return Collections.unmodifiableSortedSet(names);
  }

  public static boolean exists(String name) {
    for (AdminScope scope : values()) {
      if (scope.wire.equals(name)) {
        return true;
      }
    }
    return false;
  }
}
