package dev.mandate.oauth.token;

import dev.mandate.domain.client.Client;
import dev.mandate.domain.mandate.Rights;
import dev.mandate.domain.mandate.RightsReader;
import dev.mandate.domain.monitoring.Activity;
import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import dev.mandate.oauth.clientauth.ClientAuthentication;
import dev.mandate.oauth.dpop.KeyBinding;
import dev.mandate.oauth.scope.Audience;
import dev.mandate.oauth.scope.Scopes;
import dev.mandate.platform.http.BadRequest;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Parameters;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/// `POST /oauth/token` (RFC 6749 §3.2). [#answer] is the pipeline; the order is the point.
public final class TokenEndpoint implements Endpoint {
  private final Issuers issuers;
  private final ClientAuthentication authentication;
  private final KeyBinding binding;
  private final Map<String, Grant> grants = new LinkedHashMap<>();
  private final RightsReader rights;
  private final Audience audience;
  private final TokenIssuer issuer;
  private final TokenAudit audit;
  private final Activity activity;

  public TokenEndpoint(
      Issuers issuers,
      ClientAuthentication authentication,
      KeyBinding binding,
      List<Grant> grants,
      RightsReader rights,
      Audience audience,
      TokenIssuer issuer,
      TokenAudit audit,
      Activity activity) {
    this.issuers = issuers;
    this.authentication = authentication;
    this.binding = binding;
    grants.forEach(grant -> this.grants.put(grant.type(), grant));
    this.rights = rights;
    this.audience = audience;
    this.issuer = issuer;
    this.audit = audit;
    this.activity = activity;
  }

  /// For metadata (RFC 8414 §2).
  public Collection<String> grantTypes() {
    return Set.copyOf(grants.keySet());
  }

  @Override
  public HttpResponse handle(HttpRequest request) {
    Issuer at = issuers.of(request);
    try {
      return answer(request, at);
    } catch (OAuthException e) {
      if (e.error() == OAuthError.INVALID_CLIENT) {
        activity.stranger(at.tenant(), request.remoteAddress());
      }
      // A device that waits is no event.
      if (e.error() != OAuthError.AUTHORIZATION_PENDING) {
        audit.refused(at.tenant(), request, e.error());
      }
      throw e;
    } catch (BadRequest e) {
      audit.refused(at.tenant(), request, OAuthError.INVALID_REQUEST);
      throw e;
    }
  }

  private HttpResponse answer(HttpRequest request, Issuer at) {
    // Parse first: no rule below runs on something half read.
    Parameters form = request.form();
    TokenRequest parameters = TokenRequest.parse(form);
    // Then who asks: nothing is looked up for a stranger.
    Client client = authentication.authenticate(at, request, form);
    try {
      HttpResponse response = answer(request, at, parameters, client);
      activity.answered(CallerId.of(at.tenant(), client.id()), request.remoteAddress());
      return response;
    } catch (OAuthException e) {
      count(request, at, client, e.error());
      throw e;
    }
  }

  /// Of a public client anybody can say that it is the one: its refusals are those of the network,
  /// or strangers could have it suspended.
  private void count(HttpRequest request, Issuer at, Client client, OAuthError error) {
    boolean usual =
        error == OAuthError.AUTHORIZATION_PENDING
            || error == OAuthError.POLLED_TOO_SOON
            || error == OAuthError.USE_DPOP_NONCE;
    if (usual) {
      return;
    }
    if (client.isPublic()) {
      activity.stranger(at.tenant(), request.remoteAddress());
    } else {
      activity.refused(CallerId.of(at.tenant(), client.id()), request.remoteAddress());
    }
  }

  private HttpResponse answer(
      HttpRequest request, Issuer at, TokenRequest parameters, Client client) {
    var asked =
        new AuthenticatedRequest(request.id(), at, client, parameters, key(at, client, request));
    Grant grant = grant(asked);
    // Look before using up: the checks that follow must not burn a code or rotate a token.
    Grant.Offer offer = grant.look(asked);
    Rights worth = worth(asked, offer);
    SortedSet<String> scopes = scopes(worth, parameters.scopes());
    Audience.Target target =
        audience.of(
            at,
            worth.mandate(),
            scopes,
            parameters.scopes(),
            offer.resources(),
            parameters.resources());
    // Use up, even if the mandate no longer holds: a replay is a replay in every state.
    Grant.Redeemed redeemed = offer.redemption().redeem(worth.mandate());
    issuer.requireLive(worth);
    TokenIssuer.Answer answer = issuer.issue(asked, worth, scopes, target, redeemed);
    // The audit row is durable before the token leaves.
    audit.issued(asked, answer.claims());
    return HttpResponse.json(200, answer.json()).noStore();
  }

  /// RFC 9449 §5.2: a client that registered for bound tokens gets no others.
  private @Nullable String key(Issuer at, Client client, HttpRequest request) {
    String thumbprint = binding.proved(at, request);
    if (thumbprint == null && client.tokens().dpopBound()) {
      throw new OAuthException(
          OAuthError.INVALID_REQUEST, "this client gets tokens with a DPoP proof only");
    }
    return thumbprint;
  }

  private Grant grant(AuthenticatedRequest asked) {
    Grant grant = grants.get(asked.parameters().grantType());
    if (grant == null) {
      throw new OAuthException(
          OAuthError.UNSUPPORTED_GRANT_TYPE, "grant_type must be one of " + grants.keySet());
    }
    Client client = asked.client();
    if (!client.grantTypes().contains(grant.type())) {
      throw new OAuthException(
          OAuthError.UNAUTHORIZED_CLIENT, "this client may not use " + grant.type());
    }
    if (grant.needsConfidentialClient() && client.isPublic()) {
      throw new OAuthException(
          OAuthError.UNAUTHORIZED_CLIENT, grant.type() + " is for clients with a secret");
    }
    // RFC 9396 §6 allows them here; ignored, they would leave a token wider than its client thinks.
    if (asked.parameters().details()) {
      throw new OAuthException(
          OAuthError.INVALID_AUTHORIZATION_DETAILS,
          "authorization_details are refused here: " + grant.whyNoDetails());
    }
    return grant;
  }

  private Rights worth(AuthenticatedRequest asked, Grant.Offer offer) {
    Rights worth = rights.read(asked.tenant(), offer.mandate());
    if (worth == null || !worth.mandate().client().equals(asked.client().id())) {
      throw new OAuthException(OAuthError.INVALID_GRANT, "the mandate behind this is gone");
    }
    return worth;
  }

  /// RFC 6749 §6: not more than was granted and still holds; without the parameter, all of it.
  private static SortedSet<String> scopes(Rights worth, @Nullable SortedSet<String> asked) {
    SortedSet<String> granted = worth.scopes();
    if (asked == null) {
      if (granted.isEmpty() && !worth.mandate().scopes().isEmpty()) {
        throw new OAuthException(
            OAuthError.INVALID_SCOPE,
            "of what was granted, '" + Scopes.write(worth.mandate().scopes()) + "', nothing holds");
      }
      return granted;
    }
    if (!granted.containsAll(asked)) {
      throw new OAuthException(
          OAuthError.INVALID_SCOPE,
          "scope is wider than what was granted: '" + Scopes.write(granted) + "'");
    }
    return asked;
  }
}
