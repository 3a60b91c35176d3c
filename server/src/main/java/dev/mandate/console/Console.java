package dev.mandate.console;

import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.budget.LedgerStore;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.mandate.MandateStore;
import dev.mandate.domain.session.Sessions;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantStore;
import dev.mandate.platform.html.ErrorPages;
import dev.mandate.platform.html.Page;
import dev.mandate.platform.html.PageRefusal;
import dev.mandate.platform.html.Pages;
import dev.mandate.platform.html.Words;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Router;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The person's own pages.
public final class Console {
  private final Issuers issuers;
  private final Sessions sessions;
  private final TenantStore tenants;
  private final MandateStore mandates;
  private final LedgerStore ledger;
  private final AuditStore audit;
  private final Cards cards;
  private final Keys keys;
  private final OwnCredentialPages own;
  private final CredentialPages credentials;
  private final Pages pages;
  private final InstantSource clock;
  private final ConsoleConfig config;

  public Console(
      Issuers issuers,
      Sessions sessions,
      TenantStore tenants,
      MandateStore mandates,
      LedgerStore ledger,
      AuditStore audit,
      Cards cards,
      Keys keys,
      OwnCredentialPages own,
      CredentialPages credentials,
      Pages pages,
      InstantSource clock,
      ConsoleConfig config) {
    this.issuers = issuers;
    this.sessions = sessions;
    this.tenants = tenants;
    this.mandates = mandates;
    this.ledger = ledger;
    this.audit = audit;
    this.cards = cards;
    this.keys = keys;
    this.own = own;
    this.credentials = credentials;
    this.pages = pages;
    this.clock = clock;
    this.config = config;
  }

  public void mount(Router router, ErrorPages errors) {
    router
        .add("GET", "/", errors.around(this::landing))
        .add("GET", "/mandates", page(errors, this::list))
        .add("GET", "/mandates/{id}", page(errors, this::details))
        .add("POST", "/mandates/{id}/revoke", page(errors, this::revoke))
        .add("POST", "/mandates/{id}/keys", page(errors, this::mint))
        .add("POST", "/mandates/{id}/keys/{key}/revoke", page(errors, this::revokeKey))
        .add("GET", "/account", page(errors, this::account))
        .add("GET", OwnCredentialPages.PATH, page(errors, own::list))
        .add("POST", OwnCredentialPages.PATH + "/{upstream}", page(errors, own::add))
        .add("POST", OwnCredentialPages.PATH + "/{upstream}/{id}/remove", page(errors, own::remove))
        .add("GET", "/admin", page(errors, new Administration(pages)::index))
        .add("GET", CredentialPages.PATH, page(errors, credentials::list))
        .add("POST", CredentialPages.PATH + "/{upstream}", page(errors, credentials::add))
        .add("POST", CredentialPages.PATH + "/{upstream}/{id}", page(errors, credentials::change));
  }

  private Endpoint page(ErrorPages errors, Visit.Pages page) {
    return errors.around(Visit.signedIn(issuers, sessions, clock, page));
  }

  private HttpResponse landing(HttpRequest request) {
    Issuer issuer = issuers.of(request);
    if (sessions.current(issuer, request) != null) {
      return HttpResponse.seeOther(issuer.root() + "/mandates");
    }
    return pages.show(
        200,
        Page.of(
            "landing",
            "Give agents a mandate, never your keys",
            issuer.root(),
            new ConsoleViews.LandingView(organisation(issuer))));
  }

  private String organisation(Issuer issuer) {
    Tenant tenant = tenants.find(issuer.tenant());
    return tenant == null ? "" : tenant.name();
  }

  private HttpResponse list(Visit visit, HttpRequest request) {
    List<Mandate> all =
        mandates.ofUser(visit.issuer().tenant(), visit.user(), config.mandatesShown());
    String notice =
        request.query().has("revoked")
            ? "Revoked. Its tokens and keys are refused from now on, and open streams were cut."
            : null;
    ConsoleViews.ListView view =
        new ConsoleViews.ListView(
            all.stream()
                .filter(m -> Cards.isLive(visit, m))
                .map(m -> cards.card(visit, m))
                .toList(),
            all.stream()
                .filter(m -> !Cards.isLive(visit, m))
                .map(m -> cards.card(visit, m))
                .toList(),
            notice);
    return pages.show(200, visit.page("mandates", "My mandates", view));
  }

