package dev.mandate.oauth.consent;

import dev.mandate.domain.authorization.PendingAuthorization;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.promptlog.PromptLogPolicy;
import dev.mandate.domain.promptlog.PromptLogStore;
import dev.mandate.domain.session.Csrf;
import dev.mandate.domain.session.Sessions;
import dev.mandate.domain.session.SignedIn;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantStore;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import dev.mandate.oauth.authorize.AuthorizationAnswer;
import dev.mandate.oauth.authorize.PendingRequests;
import dev.mandate.oauth.device.DeviceEndEndpoint;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.html.PageRefusal;
import dev.mandate.platform.html.Pages;
import dev.mandate.platform.http.BadRequest;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Parameters;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/// `GET` and `POST /oauth/consent/{id}`.
public final class ConsentEndpoint implements Endpoint {
  private final Issuers issuers;
  private final Sessions sessions;
  private final PendingRequests requests;
  private final TenantStore tenants;
  private final ClientStore clients;
  private final Offers offers;
  private final Approval approval;
  private final PromptLogStore promptLog;
  private final Pages pages;
  private final AuthorizationAnswer answers;
  private final InstantSource clock;

  public ConsentEndpoint(
      Issuers issuers,
      Sessions sessions,
      PendingRequests requests,
      TenantStore tenants,
      ClientStore clients,
      Offers offers,
      Approval approval,
      PromptLogStore promptLog,
      Pages pages,
      InstantSource clock) {
    this.issuers = issuers;
    this.sessions = sessions;
    this.requests = requests;
    this.tenants = tenants;
    this.clients = clients;
    this.offers = offers;
    this.approval = approval;
    this.promptLog = promptLog;
    this.pages = pages;
    this.answers = new AuthorizationAnswer(pages);
    this.clock = clock;
  }

  @Override
  public HttpResponse handle(HttpRequest request) {
    Issuer issuer = issuers.of(request);
    PendingAuthorization pending = requests.of(issuer, request);
    SignedIn signedIn = sessions.current(issuer, request);
    if (signedIn == null || !pending.accepts(signedIn.session().authenticatedAt())) {
      return HttpResponse.seeOther(issuer.root() + PendingRequests.path(pending).value());
    }
    Client client = clients.find(issuer.tenant(), pending.client());
    Tenant tenant = tenants.find(issuer.tenant());
    if (client == null || client.disabled() || tenant == null) {
      throw new PageRefusal(
          403,
          "This app is not allowed in any more",
          "It was disabled or removed while you were deciding. Nothing was given.");
    }
    Offer offer = offers.settle(tenant, client, signedIn.user(), pending);
    PromptLogPolicy keeps = promptLog.policy(issuer.tenant());
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    if (request.method().equals("POST")) {
      Parameters form = request.form();
      Csrf.check(issuer, request, form, signedIn.cookie(), ConsentPage.form(pending));
      ConsentPage again =
          new ConsentPage(issuer, tenant, client, signedIn, pending, keeps, now, form, Map.of());
      return answer(request, again, offer);
    }
    ConsentPage page =
        new ConsentPage(
            issuer, tenant, client, signedIn, pending, keeps, now, Parameters.NONE, Map.of());
    return pages.show(200, page.page(offer));
  }

  private HttpResponse answer(HttpRequest request, ConsentPage page, Offer offer) {
    String decision = page.sent().one("decision");
    if ("deny".equals(decision)) {
      String reason = offer.isNothing() ? "nothing to give" : "the person denied";
      approval.deny(page.pending(), page.signedIn(), reason, page.now(), request.id());
      if (page.pending().userCode() != null) {
        return HttpResponse.seeOther(page.issuer().root() + DeviceEndEndpoint.DENIED).noStore();
      }
      return answers.error(
          page.issuer(),
          AuthorizationAnswer.To.of(page.pending()),
          new OAuthException(
              OAuthError.ACCESS_DENIED,
              offer.isNothing()
                  ? "the person may not give any of what was asked for"
                  : "the person denied the request"));
    }
    if (!"approve".equals(decision)) {
      throw new BadRequest("decision is neither 'approve' nor 'deny'");
    }
    if (offer.isNothing()) {
      return pages.show(403, page.page(offer));
    }
    return switch (ConsentForm.read(page.sent(), offer)) {
      case Choice.Given given -> {
        Secret code =
            approval.approve(
                page.pending(), page.signedIn(), offer, given, page.now(), request.id());
        yield code == null
            ? HttpResponse.seeOther(page.issuer().root() + DeviceEndEndpoint.APPROVED).noStore()
            : answers.code(page.issuer(), AuthorizationAnswer.To.of(page.pending()), code);
      }
      case Choice.Wrong(var wrong) -> pages.show(422, page.withWrong(wrong).page(offer));
    };
  }
}
