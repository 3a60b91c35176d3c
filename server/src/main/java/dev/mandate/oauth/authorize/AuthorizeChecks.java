package dev.mandate.oauth.authorize;

import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.monitoring.Restraints;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tier.ModelTierStore;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.oauth.OAuthException;
import dev.mandate.platform.http.Parameters;
import java.time.Instant;
import java.util.List;
import java.util.SortedSet;

/// What an authorization request must pass, in order. Each rule stands in words at its method.
public final class AuthorizeChecks {
  /// One rule: returns, or throws what the request fails with.
  interface Check {
    void check(Draft draft);
  }

  private final List<Check> beforeRedirect;
  private final List<Check> afterRedirect;
  private final List<Check> inBrowser;
  private final List<Check> ofDevice;

  public AuthorizeChecks(
      ClientStore clients,
      UpstreamStore upstreams,
      ModelTierStore tiers,
      Restraints restraints,
      AuthorizeConfig config) {
    ClientChecks client = new ClientChecks(clients, restraints);
    RightsChecks rights = new RightsChecks(upstreams, tiers);
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
            MessageChecks::responseModeIsKnown,
            client::isNotSuspended,
            client::mayUseTheCodeGrant,
            // Before the rest is judged: the client has to send all of it another way.
            draft -> client.pushedWhereRequired(draft, config),
            MessageChecks::pkceIsThere,
            MessageChecks::nonceIsBounded,
            MessageChecks::keyIsAThumbprint,
            rights::scopesAreTheClients,
            rights::detailsAreKnown,
            // Scopes of upstreams, or the client's defaults: after both ways of asking are read.
            rights::somethingIsAsked,
            // Compares with what is asked by now.
            rights::resourcesAreAsked,
            PromptChecks::maxAgeIsKept,
            PromptChecks::promptIsKnown);
    ofDevice =
        List.of(
            MessageChecks::nothingRepeats,
            MessageChecks::noRequestObject,
            rights::scopesAreTheClients,
            rights::detailsAreKnown,
            rights::somethingIsAsked,
            rights::resourcesAreAsked);
    // Last: whether the browser is signed in matters only to a request that is right.
    inBrowser = List.of(PromptChecks::promptCanBeHonoured);
  }

  /// What a device may ask for, as it asked (RFC 8628 §3.1).
  public record Asked(SortedSet<String> scopes, List<LlmTerms> terms, List<String> resources) {}

  /// Those that are about what is asked for, for a request of a device: it has no browser and no
  /// redirect URI.
  ///
  /// @param client that sent it itself
  /// @throws OAuthException for the client, as JSON
  public Asked device(Issuer issuer, Client client, Parameters sent, Instant now) {
    Draft draft = new Draft(issuer, sent, true, null, now);
    draft.client(client);
    ofDevice.forEach(check -> check.check(draft));
    return new Asked(draft.scopes, draft.terms, draft.resources);
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
