package dev.mandate.console;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.apikey.KeyBounds;
import dev.mandate.domain.apikey.KeySecret;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.session.Csrf;
import dev.mandate.domain.upstream.Upstream;
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

/// API keys on pages: made, shown, rotated, revoked.
public final class Keys {
  /// Of a key in a list, where a row has little room.
  private static final int SCOPES_SHOWN = 2;

  /// A key that ends within this is marked.
  private static final Duration SOON = Duration.ofDays(14);

  /// What became of a wish for a key.
  sealed interface Minting {
    record Minted(ConsoleViews.MintedView view) implements Minting {}

    record Wrong(ConsoleViews.TypedView typed, String problem) implements Minting {}
  }

  private final ApiKeys keys;
  private final Cards cards;
  private final AuditStore audit;

  public Keys(ApiKeys keys, Cards cards, AuditStore audit) {
    this.keys = keys;
    this.cards = cards;
    this.audit = audit;
  }

  ApiKeys keys() {
    return keys;
  }

  private static String mintForm(Mandate mandate) {
    return "mandate/" + mandate.id() + "/keys";
  }

  static String revokeForm(ApiKey key) {
    return "key/" + key.id() + "/revoke";
  }

  static String rotateForm(ApiKey key) {
    return "key/" + key.id() + "/rotate";
  }

  private List<ApiKey> mine(Visit visit, Mandate mandate) {
    return keys.store().ofMandate(mandate.tenant(), mandate.id()).stream()
        .filter(key -> visit.user().equals(key.owner()))
        .toList();
  }

  /// The person's keys of one mandate, on its page.
  List<ConsoleViews.KeyView> views(Visit visit, Mandate mandate, ZoneId zone) {
    return mine(visit, mandate).stream()
        .map(
            key ->
                view(
                    visit,
                    key,
                    mandate,
                    zone,
                    new Seen("", visit.issuer().root() + "/mandates/" + mandate.id() + "/keys/"),
                    false))
        .toList();
  }

  /// How somebody sees a key.
  ///
  /// @param owner whose it is, for somebody else
  /// @param path where its forms post to, without its id
  record Seen(String owner, String path) {}

  /// @param mandate that it spends; null for none
  /// @param rotatable whether whoever sees it may rotate it
  ConsoleViews.KeyView view(
      Visit visit,
      ApiKey key,
      @Nullable Mandate mandate,
      ZoneId zone,
      Seen seen,
      boolean rotatable) {
    Instant now = visit.now();
    boolean mandateEnded = mandate != null && !Cards.isLive(visit, mandate);
    boolean live = key.isLive(now) && !mandateEnded;
    boolean revoked = key.revokedAt() != null || (mandate != null && mandate.isRevoked());
    KeySecret former = key.former(now);
    Instant formerEnd = former == null ? null : former.endsAt();
    return new ConsoleViews.KeyView(
        key.id().value(),
        key.name(),
        ApiKeyFormat.PREFIX + "…" + key.hint(),
        purpose(key, mandate),
        seen.owner,
        revoked ? "Revoked" : live ? "Active" : "Expired",
        live,
        live && key.expiresAt().isBefore(now.plus(SOON)),
        key.leak() == null
            ? null
            : "Found %s, %s".formatted(key.leak().place().words(), Words.ago(key.leak().at(), now)),
        Words.moment(key.expiresAt(), zone),
        live && formerEnd != null ? Words.moment(formerEnd, zone) : null,
        narrowed(key.bounds()),
        lastUsed(key, now),
        seen.path + key.id(),
        live ? Csrf.token(visit.signedIn().cookie(), revokeForm(key)) : null,
        live && rotatable ? Csrf.token(visit.signedIn().cookie(), rotateForm(key)) : null);
  }

  private String purpose(ApiKey key, @Nullable Mandate mandate) {
    if (mandate != null) {
      return cards.app(mandate);
    }
    List<String> scopes = key.scopes().stream().sorted().toList();
    return "Admin API: "
        + (scopes.size() <= SCOPES_SHOWN
            ? Words.list(scopes)
            : Words.count(scopes.size(), "scope"));
  }

  private static String lastUsed(ApiKey key, Instant now) {
    ApiKey.Use use = key.lastUse();
    if (use == null) {
      return "Never";
    }
    return Words.ago(use.at(), now) + (use.from() == null ? "" : " from " + use.from());
  }

  private static @Nullable String narrowed(KeyBounds bounds) {
    List<String> parts = new ArrayList<>();
    for (LlmTerms terms : bounds.access()) {
      parts.add(
          terms.models() == null
              ? terms.upstream()
              : Words.list(terms.models().stream().sorted().toList()));
    }
    Limits limits = bounds.limits();
    if (limits.requests() != null) {
      parts.add(Words.count(limits.requests(), "request"));
    }
    if (limits.tokensPerDay() != null) {
      parts.add(Words.count(limits.tokensPerDay(), "token") + " a day");
    }
    if (limits.costMicros() != null) {
      parts.add(Words.money(limits.costMicros()));
    }
    if (!bounds.addresses().isEmpty()) {
      parts.add("from " + Words.list(bounds.addresses().stream().map(Object::toString).toList()));
    }
    return parts.isEmpty() ? null : String.join("; ", parts);
  }

