package dev.mandate.domain.mandate;

import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.tenant.TenantStore;
import dev.mandate.domain.tier.ModelTierStore;
import dev.mandate.domain.tier.ModelTiers;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserStore;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Reads what a mandate is worth right now from the stores. Blocking.
public final class RightsReader {
  private final TenantStore tenants;
  private final MandateStore mandates;
  private final ClientStore clients;
  private final UserStore users;
  private final SumLimits sums;
  private final ModelTierStore tiers;
  private final @Nullable Memory kept;

  public RightsReader(
      TenantStore tenants,
      MandateStore mandates,
      ClientStore clients,
      UserStore users,
      SumLimits sums,
      ModelTierStore tiers) {
    this(tenants, mandates, clients, users, sums, tiers, null);
  }

  private RightsReader(
      TenantStore tenants,
      MandateStore mandates,
      ClientStore clients,
      UserStore users,
      SumLimits sums,
      ModelTierStore tiers,
      @Nullable Memory kept) {
    this.tenants = tenants;
    this.mandates = mandates;
    this.clients = clients;
    this.users = users;
    this.sums = sums;
    this.tiers = tiers;
    this.kept = kept;
  }

  /// Where rights may be found without reading them.
  @FunctionalInterface
  public interface Memory {
    /// What is kept, or else is read now.
    @Nullable Rights find(TenantId tenant, MandateId id, Supplier<? extends @Nullable Rights> read);
  }

  /// The same with a memory, which forgets what a change may concern. Not for whoever keeps rights
  /// itself.
  public RightsReader with(Memory memory) {
    return new RightsReader(tenants, mandates, clients, users, sums, tiers, memory);
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
    ModelTiers ofTenant = new ModelTiers(tiers.all(tenantId));
    return Rights.of(tenant, mandate, client, user, entitlements, sums, ofTenant);
  }
}
