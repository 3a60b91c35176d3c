package dev.mandate.console;

import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.apikey.ApiKeyPolicy;
import dev.mandate.domain.apikey.ApiKeyStore.Filter;
import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.mandate.MandateStore;
import dev.mandate.domain.session.Sessions;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserStore;
import dev.mandate.platform.html.ErrorPages;
import dev.mandate.platform.html.PageRefusal;
import dev.mandate.platform.html.Pages;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Parameters;
import dev.mandate.platform.http.Router;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// A person's API keys over all mandates; and, for roles that may, those of everybody.
public final class KeyPages {
  static final String MINE = "/account/keys";
  static final String ALL = "/admin/keys";

  private static final String MINT_FORM = "keys";
  private static final String SCOPED_FORM = "keys/scoped";
  private static final int MANDATES_OFFERED_MAX = 200;
  private static final int PER_PAGE = 50;

  private final Issuers issuers;
  private final Sessions sessions;
  private final MandateStore mandates;
  private final UserStore users;
  private final Cards cards;
  private final Keys keys;
  private final Pages pages;
  private final InstantSource clock;

  public KeyPages(
      Issuers issuers,
      Sessions sessions,
      MandateStore mandates,
      UserStore users,
      Cards cards,
      Keys keys,
      Pages pages,
      InstantSource clock) {
    this.issuers = issuers;
    this.sessions = sessions;
    this.mandates = mandates;
    this.users = users;
    this.cards = cards;
    this.keys = keys;
    this.pages = pages;
    this.clock = clock;
  }

  public void mount(Router router, ErrorPages errors) {
    router
        .add("GET", MINE, page(errors, this::mine))
        .add("POST", MINE, page(errors, this::mint))
        .add("POST", MINE + "/scoped", page(errors, this::mintScoped))
        .add("POST", MINE + "/{key}/rotate", page(errors, this::rotate))
        .add("POST", MINE + "/{key}/revoke", page(errors, this::revoke))
        .add("GET", ALL, page(errors, this::all))
        .add("POST", ALL + "/{key}/revoke", page(errors, this::revokeOfAnybody));
  }

  private Endpoint page(ErrorPages errors, Visit.Pages page) {
    return errors.around(Visit.signedIn(issuers, sessions, clock, page));
  }

  private HttpResponse mine(Visit visit, HttpRequest request) {
    String notice = request.query().has("revoked") ? "Revoked. It is refused from now on." : null;
    return show(visit, 200, ConsoleViews.TypedView.NOTHING, notice, null);
  }

  private HttpResponse show(
      Visit visit,
      int status,
      ConsoleViews.TypedView typed,
      @Nullable String notice,
      @Nullable String problem) {
    ZoneId zone = cards.zone(visit);
    String root = visit.issuer().root();
    List<ConsoleViews.KeyView> all =
        keys.keys().store().ofUser(visit.issuer().tenant(), visit.user()).stream()
            .map(
                key ->
                    keys.view(
                        visit, key, mandate(key), zone, new Keys.Seen("", root + MINE + "/"), true))
            .toList();
    List<ConsoleViews.ChoiceView> choices =
        mandates.ofUser(visit.issuer().tenant(), visit.user(), MANDATES_OFFERED_MAX).stream()
            .filter(mandate -> Cards.isLive(visit, mandate) && !mandate.access().isEmpty())
            .map(
                mandate ->
                    new ConsoleViews.ChoiceView(
                        mandate.id().value(),
                        cards.app(mandate) + ", until " + Cards.until(mandate, zone)))
            .toList();
    Instant latest = keys.latest(visit, null);
    ConsoleViews.KeysView view =
        new ConsoleViews.KeysView(
            all.stream().filter(ConsoleViews.KeyView::live).toList(),
            all.stream().filter(key -> !key.live()).toList(),
            choices,
            keys.form(visit, root + MINE, MINT_FORM, typed, latest),
            keys.form(visit, root + MINE + "/scoped", SCOPED_FORM, typed, latest),
            List.copyOf(givable(visit)),
            visit.may(AdminScope.API_KEYS_READ) ? root + ALL : null,
            notice,
            problem);
    String title = (problem == null ? "" : "Error: ") + "My API keys";
    return pages.show(status, visit.page("keys", title, view));
  }

  /// What the person can put into a key of the admin API; nothing for who makes none.
  private static SortedSet<String> givable(Visit visit) {
    return visit.may(AdminScope.API_KEYS_WRITE)
        ? ApiKeys.givable(visit.signedIn().user().role().adminScopes())
        : new TreeSet<>();
  }

  private @Nullable Mandate mandate(ApiKey key) {
    return key.mandate() == null ? null : mandates.find(key.tenant(), key.mandate());
  }

  private HttpResponse mint(Visit visit, HttpRequest request) {
    Parameters form = request.form();
    visit.requireForm(request, form, MINT_FORM);
    String id = form.one("mandate");
    Mandate mandate = id == null ? null : mandates.find(visit.issuer().tenant(), new MandateId(id));
    if (mandate == null || !visit.user().equals(mandate.user())) {
      throw PageRefusal.notFound("You have no mandate with this id.");
    }
    return answer(visit, keys.mint(visit, mandate, form, request));
  }

  private HttpResponse answer(Visit visit, Keys.Minting minting) {
    return switch (minting) {
      case Keys.Minting.Minted(var view) ->
          pages.show(200, visit.page("minted", "Your new API key", view));
      case Keys.Minting.Wrong(var typed, var problem) -> show(visit, 422, typed, null, problem);
    };
  }