  /// Null when the mandate carries no key (any more).
  ConsoleViews.@Nullable MintView form(Visit visit, Mandate mandate, ConsoleViews.TypedView typed) {
    if (!Cards.isLive(visit, mandate) || mandate.access().isEmpty()) {
      return null;
    }
    return form(
        visit,
        visit.issuer().root() + "/mandates/" + mandate.id() + "/keys",
        mintForm(mandate),
        typed,
        latest(visit, mandate));
  }

  ConsoleViews.MintView form(
      Visit visit, String action, String form, ConsoleViews.TypedView typed, Instant latest) {
    Duration most = Duration.between(visit.now(), latest);
    List<ConsoleViews.LifeView> lives = new ArrayList<>();
    for (int days : KeyForm.LIVES_DAYS) {
      if (Duration.ofDays(days).compareTo(most) < 0) {
        lives.add(new ConsoleViews.LifeView(days, Words.count(days, "day"), false));
      }
    }
    lives.add(new ConsoleViews.LifeView(0, "As long as it can: " + Words.duration(most), true));
    return new ConsoleViews.MintView(
        action, Csrf.token(visit.signedIn().cookie(), form), typed, lives);
  }

  Instant latest(Visit visit, @Nullable Mandate mandate) {
    return keys.latestEnd(visit.issuer().tenant(), mandate, null, null, visit.now());
  }

  /// From the mandate's own page.
  Minting mint(Visit visit, Mandate mandate, HttpRequest request) {
    Parameters form = request.form();
    visit.requireForm(request, form, mintForm(mandate));
    return mint(visit, mandate, form, request);
  }

  /// @param form whose proof was checked
  Minting mint(Visit visit, Mandate mandate, Parameters form, HttpRequest request) {
    ConsoleViews.TypedView typed = KeyForm.typed(form);
    try {
      String name = KeyForm.name(typed);
      if (!Cards.isLive(visit, mandate)) {
        throw new KeyForm.Wrong("This mandate has ended, so it carries no new key.");
      }
      if (keys.isFull(mandate, visit.now())) {
        throw new KeyForm.Wrong(
            "This mandate has %d keys, the most that it can have. Revoke one first."
                .formatted(keys.policy().livePerMandateMax()));
      }
      KeyBounds bounds = KeyForm.bounds(typed, mandate);
      Instant end = KeyForm.end(form, latest(visit, mandate), visit.now());
      ApiKeys.Wish wish =
          new ApiKeys.Wish(mandate.tenant(), name, visit.user(), mandate, Set.of(), bounds, null);
      return new Minting.Minted(made(visit, wish, end, request));
    } catch (KeyForm.Wrong e) {
      return new Minting.Wrong(typed, String.valueOf(e.getMessage()));
    }
  }

  ConsoleViews.MintedView made(Visit visit, ApiKeys.Wish wish, Instant end, HttpRequest request) {
    ApiKeys.Shown made = keys.make(wish, end, visit.now());
    record(visit, made.key(), "api_key.created", request);
    return shown(visit, made, wish.mandate(), null);
  }

  /// @param formerEnd until when the secret before works too
  ConsoleViews.MintedView shown(
      Visit visit, ApiKeys.Shown shown, @Nullable Mandate mandate, @Nullable Instant formerEnd) {
    List<ConsoleViews.UseView> uses = new ArrayList<>();
    if (mandate != null) {
      for (Upstream upstream : cards.upstreams(mandate).values()) {
        uses.add(
            new ConsoleViews.UseView(
                upstream.displayName(),
                upstream.provider().name(),
                upstream.resource(visit.issuer())));
      }
    }
    ZoneId zone = cards.zone(visit);
    return new ConsoleViews.MintedView(
        shown.key().name(),
        shown.secret(),
        mandate == null ? "the admin API" : cards.app(mandate),
        Words.moment(shown.key().expiresAt(), zone),
        formerEnd == null ? null : Words.moment(formerEnd, zone),
        visit.issuer().root()
            + (mandate == null || formerEnd != null ? KeyPages.MINE : "/mandates/" + mandate.id()),
        uses);
  }

  /// From the mandate's own page.
  void revoke(Visit visit, Mandate mandate, HttpRequest request) {
    ApiKeyId id = new ApiKeyId(request.pathParameter("key"));
    ApiKey key =
        mine(visit, mandate).stream()
            .filter(k -> k.id().equals(id))
            .findFirst()
            .orElseThrow(() -> PageRefusal.notFound("You have no API key with this id."));
    revoke(visit, key, request);
  }

  void revoke(Visit visit, ApiKey key, HttpRequest request) {
    visit.requireForm(request, request.form(), revokeForm(key));
    keys.revoke(key, visit.user(), visit.now());
    record(visit, key, "api_key.revoked", request);
  }

  void record(Visit visit, ApiKey key, String type, HttpRequest request) {
    audit.append(
        List.of(
            visit.event(request, type, key.mandate(), "ok", Map.of("api_key", key.id().value()))));
  }
}
