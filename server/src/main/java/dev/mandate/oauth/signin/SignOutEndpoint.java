package dev.mandate.oauth.signin;

import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.session.Csrf;
import dev.mandate.domain.session.ReturnPath;
import dev.mandate.domain.session.Sessions;
import dev.mandate.domain.session.SignedIn;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Parameters;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/// `POST /signout`: ends the session in the store, not only in the browser. With a `return` it is
/// also how the person at the consent page becomes another.
public final class SignOutEndpoint implements Endpoint {
  private final Issuers issuers;
  private final Sessions sessions;
  private final AuditStore audit;
  private final InstantSource clock;

  public SignOutEndpoint(
      Issuers issuers, Sessions sessions, AuditStore audit, InstantSource clock) {
    this.issuers = issuers;
    this.sessions = sessions;
    this.audit = audit;
    this.clock = clock;
  }

  @Override
  public HttpResponse handle(HttpRequest request) {
    Issuer issuer = issuers.of(request);
    Parameters form = request.form();
    String sent = form.one(ReturnPath.FIELD);
    String next = sent == null ? "/" : ReturnPath.of(sent).value();
    HttpResponse response = HttpResponse.seeOther(issuer.root() + next).noStore();
    SignedIn signedIn = sessions.current(issuer, request);
    if (signedIn == null) {
      return sessions.end(issuer, request, response);
    }
    Csrf.check(issuer, request, form, signedIn.cookie(), Sessions.SIGN_OUT);
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
                Map.of())));
    return sessions.end(issuer, request, response);
  }
}
