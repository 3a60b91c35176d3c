package dev.mandate.domain.budget;

import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.domain.user.RoleStore;
import dev.mandate.domain.user.UserId;
import dev.mandate.domain.user.UserStore;

/// Whose accounts can be bounded: those of what there is in the tenant.
public final class BudgetHolders {
  private final RoleStore roles;
  private final UserStore users;
  private final ClientStore clients;
  private final UpstreamStore upstreams;

  public BudgetHolders(
      RoleStore roles, UserStore users, ClientStore clients, UpstreamStore upstreams) {
    this.roles = roles;
    this.users = users;
    this.clients = clients;
    this.upstreams = upstreams;
  }

  /// A mandate's and a key's account are not among them: their limits are their own.
  public boolean exists(AccountId account) {
    TenantId tenant = account.tenant();
    String key = account.key();
    String name = key.substring(key.indexOf('/') + 1);
    return switch (account.holder()) {
      case "tenant" -> key.equals("tenant");
      case "role" -> roles.find(tenant, name) != null;
      case "user" -> users.find(tenant, new UserId(name)) != null;
      case "client" -> clients.find(tenant, new ClientId(name)) != null;
      case "upstream" -> upstreams.find(tenant, name) != null;
      case "model" -> {
        int slash = name.indexOf('/');
        Upstream upstream = slash < 0 ? null : upstreams.find(tenant, name.substring(0, slash));
        yield upstream != null && upstream.model(name.substring(slash + 1)) != null;
      }
      default -> false;
    };
  }
}
