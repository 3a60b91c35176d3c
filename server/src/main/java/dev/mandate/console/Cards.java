package dev.mandate.console;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.LedgerStore;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.credential.WhoPays;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.Rights;
import dev.mandate.domain.mandate.RightsReader;
import dev.mandate.domain.session.Csrf;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantStore;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.platform.html.Words;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Puts together what a mandate looks like: its app, its rights today, what it has spent of what.
public final class Cards {
  private static final int HIGH_PERCENT = 80;

  private final TenantStore tenants;
  private final ClientStore clients;
  private final UpstreamStore upstreams;
  private final LedgerStore ledger;
  private final RightsReader rights;
  private final WhoPays whoPays;

  public Cards(
      TenantStore tenants,
      ClientStore clients,
      UpstreamStore upstreams,
      LedgerStore ledger,
      RightsReader rights,
      WhoPays whoPays) {
    this.tenants = tenants;
    this.clients = clients;
    this.upstreams = upstreams;
    this.ledger = ledger;
    this.rights = rights;
    this.whoPays = whoPays;
  }

  ZoneId zone(Visit visit) {
    Tenant tenant = tenants.find(visit.issuer().tenant());
    return tenant == null ? ZoneOffset.UTC : tenant.zone();
  }

  /// The base URL that an SDK is given for each upstream of a mandate, by the upstream's name.
  Map<String, Upstream> upstreams(Mandate mandate) {
    Map<String, Upstream> found = new LinkedHashMap<>();
    for (LlmAccess access : mandate.access()) {
      Upstream upstream = upstreams.find(mandate.tenant(), access.upstream());
      if (upstream != null) {
        found.put(upstream.name(), upstream);
      }
    }
    return found;
  }

  /// What the mandate's client is called.
  String app(Mandate mandate) {
    Client client = clients.find(mandate.tenant(), mandate.client());
    return client == null ? mandate.client().value() : client.name();
  }

  static String revokeForm(Mandate mandate) {
    return "mandate/" + mandate.id() + "/revoke";
  }

  MandateCard card(Visit visit, Mandate mandate) {
    ZoneId zone = zone(visit);
    Client client = clients.find(mandate.tenant(), mandate.client());
    LedgerStore.Summary summary = ledger.summary(mandate.tenant(), mandate.id());
    String reason = reason(visit, mandate);
    boolean live = isLive(visit, mandate);
    String status =
        mandate.isRevoked()
            ? "Revoked"
            : mandate.isExpired(visit.now()) ? "Expired" : reason == null ? "Active" : "Suspended";
    return new MandateCard(
        mandate.id().value(),
        client == null ? mandate.client().value() : client.name(),
        status,
        status.equals("Active") ? "good" : status.equals("Suspended") ? "bad" : "off",
        reason,
        visit.issuer().root() + "/mandates/" + mandate.id(),
        live ? Csrf.token(visit.signedIn().cookie(), revokeForm(mandate)) : null,
        Words.moment(mandate.createdAt(), zone),
        until(mandate, zone),
        left(visit, mandate),
        summary.lastUsedAt() == null ? "Never" : Words.ago(summary.lastUsedAt(), visit.now()),
        Words.spent(summary.costMicros()),
        Words.number(summary.requests()),
        Words.number(summary.inputTokens() + summary.outputTokens()),
        access(visit, mandate, zone));
  }

  static String until(Mandate mandate, ZoneId zone) {
    return mandate.revokedAt() != null
        ? Words.moment(mandate.revokedAt(), zone)
        : Words.moment(mandate.expiresAt(), zone);
  }

  private static @Nullable String left(Visit visit, Mandate mandate) {
    return isLive(visit, mandate)
        ? "in " + Words.duration(Duration.between(visit.now(), mandate.expiresAt()))
        : null;
  }

  static boolean isLive(Visit visit, Mandate mandate) {
    return !mandate.isRevoked() && !mandate.isExpired(visit.now());
  }

  private @Nullable String reason(Visit visit, Mandate mandate) {
    if (!isLive(visit, mandate)) {
      return null;
    }
    Rights today = rights.read(mandate.tenant(), mandate.id());
    if (today == null) {
      return "its app is not registered any more";
    }
    if (today.suspended() != null) {
      return today.suspended();
    }
    boolean nothingLeft =
        !today.effective().isEmpty() && today.effective().stream().allMatch(Objects::isNull);
    return nothingLeft ? "your organisation does not allow any of it today" : null;
  }

  private List<MandateCard.AccessView> access(Visit visit, Mandate mandate, ZoneId zone) {
    List<AccountId> accounts = new ArrayList<>();
    for (int i = 0; i < mandate.access().size(); i++) {
      accounts.add(AccountId.of(mandate.tenant(), mandate.id(), i));
    }
    Map<AccountId, LedgerStore.Spent> spent = ledger.spent(accounts);
    List<MandateCard.AccessView> views = new ArrayList<>();
    for (int i = 0; i < accounts.size(); i++) {
      LlmAccess access = mandate.access().get(i);
      Upstream upstream = upstreams.find(mandate.tenant(), access.upstream());
      Set<String> models = new LinkedHashSet<>();
      for (String name : access.models()) {
        Model model = upstream == null ? null : upstream.model(name);
        models.add(model == null ? name : model.displayName());
      }
      Long perRequest = access.limits().tokensPerRequest();
      views.add(
          new MandateCard.AccessView(
              upstream == null ? access.upstream() : upstream.displayName(),
              whoPays.at(mandate.tenant(), access.upstream(), mandate.user()),
              List.copyOf(models),
              access.capabilities().stream().sorted().map(Capability::words).toList(),
              meters(
                  access,
                  spent.getOrDefault(accounts.get(i), LedgerStore.Spent.NOTHING),
                  LocalDate.ofInstant(visit.now(), zone)),
              perRequest == null ? null : Words.number(perRequest) + " tokens at most",
              access.expiresAt().equals(mandate.expiresAt())
                  ? null
                  : Words.moment(access.expiresAt(), zone)));
    }
    return views;
  }

  private static List<MandateCard.MeterView> meters(
      LlmAccess access, LedgerStore.Spent spent, LocalDate today) {
    List<MandateCard.MeterView> meters = new ArrayList<>();
    Long cost = access.limits().costMicros();
    if (cost != null) {
      meters.add(
          meter(
              "Money",
              spent.costMicros(),
              cost,
              Words.spent(spent.costMicros()),
              Words.money(cost)));
    }
    Long requests = access.limits().requests();
    if (requests != null) {
      meters.add(
          meter(
              "Requests",
              spent.requests(),
              requests,
              Words.number(spent.requests()),
              Words.number(requests)));
    }
    Long tokens = access.limits().tokensPerDay();
    if (tokens != null) {
      long used = spent.tokensByDay().getOrDefault(today, 0L);
      meters.add(meter("Tokens today", used, tokens, Words.number(used), Words.number(tokens)));
    }
    return meters;
  }

  private static MandateCard.MeterView meter(
      String label, long used, long limit, String usedWords, String limitWords) {
    // A bar of nothing has no meaning in HTML: a limit of zero is shown as full.
    long max = Math.max(1, limit);
    long value = limit == 0 ? 1 : Math.min(used, max);
    String tone = value == max ? "full" : value >= max * HIGH_PERCENT / 100 ? "high" : "low";
    return new MandateCard.MeterView(label, usedWords + " of " + limitWords, value, max, tone);
  }
}
