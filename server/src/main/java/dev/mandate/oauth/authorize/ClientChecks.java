package dev.mandate.oauth.authorize;

import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.monitoring.Restraints;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;

/// Who asks, and where the answer may go.
final class ClientChecks {
  private static final String CODE_GRANT = "authorization_code";

  private final ClientStore clients;
  private final Restraints restraints;

  ClientChecks(ClientStore clients, Restraints restraints) {
    this.clients = clients;
    this.restraints = restraints;
  }

  /// The client is registered and not disabled. RFC 6749 §4.1.2.1: otherwise the person is told and
  /// nobody is redirected.
  void isKnown(Draft draft) {
    String id = draft.sent.one("client_id");
    if (id == null) {
      throw new OAuthException(
          OAuthError.INVALID_REQUEST, "The request does not say which app it comes from.");
    }
    Client client = clients.find(draft.issuer.tenant(), new ClientId(id));
    if (client == null || client.disabled()) {
      throw new OAuthException(
          OAuthError.INVALID_CLIENT,
          "The app that sent you is not registered here, or not any more.");
    }
    draft.client(client);
  }

  /// The redirect URI is one of the client's, byte for byte (RFC 9700 §2.1; a loopback one on any
  /// port, RFC 8252 §7.3). It may be left out only when the client has exactly one (RFC 6749
  /// §3.1.2.3).
  void redirectUriIsRegistered(Draft draft) {
    String sent = draft.sent.one("redirect_uri");
    Client client = draft.client();
    if (sent == null) {
      if (client.redirectUris().size() != 1) {
        throw new OAuthException(
            OAuthError.INVALID_REQUEST,
            "The app did not say where to send you back to, and it has "
                + client.redirectUris().size()
                + " registered addresses.");
      }
      draft.redirectUri(client.redirectUris().iterator().next());
      return;
    }
    if (!RedirectUris.isRegistered(client.redirectUris(), sent)) {
      throw new OAuthException(
          OAuthError.INVALID_REQUEST,
          "The app asked to send you back to an address that is not registered for it. Somebody may"
              + " be trying to trick you.");
    }
    draft.redirectUri(sent);
  }

  /// The client is not suspended: nobody is asked to approve what cannot be redeemed.
  void isNotSuspended(Draft draft) {
    if (!restraints.admits(draft.issuer.tenant(), null, draft.client().id())) {
      throw OAuthException.suspended();
    }
  }

  /// The client is registered for `authorization_code`.
  void mayUseTheCodeGrant(Draft draft) {
    if (!draft.client().grantTypes().contains(CODE_GRANT)) {
      throw new OAuthException(
          OAuthError.UNAUTHORIZED_CLIENT,
          "this client is not registered for grant type " + CODE_GRANT);
    }
  }

  /// RFC 9126 §5 and §6: where requests must be pushed, one that comes by the browser alone is
  /// refused.
  void pushedWhereRequired(Draft draft, AuthorizeConfig config) {
    if (!draft.pushed && (config.requirePushed() || draft.client().requiresPushed())) {
      throw new OAuthException(
          OAuthError.INVALID_REQUEST,
          "this client must push its authorization requests: POST them to "
              + draft.issuer.url("/oauth/par"));
    }
  }
}
