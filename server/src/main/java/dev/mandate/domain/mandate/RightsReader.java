package dev.mandate.domain.mandate;

import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.revocation.Snapshot;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.tenant.TenantStore;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserStore;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads what a mandate is worth right now from the stores. Blocking.
public final class RightsReader {
  private static final int KEPT_MAX = 10_000;

  private final TenantStore tenants;
  private final MandateStore mandates;
  private final ClientStore clients;
  private final UserStore users;
  private final SumLimits sums;
  private final @Nullable Snapshot<MandateId, Rights> kept;

  public RightsReader(
      TenantStore tenants,
      MandateStore mandates,
      ClientStore clients,
      UserStore users,
      SumLimits sums) {
    this(tenants, mandates, clients, users, sums, null);
  }

  private RightsReader(
      TenantStore tenants,
      MandateStore mandates,
      ClientStore clients,
      UserStore users,
      SumLimits sums,
      @Nullable Snapshot<MandateId, Rights> kept) {
    this.tenants = tenants;
    this.mandates = mandates;
    this.clients = clients;
    this.users = users;
    this.sums = sums;
    this.kept = kept;
  }

  /// One that reads again only after a change that may concern a mandate's rights. Not for whoever
  /// keeps rights itself (see [Snapshot]).
  public RightsReader keeping(ChangeFeed changes) {
    return new RightsReader(
        tenants,
        mandates,
        clients,
        users,
        sums,
        new Snapshot<>(
            changes,
            KEPT_MAX,
            Change.MandateRevoked.class,
            Change.UserChanged.class,
            Change.ClientChanged.class));
  }

  /// Null when there is no such mandate.
  public @Nullable Rights read(TenantId tenant, MandateId id) {
    return kept == null
        ? fromStores(tenant, id)
        : kept.find(tenant, id, () -> fromStores(tenant, id));
  }

  private @Nullable Rights fromStores(TenantId tenantId, MandateId id) {
    Mandate mandate = mandates.find(tenantId, id);
    Tenant tenant = tenants.find(tenantId);
    if (mandate == null || tenant == null) {
      return null;
    }
    Client client = clients.find(tenantId, mandate.client());
    if (client == null) {
      return null;
    }
    User user = mandate.user() == null ? null : users.find(tenantId, mandate.user());
    List<LlmTerms> entitlements =
        user == null ? List.of() : users.entitlements(tenantId, user.role());
    return Rights.of(tenant, mandate, client, user, entitlements, sums);
  }
}
