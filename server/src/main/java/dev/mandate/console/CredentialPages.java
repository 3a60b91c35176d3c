package dev.mandate.console;

import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.credential.CredentialTests;
import dev.mandate.domain.credential.ProviderDesk;
import dev.mandate.domain.session.Csrf;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamHealth;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.platform.html.PageRefusal;
import dev.mandate.platform.html.Pages;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Parameters;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `/admin/credentials`: the tenant's credentials, by upstream. A secret goes in and never comes
/// out.
public final class CredentialPages {
  static final String PATH = "/admin/credentials";

  /// What is said after the redirect that follows a form, by the word in its query.
  private static final Map<String, String> NOTICES =
      Map.of(
          "added", "Added. It takes all new calls; the others drain.",
          "beside", "Added. It takes its share of the calls beside the others.",
          "activated", "It takes all new calls; the others drain.",
          "drained", "It takes no new calls. Those that are open finish, within an hour.",
          "removed", "Removed. Open calls with it were cut.",
          "ok", "The provider accepts this key.",
          "rejected", "The provider does not know this key. It is out of use.",
          "forbidden",
              "The provider knows this key and does not let it list models; calls may work.",
          "unreachable", "The provider gave no answer that says whether the key is good.",
          "limit", "Too many tests at once. Wait a minute.");

  private final UpstreamStore upstreams;
  private final UpstreamHealth health;
  private final CredentialStore credentials;
  private final CredentialTests tests;
  private final NewCredentials made;
  private final Cards cards;
  private final AuditStore audit;
  private final Pages pages;

  public CredentialPages(
      UpstreamStore upstreams,
      UpstreamHealth health,
      CredentialStore credentials,
      CredentialTests tests,
      NewCredentials made,
      Cards cards,
      AuditStore audit,
      Pages pages) {
    this.upstreams = upstreams;
    this.health = health;
    this.credentials = credentials;
    this.tests = tests;
    this.made = made;
    this.cards = cards;
    this.audit = audit;
    this.pages = pages;
  }

  HttpResponse list(Visit visit, HttpRequest request) {
    visit.require(AdminScope.CREDENTIALS_READ);
    String word = request.query().one("done");
    return show(visit, word == null ? null : NOTICES.get(word), null);
  }

  private HttpResponse show(Visit visit, @Nullable String notice, @Nullable String problem) {
    boolean writes = visit.may(AdminScope.CREDENTIALS_WRITE);
    ZoneId zone = cards.zone(visit);
    List<CredentialViews.UpstreamView> views = new ArrayList<>();
    for (Upstream upstream : upstreams.all(visit.issuer().tenant())) {
      List<CredentialViews.VersionView> versions = new ArrayList<>();
      for (Stored stored :
          credentials.page(
              upstream.tenant(), upstream.name(), null, CredentialStore.VERSIONS_MAX)) {
        versions.add(
            CredentialViews.version(
                stored, visit.now(), zone, action(visit, stored), proof(visit, stored, writes)));
      }
      views.add(
          new CredentialViews.UpstreamView(
              upstream.name(),
              upstream.displayName(),
              CredentialViews.health(health.of(upstream), visit.now()),
              versions,
              visit.issuer().root() + PATH + "/" + upstream.name(),
              writes ? Csrf.token(visit.signedIn().cookie(), addForm(upstream)) : null));
    }
    return pages.show(
        problem == null ? 200 : 422,
        visit.page(
            "credentials",
            (problem == null ? "" : "Error: ") + "Upstream credentials",
            new CredentialViews.AdminView(views, notice, problem)));
  }

  private static String action(Visit visit, Stored stored) {
    return visit.issuer().root() + PATH + "/" + stored.upstream() + "/" + stored.id();
  }

  private static @Nullable String proof(Visit visit, Stored stored, boolean writes) {
    return writes ? Csrf.token(visit.signedIn().cookie(), form(stored)) : null;
  }

  private static String form(Stored stored) {
    return "admin/credential/" + stored.id();
  }

  private static String addForm(Upstream upstream) {
    return "admin/credentials/" + upstream.name();
  }

  private Upstream upstream(Visit visit, HttpRequest request) {
    Upstream upstream = upstreams.find(visit.issuer().tenant(), request.pathParameter("upstream"));
    if (upstream == null) {
      throw PageRefusal.notFound("There is no such upstream.");
    }
    return upstream;
  }

  HttpResponse add(Visit visit, HttpRequest request) {
    visit.require(AdminScope.CREDENTIALS_WRITE);
    Upstream upstream = upstream(visit, request);
    Parameters form = request.form();
    visit.requireForm(request, form, addForm(upstream));
    boolean alone = !"beside".equals(form.one("how"));
    return switch (made.add(visit, upstream, null, form.one("secret"), alone)) {
      case NewCredentials.Outcome.Wrong(String problem) -> show(visit, null, problem);
      case NewCredentials.Outcome.Done(Stored stored) -> {
        record(visit, request, "credential.added", stored, "ok");
        yield done(visit, alone ? "added" : "beside");
      }
    };
  }

  HttpResponse change(Visit visit, HttpRequest request) {
    visit.require(AdminScope.CREDENTIALS_WRITE);
    Upstream upstream = upstream(visit, request);
    Stored stored =
        credentials.find(upstream.tenant(), upstream.name(), request.pathParameter("id"));
    if (stored == null) {
      throw PageRefusal.notFound("There is no such credential.");
    }
    Parameters form = request.form();
    visit.requireForm(request, form, form(stored));
    return switch (String.valueOf(form.one("do"))) {
      case "activate" -> {
        credentials.activate(stored.tenant(), stored.upstream(), stored.id(), visit.now());
        record(visit, request, "credential.activated", stored, "ok");
        yield done(visit, "activated");
      }
      case "drain" -> {
        credentials.drain(stored.tenant(), stored.upstream(), stored.id(), visit.now());
        record(visit, request, "credential.drained", stored, "ok");
        yield done(visit, "drained");
      }
      case "remove" -> {
        credentials.delete(stored.tenant(), stored.upstream(), stored.id());
        record(visit, request, "credential.removed", stored, "ok");
        yield done(visit, "removed");
      }
      case "test" -> {
        ProviderDesk.Verdict verdict = tests.test(upstream, stored, request.id());
        String word = verdict == null ? "limit" : CredentialViews.word(verdict);
        record(visit, request, "credential.tested", stored, word);
        yield done(visit, word);
      }
      default ->
          throw new PageRefusal(
              400, "Unknown button", "Expected to activate, drain, test or remove.");
    };
  }

  private static HttpResponse done(Visit visit, String word) {
    return HttpResponse.seeOther(visit.issuer().root() + PATH + "?done=" + word).noStore();
  }

  private void record(
      Visit visit, HttpRequest request, String type, Stored stored, String outcome) {
    audit.append(
        List.of(
            visit.event(
                request,
                type,
                null,
                outcome,
                Map.of("upstream", stored.upstream(), "credential", stored.id()))));
  }
}