  private HttpResponse mintScoped(Visit visit, HttpRequest request) {
    Parameters form = request.form();
    visit.requireForm(request, form, SCOPED_FORM);
    ConsoleViews.TypedView typed = KeyForm.typed(form);
    Set<String> scopes = new TreeSet<>(form.all("scope"));
    if (!givable(visit).containsAll(scopes)) {
      throw new PageRefusal(403, "Beyond your role", "You can't give a key what you don't have.");
    }
    try {
      String name = KeyForm.name(typed);
      if (scopes.isEmpty()) {
        throw new KeyForm.Wrong("Choose what the key may do.");
      }
      ApiKeys.Wish wish =
          new ApiKeys.Wish(
              visit.issuer().tenant(),
              name,
              visit.user(),
              null,
              scopes,
              KeyForm.bounds(typed, null),
              null);
      Instant end = KeyForm.end(form, keys.latest(visit, null), visit.now());
      return answer(visit, new Keys.Minting.Minted(keys.made(visit, wish, end, request)));
    } catch (KeyForm.Wrong e) {
      return show(visit, 422, typed, null, String.valueOf(e.getMessage()));
    }
  }

  /// The person's own, or it is not there: an id of somebody else's tells nothing.
  private ApiKey own(Visit visit, HttpRequest request) {
    ApiKey key = find(visit, request);
    if (!visit.user().equals(key.owner())) {
      throw notThere();
    }
    return key;
  }

  private ApiKey find(Visit visit, HttpRequest request) {
    ApiKey key =
        keys.keys()
            .store()
            .find(visit.issuer().tenant(), new ApiKeyId(request.pathParameter("key")));
    if (key == null) {
      throw notThere();
    }
    return key;
  }

  private static PageRefusal notThere() {
    return PageRefusal.notFound("You have no API key with this id.");
  }

  private HttpResponse rotate(Visit visit, HttpRequest request) {
    ApiKey key = own(visit, request);
    Parameters form = request.form();
    visit.requireForm(request, form, Keys.rotateForm(key));
    Duration grace = grace(form.one("grace"));
    Mandate mandate = mandate(key);
    if (mandate != null && !Cards.isLive(visit, mandate)) {
      return show(
          visit, 409, ConsoleViews.TypedView.NOTHING, null, "This key's mandate has ended.");
    }
    Instant latest = keys.latest(visit, mandate);
    // Never shorter than it was, unless what it hangs on says so.
    Instant end = form.has("renew") ? latest : key.expiresAt();
    return switch (keys.keys().rotate(key, grace, end, null, visit.now())) {
      case ApiKeys.Rotated.New(ApiKeys.Shown shown) -> {
        keys.record(visit, shown.key(), "api_key.rotated", request);
        yield pages.show(
            200,
            visit.page(
                "minted",
                "Your new API key",
                keys.shown(visit, shown, mandate, visit.now().plus(grace))));
      }
      case ApiKeys.Rotated.Overtaken() ->
          show(
              visit,
              409,
              ConsoleViews.TypedView.NOTHING,
              null,
              "This key was rotated at this moment by somebody else. Nothing was changed.");
      case ApiKeys.Rotated.Ended() ->
          show(visit, 409, ConsoleViews.TypedView.NOTHING, null, "This key has ended.");
    };
  }

  private static Duration grace(@Nullable String seconds) {
    if (seconds == null
        || !seconds.matches("[0-9]{1,7}")
        || Duration.ofSeconds(Long.parseLong(seconds)).compareTo(ApiKeyPolicy.GRACE_MAX) > 0) {
      throw new PageRefusal(
          400, "How long?", "The former key works on for at most 7 days. Nothing was changed.");
    }
    return Duration.ofSeconds(Long.parseLong(seconds));
  }

  private HttpResponse revoke(Visit visit, HttpRequest request) {
    keys.revoke(visit, own(visit, request), request);
    return HttpResponse.seeOther(visit.issuer().root() + MINE + "?revoked").noStore();
  }

  private HttpResponse all(Visit visit, HttpRequest request) {
    require(visit, AdminScope.API_KEYS_READ);
    String before = request.query().one("before");
    List<ApiKey> rows =
        keys.keys()
            .store()
            .page(
                visit.issuer().tenant(),
                Filter.ALL,
                before == null ? null : new ApiKeyId(before),
                PER_PAGE + 1);
    boolean more = rows.size() > PER_PAGE;
    List<ApiKey> shown = more ? rows.subList(0, PER_PAGE) : rows;
    ZoneId zone = cards.zone(visit);
    String path = visit.issuer().root() + ALL;
    List<ConsoleViews.KeyView> views =
        shown.stream()
            .map(
                key ->
                    keys.view(
                        visit,
                        key,
                        mandate(key),
                        zone,
                        new Keys.Seen(owner(key), path + "/"),
                        false))
            .toList();
    String older =
        more
            ? path + "?" + Parameters.encode(Map.of("before", shown.getLast().id().value()))
            : null;
    String notice = request.query().has("revoked") ? "Revoked. It is refused from now on." : null;
    return pages.show(
        200,
        visit.page("allkeys", "All API keys", new ConsoleViews.AllKeysView(views, older, notice)));
  }

  private String owner(ApiKey key) {
    User user = key.owner() == null ? null : users.find(key.tenant(), key.owner());
    return user == null ? "the organisation" : user.displayName();
  }

  private HttpResponse revokeOfAnybody(Visit visit, HttpRequest request) {
    require(visit, AdminScope.API_KEYS_WRITE);
    keys.revoke(visit, find(visit, request), request);
    return HttpResponse.seeOther(visit.issuer().root() + ALL + "?revoked").noStore();
  }

  private static void require(Visit visit, AdminScope scope) {
    if (!visit.may(scope)) {
      throw new PageRefusal(403, "Not for your role", "This page needs " + scope.wire() + ".");
    }
  }
}
