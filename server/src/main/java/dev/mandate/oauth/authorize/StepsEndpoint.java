package dev.mandate.oauth.authorize;

import dev.mandate.domain.authorization.PendingAuthorization;
import dev.mandate.domain.session.Sessions;
import dev.mandate.domain.session.SignedIn;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;

/// `GET /oauth/authorize/{id}`: says which step comes next. Every step returns here and none knows
/// another.
public final class StepsEndpoint implements Endpoint {
  private final Issuers issuers;
  private final Sessions sessions;
  private final PendingRequests requests;

  public StepsEndpoint(Issuers issuers, Sessions sessions, PendingRequests requests) {
    this.issuers = issuers;
    this.sessions = sessions;
    this.requests = requests;
  }

  @Override
  public HttpResponse handle(HttpRequest request) {
    Issuer issuer = issuers.of(request);
    PendingAuthorization pending = requests.of(issuer, request);
    SignedIn signedIn = sessions.current(issuer, request);
    if (signedIn == null || !pending.accepts(signedIn.session().authenticatedAt())) {
      return Sessions.signInFirst(issuer, PendingRequests.path(pending));
    }
    return HttpResponse.seeOther(issuer.root() + "/oauth/consent/" + pending.id());
  }
}
