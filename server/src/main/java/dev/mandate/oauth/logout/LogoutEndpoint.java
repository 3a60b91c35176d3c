package dev.mandate.oauth.logout;

import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.session.Csrf;
import dev.mandate.domain.session.Sessions;
import dev.mandate.domain.session.SignedIn;
import dev.mandate.domain.signingkey.SigningKeys;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.oauth.authorize.RedirectUris;
import dev.mandate.platform.html.Page;
import dev.mandate.platform.html.Pages;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Parameters;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// `GET` and `POST /oauth/logout`, the `end_session_endpoint`, and the answer of a person who was
/// asked.
public final class LogoutEndpoint {
  public static final String PATH = "/oauth/logout";
  public static final String CONFIRM_PATH = PATH + "/confirm";

  private static final String FORM = "logout";

  private final Issuers issuers;
  private final Sessions sessions;
  private final LogoutRequest.Reader requests;
  private final AuditStore audit;
  private final Pages pages;
  private final InstantSource clock;

  public LogoutEndpoint(
      Issuers issuers,
      Sessions sessions,
      ClientStore clients,
      SigningKeys keys,
      AuditStore audit,
      Pages pages,
      InstantSource clock) {
    this.issuers = issuers;
    this.sessions = sessions;
    this.requests = new LogoutRequest.Reader(clients, keys, clock);
    this.audit = audit;
    this.pages = pages;
    this.clock = clock;
  }

  /// By `GET`.
  public Endpoint asked() {
    return request -> {
      Issuer issuer = issuers.of(request);
      LogoutRequest asked = requests.read(issuer, request.query());
      SignedIn signedIn = sessions.current(issuer, request);
      if (signedIn == null) {
        return asked.onwards(sessions.end(issuer, request, signedOut(issuer)));
      }
      // §2 and §4: without a token of this very person the request may be anybody's.
      return signedIn.user().id().value().equals(asked.subject())
          ? end(issuer, request, asked, signedIn)
          : question(issuer, asked, signedIn);
    };
  }

  /// By `POST`, which browsers send without our cookie from another site: they come again by `GET`.
  public Endpoint posted() {
    return request -> {
      Issuer issuer = issuers.of(request);
      Parameters form = request.form();
      var _ = requests.read(issuer, form);
      Map<String, String> all = new LinkedHashMap<>();
      form.names().forEach(name -> all.put(name, String.valueOf(form.one(name))));
      String query = all.isEmpty() ? "" : "?" + Parameters.encode(all);
      return HttpResponse.seeOther(issuer.root() + PATH + query).noStore();
    };
  }

  /// The person's answer.
  public Endpoint confirmed() {
    return request -> {
      Issuer issuer = issuers.of(request);
      Parameters form = request.form();
      SignedIn signedIn = sessions.poster(issuer, request, form, FORM);
      Map<String, List<String>> kept = new LinkedHashMap<>();
      for (String name : List.of(LogoutRequest.CLIENT, LogoutRequest.TARGET, LogoutRequest.STATE)) {
        if (form.one(name) != null) {
          kept.put(name, form.all(name));
        }
      }
      LogoutRequest asked = requests.read(issuer, Parameters.of(kept));
      return "yes".equals(form.one("decision"))
          ? end(issuer, request, asked, signedIn)
          : HttpResponse.seeOther(issuer.root() + "/").noStore();
    };
  }

  private HttpResponse end(
      Issuer issuer, HttpRequest request, LogoutRequest asked, SignedIn signedIn) {
    audit.append(
        List.of(
            new AuditEvent(
                issuer.tenant(),
                clock.instant(),
                "signout",
                signedIn.user().id().value(),
                null,
                "ok",
                request.id(),
                asked.client() == null
                    ? Map.of()
                    : Map.of("client", asked.client().id().value()))));
    return sessions.end(issuer, request, asked.onwards(signedOut(issuer)));
  }

  private HttpResponse question(Issuer issuer, LogoutRequest asked, SignedIn signedIn) {
    LogoutView view =
        new LogoutView(
            asked.client() == null ? null : asked.client().name(),
            signedIn.user().displayName(),
            Csrf.token(signedIn.cookie(), FORM),
            asked.fields());
    Page page = Page.of("logout", "Sign out", issuer.root(), view);
    return pages.show(
        200,
        asked.target() == null ? page : page.leadingTo(RedirectUris.formSource(asked.target())));
  }

  private HttpResponse signedOut(Issuer issuer) {
    return pages.show(
        200,
        Page.of("logout", "Signed out", issuer.root(), new LogoutView(null, null, "", Map.of())));
  }
}
