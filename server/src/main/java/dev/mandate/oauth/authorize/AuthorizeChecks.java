package dev.mandate.oauth.authorize;

import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.oauth.OAuthException;
import dev.mandate.platform.http.Parameters;
import java.time.Instant;
import java.util.List;

/// What an authorization request must pass, in order. Each rule stands in words at its method.
public final class AuthorizeChecks {
  /// One rule: returns, or throws what the request fails with.
  interface Check {
    void check(Draft draft);
  }

  private final List<Check> beforeRedirect;
  private final List<Check> afterRedirect;
  private final List<Check> inBrowser;

  public AuthorizeChecks(ClientStore clients, UpstreamStore upstreams, AuthorizeConfig config) {
    ClientChecks client = new ClientChecks(clients);
    RightsChecks rights = new RightsChecks(upstreams);
    // RFC 6749 §4.1.2.1: until both of these hold, nothing is sent to the redirect URI; the error
    // is a page.
    beforeRedirect = List.of(client::isKnown, client::redirectUriIsRegistered);
    afterRedirect =
        List.of(
            // First, so that what follows reads parameters that are there once.
            MessageChecks::nothingRepeats,
            MessageChecks::stateIsBounded,
            // Before anything is read that a request object would have overridden.
            MessageChecks::noRequestObject,
            MessageChecks::responseTypeIsCode,
            MessageChecks::responseModeIsQuery,
            client::mayUseTheCodeGrant,
            // Before the rest is judged: the client has to send all of it another way.
            draft -> client.pushedWhereRequired(draft, config),
            MessageChecks::pkceIsThere,
            MessageChecks::nonceIsBounded,
            rights::scopesAreTheClients,
            rights::detailsAreKnown,
            // Scopes of upstreams, or the client's defaults: after both ways of asking are read.
            rights::somethingIsAsked,
            // Compares with what is asked by now.
            rights::resourcesAreAsked,
            PromptChecks::maxAgeIsKept,
            PromptChecks::promptIsKnown);
    // Last: whether the browser is signed in matters only to a request that is right.
    inBrowser = List.of(PromptChecks::promptCanBeHonoured);
  }

  /// @throws OAuthException for a page: the redirect URI can't be trusted
  void beforeRedirect(Draft draft) {
    beforeRedirect.forEach(check -> check.check(draft));
  }

  /// @throws OAuthException for the client, by redirect
  void afterRedirect(Draft draft) {
    afterRedirect.forEach(check -> check.check(draft));
    inBrowser.forEach(check -> check.check(draft));
  }

  /// All but what only a browser can tell, for a request that is pushed (RFC 9126 §2.1 step 3).
  /// When a browser brings it, every check runs again: what it leans on may have changed.
  ///
  /// @throws OAuthException for the client, as JSON
  public void pushed(Issuer issuer, Parameters sent, Instant now) {
    Draft draft = new Draft(issuer, sent, true, null, now);
    beforeRedirect.forEach(check -> check.check(draft));
    afterRedirect.forEach(check -> check.check(draft));
  }
}
