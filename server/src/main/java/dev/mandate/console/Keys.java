package dev.mandate.console;

import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.apikey.ApiKeyStore;
import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.session.Csrf;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.html.PageRefusal;
import dev.mandate.platform.html.Words;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.Parameters;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// API keys bound to a mandate, for tools that take only a key: made, listed, revoked.
public final class Keys {
  private static final int NAME_CHARACTERS_MAX = 80;
  private static final List<Integer> LIVES_DAYS = List.of(1, 7, 30, 90);

  /// What became of a wish for a key.
  sealed interface Minting {
    record Minted(ConsoleViews.MintedView view) implements Minting {}

    /// @param name as entered
    record Wrong(String name, String problem) implements Minting {}
  }

  private final ApiKeyStore store;
  private final Cards cards;
  private final AuditStore audit;
  private final TokenSource random;
  private final ConsoleConfig config;

  public Keys(
      ApiKeyStore store, Cards cards, AuditStore audit, TokenSource random, ConsoleConfig config) {
    this.store = store;
    this.cards = cards;
    this.audit = audit;
    this.random = random;
    this.config = config;
  }

  private static String mintForm(Mandate mandate) {
    return "mandate/" + mandate.id() + "/keys";
  }

  private static String revokeForm(ApiKey key) {
    return "key/" + key.id() + "/revoke";
  }

  private List<ApiKey> mine(Visit visit, Mandate mandate) {
    return store.ofMandate(mandate.tenant(), mandate.id()).stream()
        .filter(key -> visit.user().equals(key.owner()))
        .toList();
  }

  List<ConsoleViews.KeyView> views(Visit visit, Mandate mandate, ZoneId zone) {
    List<ConsoleViews.KeyView> views = new ArrayList<>();
    for (ApiKey key : mine(visit, mandate)) {
      boolean live = key.isLive(visit.now()) && Cards.isLive(visit, mandate);
      String status =
          key.revokedAt() != null || mandate.isRevoked() ? "Revoked" : live ? "Active" : "Expired";
      views.add(
          new ConsoleViews.KeyView(
              key.name(),
              ApiKeyFormat.PREFIX + "…" + key.hint(),
              status,
              live,
              Words.moment(key.expiresAt(), zone),
              key.lastUsedAt() == null ? "Never" : Words.ago(key.lastUsedAt(), visit.now()),
              visit.issuer().root() + "/mandates/" + mandate.id() + "/keys/" + key.id() + "/revoke",
              live ? Csrf.token(visit.signedIn().cookie(), revokeForm(key)) : null));
    }
    return views;
  }

  /// Null when the mandate carries no key (any more).
  ConsoleViews.@Nullable MintView form(Visit visit, Mandate mandate, String name) {
    if (!Cards.isLive(visit, mandate) || mandate.access().isEmpty()) {
      return null;
    }
    Duration most = most(visit, mandate);
    List<ConsoleViews.LifeView> lives = new ArrayList<>();
    for (int days : LIVES_DAYS) {
      if (Duration.ofDays(days).compareTo(most) < 0) {
        lives.add(new ConsoleViews.LifeView(days, Words.count(days, "day"), false));
      }
    }
    lives.add(new ConsoleViews.LifeView(0, "As long as it can: " + Words.duration(most), true));
    return new ConsoleViews.MintView(
        visit.issuer().root() + "/mandates/" + mandate.id() + "/keys",
        Csrf.token(visit.signedIn().cookie(), mintForm(mandate)),
        name,
        lives);
  }

  private Duration most(Visit visit, Mandate mandate) {
    Duration left = Duration.between(visit.now(), mandate.expiresAt());
    return left.compareTo(config.keyLifetimeMax()) < 0 ? left : config.keyLifetimeMax();
  }

  Minting mint(Visit visit, Mandate mandate, HttpRequest request) {
    Parameters form = request.form();
    Csrf.check(visit.issuer(), request, form, visit.signedIn().cookie(), mintForm(mandate));
    String sent = form.one("name");
    String name = sent == null ? "" : sent.strip();
    if (name.isEmpty() || name.length() > NAME_CHARACTERS_MAX) {
      return new Minting.Wrong(
          name, "Give the key a name of 1 to " + NAME_CHARACTERS_MAX + " characters.");
    }
    if (!Cards.isLive(visit, mandate)) {
      return new Minting.Wrong(name, "This mandate has ended, so it carries no new key.");
    }
    long live = mine(visit, mandate).stream().filter(key -> key.isLive(visit.now())).count();
    if (live >= config.keysPerMandateMax()) {
      return new Minting.Wrong(
          name,
          "This mandate has %d keys, the most that it can have. Revoke one first.".formatted(live));
    }
    Duration most = most(visit, mandate);
    String days = form.one("days");
    Duration life = most;
    if (days != null && !days.equals("0")) {
      if (!days.matches("[0-9]{1,3}")
          || Duration.ofDays(Integer.parseInt(days)).compareTo(most) > 0) {
        return new Minting.Wrong(
            name, "A key of this mandate lasts at most %s.".formatted(Words.duration(most)));
      }
      life = Duration.ofDays(Integer.parseInt(days));
    }
    return new Minting.Minted(mint(visit, mandate, name, visit.now().plus(life), request));
  }

  private ConsoleViews.MintedView mint(
      Visit visit, Mandate mandate, String name, Instant end, HttpRequest request) {
    Secret value = ApiKeyFormat.generate(random);
    ApiKeyId id = new ApiKeyId(random.id("key"));
    store.insert(
        new ApiKey(
            mandate.tenant(),
            id,
            TokenHash.of(value),
            ApiKeyFormat.hint(value),
            name,
            visit.user(),
            mandate.id(),
            Set.of(),
            visit.now(),
            end,
            null,
            null));
    record(visit, mandate, "apikey.created", id, request);
    List<ConsoleViews.UseView> uses = new ArrayList<>();
    for (Upstream upstream : cards.upstreams(mandate).values()) {
      uses.add(
          new ConsoleViews.UseView(
              upstream.displayName(),
              upstream.provider().name(),
              upstream.resource(visit.issuer())));
    }
    return new ConsoleViews.MintedView(
        name,
        value,
        cards.card(visit, mandate).app(),
        Words.moment(end, cards.zone(visit)),
        visit.issuer().root() + "/mandates/" + mandate.id(),
        uses);
  }

  void revoke(Visit visit, Mandate mandate, HttpRequest request) {
    ApiKeyId id = new ApiKeyId(request.pathParameter("key"));
    ApiKey key =
        mine(visit, mandate).stream()
            .filter(k -> k.id().equals(id))
            .findFirst()
            .orElseThrow(() -> PageRefusal.notFound("You have no API key with this id."));
    Csrf.check(visit.issuer(), request, request.form(), visit.signedIn().cookie(), revokeForm(key));
    if (store.revoke(mandate.tenant(), key.id(), visit.now())) {
      record(visit, mandate, "apikey.revoked", key.id(), request);
    }
  }

  private void record(
      Visit visit, Mandate mandate, String type, ApiKeyId key, HttpRequest request) {
    audit.append(
        List.of(
            new AuditEvent(
                mandate.tenant(),
                visit.now(),
                type,
                visit.user().value(),
                mandate.id().value(),
                "ok",
                request.id(),
                Map.of("api_key", key.value()))));
  }
}
