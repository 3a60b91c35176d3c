package dev.mandate.oauth.authorize;

import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.authorization.PendingAuthorization;
import dev.mandate.domain.authorization.PendingId;
import dev.mandate.domain.authorization.PendingStore;
import dev.mandate.domain.authorization.PushedRequest;
import dev.mandate.domain.authorization.PushedStore;
import dev.mandate.domain.session.Browser;
import dev.mandate.domain.session.Sessions;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.oauth.OAuthException;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.html.PageRefusal;
import dev.mandate.platform.html.Pages;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Parameters;
import dev.mandate.platform.log.Sent;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `GET` and `POST /oauth/authorize` (RFC 6749 §3.1): checks the request, keeps it for the browser
/// that brought it, and sends that browser on its way. From here on the address holds nothing but
/// an id.
public final class AuthorizeEndpoint implements Endpoint {
  /// How long a person has for sign-in and consent together.
  public static final Duration PENDING_LIFETIME = Duration.ofMinutes(10);

  private static final Logger log = LoggerFactory.getLogger(AuthorizeEndpoint.class);

  private final Issuers issuers;
  private final Sessions sessions;
  private final AuthorizeChecks checks;
  private final PushedRequests pushed;
  private final PendingStore pendings;
  private final AuditStore audit;
  private final AuthorizationAnswer answers;
  private final TokenSource random;
  private final InstantSource clock;

  public AuthorizeEndpoint(
      Issuers issuers,
      Sessions sessions,
      AuthorizeChecks checks,
      PushedRequests pushed,
      PendingStore pendings,
      AuditStore audit,
      Pages pages,
      TokenSource random,
      InstantSource clock) {
    this.issuers = issuers;
    this.sessions = sessions;
    this.checks = checks;
    this.pushed = pushed;
    this.pendings = pendings;
    this.audit = audit;
    this.answers = new AuthorizationAnswer(pages);
    this.random = random;
    this.clock = clock;
  }

  @Override
  public HttpResponse handle(HttpRequest request) {
    Issuer issuer = issuers.of(request);
    Parameters sent = request.method().equals("POST") ? request.form() : request.query();
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    if (!PushedRequests.isNamedBy(sent)) {
      return begin(request, issuer, sent, null, now);
    }
    return switch (pushed.brought(issuer, sent, now)) {
      case PushedStore.Found.Used used -> goOn(request, issuer, used);
      // RFC 9101 §6.3: only what was pushed counts, whatever else the address says.
      case PushedStore.Found.Waiting(var waiting) ->
          begin(request, issuer, Parameters.of(waiting.parameters()), waiting, now);
    };
  }

  private static HttpResponse goOn(
      HttpRequest request, Issuer issuer, PushedStore.Found.Used used) {
    String path = PushedRequests.goOn(used, Browser.known(issuer, request));
    return HttpResponse.seeOther(issuer.root() + path).noStore();
  }

  private HttpResponse begin(
      HttpRequest request,
      Issuer issuer,
      Parameters sent,
      @Nullable PushedRequest waiting,
      Instant now) {
    Draft draft = new Draft(issuer, sent, waiting != null, sessions.current(issuer, request), now);
    try {
      checks.beforeRedirect(draft);
    } catch (OAuthException e) {
      refused(request, draft, "anonymous", e);
      throw new PageRefusal(400, "This app cannot be let in", e.description());
    }
    try {
      checks.afterRedirect(draft);
    } catch (OAuthException e) {
      refused(request, draft, draft.client().id().value(), e);
      return answers.error(issuer, draft.answerTo(), e);
    }
    Browser browser = Browser.of(issuer, request, random);
    PendingAuthorization pending = pending(draft, browser);
    pendings.insert(pending);
    if (waiting != null && !pushed.consume(waiting, pending)) {
      // Somebody was faster by a moment. What was just kept is known to nobody and expires.
      throw new PageRefusal(
          400,
          "This request was used already",
          "A request can be opened in one browser only, once. Go back to the app and start again.");
    }
    return browser.mark(
        HttpResponse.seeOther(issuer.root() + PendingRequests.path(pending).value()).noStore());
  }

  private PendingAuthorization pending(Draft draft, Browser browser) {
    return new PendingAuthorization(
        draft.issuer.tenant(),
        new PendingId(random.id("ask")),
        browser.hash(),
        draft.client().id(),
        draft.redirectUri(),
        draft.sent.one("redirect_uri") != null,
        draft.state(),
        draft.responseMode(),
        draft.codeChallenge(),
        draft.nonce,
        draft.scopes,
        draft.terms,
        draft.resources,
        draft.thumbprint,
        null,
        draft.authenticatedSince,
        draft.now,
        draft.now.plus(PENDING_LIFETIME));
  }

  /// Anybody can cause a refusal, so it must not cost a commit each.
  private void refused(HttpRequest request, Draft draft, String actor, OAuthException e) {
    log.info("{} refused: {} ({})", request, e.error().code(), Sent.masked(e.getMessage()));
    audit.appendLater(
        new AuditEvent(
            draft.issuer.tenant(),
            draft.now,
            "authorization.refused",
            actor,
            null,
            e.error().code(),
            request.id(),
            Map.of()));
  }
}
