package dev.mandate.gateway.mandating;

import dev.mandate.domain.budget.Account;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.Budgets;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.mandate.Rights;
import dev.mandate.domain.mandate.RightsReader;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.gateway.GatewayParts;
import dev.mandate.gateway.snapshot.FreshCache;
import dev.mandate.gateway.snapshot.TenantKey;
import io.vertx.core.WorkerExecutor;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The rights of mandates that call, until something that concerns them changes.
public final class Standings {
  private final RightsReader rights;
  private final Budgets budgets;
  private final FreshCache<TenantKey<MandateId>, Standing> standings;

  public Standings(GatewayParts parts, WorkerExecutor workers) {
    this.rights = parts.rights();
    this.budgets = parts.budgets();
    this.standings =
        new FreshCache<>(
            parts.vertx(),
            workers,
            parts.config().cachedMandates(),
            parts.config().pendingLookupsMax());
  }

  public FreshCache<TenantKey<MandateId>, Standing> cache() {
    return standings;
  }

  public @Nullable Standing cached(TenantKey<MandateId> mandate) {
    return standings.cached(mandate);
  }

  public void load(
      TenantKey<MandateId> mandate, BiConsumer<@Nullable Standing, @Nullable Throwable> then) {
    standings.load(mandate, this::read, then);
  }

  public void changed(Change change) {
    switch (change) {
      case Change.MandateRevoked(var tenant, var mandate) ->
          standings.drop(new TenantKey<>(tenant, mandate));
      case Change.UserChanged(var tenant, var user) ->
          dropIf(tenant, rights -> user.equals(rights.mandate().user()));
      case Change.ClientChanged(var tenant, var client) ->
          dropIf(tenant, rights -> client.equals(rights.mandate().client()));
      case Change.PolicyChanged(var tenant) -> dropAll(tenant);
      case Change.TenantChanged(var tenant) -> dropAll(tenant);
      case Change.TokenRevoked _,
          Change.ApiKeyRevoked _,
          Change.ApiKeyChanged _,
          Change.CredentialRevoked _,
          Change.CallerRestrained _ -> {
        // Nothing of a mandate depends on one credential.
      }
    }
  }

  private void dropIf(TenantId tenant, Predicate<Rights> which) {
    standings.dropIf(
        (key, standing) ->
            key.tenant().equals(tenant)
                && standing.rights() != null
                && which.test(standing.rights()));
  }

  private void dropAll(TenantId tenant) {
    standings.dropIf((key, _) -> key.tenant().equals(tenant));
  }

  private Standing read(TenantKey<MandateId> mandate) {
    Rights read = rights.read(mandate.tenant(), mandate.key());
    Standing standing = Standing.of(read);
    List<AccountId> accounts =
        standing.entries().stream()
            .flatMap(Standing.Entry::accounts)
            .map(Account::id)
            .distinct()
            .toList();
    if (!accounts.isEmpty()) {
      budgets.load(accounts);
    }
    return standing;
  }
}
