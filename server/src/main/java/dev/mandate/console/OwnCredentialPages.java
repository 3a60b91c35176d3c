package dev.mandate.console;

import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.credential.CredentialPolicyStore;
import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.credential.OwnCredentials;
import dev.mandate.domain.session.Csrf;
import dev.mandate.domain.upstream.Upstream;
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

/// `/account/credentials`: the keys with which a person pays for their own mandates. Nobody else's
/// are there, and nobody else has this page: an administrator neither sees nor tests them.
public final class OwnCredentialPages {
  static final String PATH = "/account/credentials";

  private static final Map<String, String> NOTICES =
      Map.of(
          "added", "Added. It pays for your mandates from now on.",
          "removed", "Removed. Open calls with it were cut.");

  private final UpstreamStore upstreams;
  private final CredentialStore credentials;
  private final CredentialPolicyStore policies;
  private final NewCredentials made;
  private final Cards cards;
  private final AuditStore audit;
  private final Pages pages;

  public OwnCredentialPages(
      UpstreamStore upstreams,
      CredentialStore credentials,
      CredentialPolicyStore policies,
      NewCredentials made,
      Cards cards,
      AuditStore audit,
      Pages pages) {
    this.upstreams = upstreams;
    this.credentials = credentials;
    this.policies = policies;
    this.made = made;
    this.cards = cards;
    this.audit = audit;
    this.pages = pages;
  }

  HttpResponse list(Visit visit, HttpRequest request) {
    String word = request.query().one("done");
    return show(visit, word == null ? null : NOTICES.get(word), null);
  }

  private HttpResponse show(Visit visit, @Nullable String notice, @Nullable String problem) {
    ZoneId zone = cards.zone(visit);
    List<Stored> mine = credentials.own(visit.issuer().tenant(), visit.user());
    List<CredentialViews.UpstreamView> views = new ArrayList<>();
    for (Upstream upstream : upstreams.all(visit.issuer().tenant())) {
      OwnCredentials policy = policy(upstream);
      List<CredentialViews.VersionView> versions = new ArrayList<>();
      for (Stored stored : mine) {
        if (stored.upstream().equals(upstream.name())) {
          versions.add(
              CredentialViews.version(
                  stored,
                  visit.now(),
                  zone,
                  visit.issuer().root() + PATH + "/" + upstream.name() + "/" + stored.id(),
                  Csrf.token(visit.signedIn().cookie(), removeForm(stored))));
        }
      }
      if (policy != OwnCredentials.OFF || !versions.isEmpty()) {
        views.add(view(visit, upstream, policy, versions));
      }
    }
    return pages.show(
        problem == null ? 200 : 422,
        visit.page(
            "own-credentials",
            (problem == null ? "" : "Error: ") + "Keys of my own",
            new CredentialViews.AdminView(views, notice, problem)));
  }

  private static CredentialViews.UpstreamView view(
      Visit visit,
      Upstream upstream,
      OwnCredentials policy,
      List<CredentialViews.VersionView> versions) {
    return new CredentialViews.UpstreamView(
        upstream.name(),
        upstream.displayName(),
        switch (policy) {
          case OFF -> "Your organisation's key pays here now; yours is not used.";
          case ALLOWED -> "Without a key of yours, your organisation's pays.";
          case REQUIRED -> "Your mandates are refused here until you have added a key.";
        },
        versions,
        visit.issuer().root() + PATH + "/" + upstream.name(),
        policy == OwnCredentials.OFF
            ? null
            : Csrf.token(visit.signedIn().cookie(), addForm(upstream)));
  }

  private OwnCredentials policy(Upstream upstream) {
    return policies.policy(upstream.tenant(), upstream.name()).ownCredentials();
  }

  private static String addForm(Upstream upstream) {
    return "own/credentials/" + upstream.name();
  }

  private static String removeForm(Stored stored) {
    return "own/credential/" + stored.id();
  }

  HttpResponse add(Visit visit, HttpRequest request) {
    Upstream upstream = upstreams.find(visit.issuer().tenant(), request.pathParameter("upstream"));
    if (upstream == null || policy(upstream) == OwnCredentials.OFF) {
      throw PageRefusal.notFound("There is no upstream here that you can pay with your own key.");
    }
    Parameters form = request.form();
    visit.requireForm(request, form, addForm(upstream));
    return switch (made.add(visit, upstream, visit.user(), form.one("secret"), true)) {
      case NewCredentials.Outcome.Wrong(String problem) -> show(visit, null, problem);
      case NewCredentials.Outcome.Done(Stored stored) -> {
        record(visit, request, "credential.added", stored);
        yield done(visit, "added");
      }
    };
  }

  HttpResponse remove(Visit visit, HttpRequest request) {
    String id = request.pathParameter("id");
    Stored stored =
        credentials.own(visit.issuer().tenant(), visit.user()).stream()
            .filter(one -> one.id().equals(id))
            .findFirst()
            .orElseThrow(() -> PageRefusal.notFound("You have no key with this id."));
    visit.requireForm(request, request.form(), removeForm(stored));
    if (credentials.deleteOwn(stored.tenant(), visit.user(), stored.id())) {
      record(visit, request, "credential.removed", stored);
    }
    return done(visit, "removed");
  }

  private static HttpResponse done(Visit visit, String word) {
    return HttpResponse.seeOther(visit.issuer().root() + PATH + "?done=" + word).noStore();
  }

  private void record(Visit visit, HttpRequest request, String type, Stored stored) {
    audit.append(
        List.of(
            visit.event(
                request,
                type,
                null,
                "ok",
                Map.of(
                    "upstream",
                    stored.upstream(),
                    "credential",
                    stored.id(),
                    "owner",
                    visit.user().value()))));
  }
}
