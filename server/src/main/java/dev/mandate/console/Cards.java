package dev.mandate.console;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.access.Period;
import dev.mandate.domain.access.Unit;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.CalendarWindows;
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
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Puts together what a mandate looks like: its app, its rights today, what it has spent of what.
public final class Cards {
  /// Money first.
  private static final List<Limit> METERS =
      Arrays.stream(Limit.values())
          .sorted(Comparator.comparing((Limit limit) -> limit != Limit.COST_MICROS))
          .toList();

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
                  CalendarWindows.at(zone, visit.now())),
              perRequest == null ? null : Words.number(perRequest) + " tokens at most",
              access.expiresAt().equals(mandate.expiresAt())
                  ? null
                  : Words.moment(access.expiresAt(), zone)));
    }
    return views;
  }

  private static List<MandateCard.MeterView> meters(
      LlmAccess access, LedgerStore.Spent spent, CalendarWindows now) {
    List<MandateCard.MeterView> meters = new ArrayList<>();
    for (Limit limit : METERS) {
      Period period = limit.period();
      if (period == null || !access.limits().bounds(limit)) {
        continue;
      }
      long used = spent.in(period, now).of(limit.unit());
      long most = access.limits().most(limit);
      boolean money = limit.unit() == Unit.COST_MICROS;
      meters.add(
          meter(
              label(limit, period),
              used,
              most,
              money ? Words.spent(used) : Words.number(used),
              money ? Words.money(most) : Words.number(most)));
    }
    return meters;
  }

  private static String label(Limit limit, Period period) {
    String unit =
        switch (limit.unit()) {
          case REQUESTS -> "Requests";
          case TOKENS -> "Tokens";
          case COST_MICROS -> "Money";
        };
    return switch (period) {
      case MINUTE, HOUR, MONTH -> unit + " this " + period.wire();
      case DAY -> unit + " today";
      case TOTAL -> unit;
    };
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
