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
import io.vertx.core.WorkerExecutor;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// The rights of mandates that call, until something that concerns them changes.
public final class Standings {
  private final TenantId tenant;
  private final RightsReader rights;
  private final Budgets budgets;
  private final FreshCache<MandateId, Standing> standings;

  public Standings(GatewayParts parts, WorkerExecutor workers) {
    this.tenant = parts.issuer().tenant();
    this.rights = parts.rights();
    this.budgets = parts.budgets();
    this.standings =
        new FreshCache<>(
            parts.vertx(),
            workers,
            parts.config().cachedMandates(),
            parts.config().pendingLookupsMax());
  }

  public FreshCache<MandateId, Standing> cache() {
    return standings;
  }

  public @Nullable Standing cached(MandateId mandate) {
    return standings.cached(mandate);
  }

  public void load(MandateId mandate, BiConsumer<@Nullable Standing, @Nullable Throwable> then) {
    standings.load(mandate, this::read, then);
  }

  public void changed(Change change) {
    switch (change) {
      case Change.MandateRevoked revoked -> standings.drop(revoked.mandate());
      case Change.UserChanged changed ->
          standings.dropIf(
              (_, standing) ->
                  standing.rights() != null
                      && changed.user().equals(standing.rights().mandate().user()));
      case Change.ClientChanged changed ->
          standings.dropIf(
              (_, standing) ->
                  standing.rights() != null
                      && changed.client().equals(standing.rights().mandate().client()));
      case Change.PolicyChanged _ -> standings.dropIf((_, _) -> true);
      case Change.TokenRevoked _, Change.ApiKeyRevoked _ -> {
        // Nothing of a mandate depends on one credential.
      }
    }
  }

  private Standing read(MandateId mandate) {
    Rights read = rights.read(tenant, mandate);
    Standing standing = Standing.of(read);
    List<AccountId> accounts =
        standing.entries().stream()
            .flatMap(entry -> entry.path().stream())
            .map(Account::id)
            .distinct()
            .toList();
    if (!accounts.isEmpty()) {
      budgets.load(accounts);
    }
    return standing;
  }
}