  /// The person's own, or it is not there: an id of somebody else's tells nothing.
  private Mandate mine(Visit visit, HttpRequest request) {
    Mandate mandate =
        mandates.find(visit.issuer().tenant(), new MandateId(request.pathParameter("id")));
    if (mandate == null || !visit.user().equals(mandate.user())) {
      throw PageRefusal.notFound("You have no mandate with this id.");
    }
    return mandate;
  }

  private HttpResponse details(Visit visit, HttpRequest request) {
    Mandate mandate = mine(visit, request);
    return pages.show(200, detailsPage(visit, mandate, ConsoleViews.TypedView.NOTHING, null));
  }

  private Page detailsPage(
      Visit visit, Mandate mandate, ConsoleViews.TypedView typed, @Nullable String problem) {
    ZoneId zone = cards.zone(visit);
    MandateCard card = cards.card(visit, mandate);
    List<ConsoleViews.CallView> calls =
        ledger.latest(mandate.tenant(), mandate.id(), config.callsShown()).stream()
            .map(entry -> call(entry, zone))
            .toList();
    ConsoleViews.DetailsView view =
        new ConsoleViews.DetailsView(
            card,
            calls,
            keys.views(visit, mandate, zone),
            keys.form(visit, mandate, typed),
            problem);
    return visit.page(
        "mandate", (problem == null ? "" : "Error: ") + card.app() + ", a mandate of mine", view);
  }

  private static ConsoleViews.CallView call(LedgerEntry entry, ZoneId zone) {
    return new ConsoleViews.CallView(
        Words.moment(entry.startedAt(), zone),
        entry.call().endpoint(),
        entry.call().upstream(),
        entry.call().model(),
        Words.number(entry.usage().total()),
        (entry.estimated() ? "≤ " : "") + Words.spent(entry.costMicros()),
        entry.outcome().replace('_', ' '),
        !entry.outcome().equals("ok"));
  }

  private HttpResponse revoke(Visit visit, HttpRequest request) {
    Mandate mandate = mine(visit, request);
    visit.requireForm(request, request.form(), Cards.revokeForm(mandate));
    if (mandates.revoke(mandate.tenant(), mandate.id(), visit.now())) {
      audit.append(
          List.of(
              visit.event(
                  request,
                  "mandate.revoked",
                  mandate.id(),
                  "ok",
                  Map.of("client", mandate.client().value()))));
    }
    return HttpResponse.seeOther(visit.issuer().root() + "/mandates?revoked").noStore();
  }

  private HttpResponse mint(Visit visit, HttpRequest request) {
    Mandate mandate = mine(visit, request);
    return switch (keys.mint(visit, mandate, request)) {
      case Keys.Minting.Minted(var view) ->
          pages.show(200, visit.page("minted", "Your new API key", view));
      case Keys.Minting.Wrong(var name, var problem) ->
          pages.show(422, detailsPage(visit, mandate, name, problem));
    };
  }

  private HttpResponse revokeKey(Visit visit, HttpRequest request) {
    Mandate mandate = mine(visit, request);
    keys.revoke(visit, mandate, request);
    return HttpResponse.seeOther(visit.issuer().root() + "/mandates/" + mandate.id()).noStore();
  }

  private HttpResponse account(Visit visit, HttpRequest request) {
    ZoneId zone = cards.zone(visit);
    ConsoleViews.AccountView view =
        new ConsoleViews.AccountView(
            visit.signedIn().user().displayName(),
            visit.signedIn().user().username(),
            visit.signedIn().user().role().name(),
            organisation(visit.issuer()),
            Words.moment(visit.signedIn().session().authenticatedAt(), zone),
            Words.moment(visit.signedIn().session().expiresAt(), zone));
    return pages.show(200, visit.page("account", "My account", view));
  }
}
