package dev.mandate.oauth.userinfo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.dpop.DpopProofs;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.token.LiveTokens;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserId;
import dev.mandate.domain.user.UserStore;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import dev.mandate.oauth.dpop.KeyBinding;
import dev.mandate.oauth.scope.Audience;
import dev.mandate.oauth.scope.Scopes;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.json.Json;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// `GET` and `POST /oauth/userinfo`.
public final class UserInfoEndpoint implements Endpoint {
  private static final String BEARER = "bearer ";
  private static final String DPOP = "dpop ";
  private static final int TOKEN_CHARACTERS_MAX = 16 * 1024;

  private final Issuers issuers;
  private final LiveTokens tokens;
  private final KeyBinding binding;
  private final UserStore users;

  public UserInfoEndpoint(Issuers issuers, LiveTokens tokens, KeyBinding binding, UserStore users) {
    this.issuers = issuers;
    this.tokens = tokens;
    this.binding = binding;
    this.users = users;
  }

  private record Presented(Secret token, boolean underDpop) {}

  @Override
  public HttpResponse handle(HttpRequest request) {
    Presented presented = presented(request);
    if (presented == null) {
      // RFC 6750 §3.1: who says nothing of a token is told how to, and no error code.
      return HttpResponse.json(
              401,
              Json.object()
                  .put("error_description", "an access token is needed here")
                  .put("error_id", request.id()))
          .with("www-authenticate", "Bearer realm=\"mandate\", scope=\"openid\"")
          .and("www-authenticate", DpopProofs.challenge("mandate", null))
          .noStore();
    }
    Secret token = presented.token;
    Issuer issuer = issuers.of(request);
    LiveTokens.Live live =
        token.reveal().length() > TOKEN_CHARACTERS_MAX ? null : tokens.find(issuer, token);
    // RFC 9068 §4: a token for somebody else's ears is no token here, whoever brings it.
    if (live == null || !live.claims().isFor(issuer.url(Audience.USERINFO))) {
      throw new OAuthException(
          OAuthError.INVALID_TOKEN,
          "the access token is not valid here: it is unknown, expired, revoked or not for "
              + issuer.url(Audience.USERINFO));
    }
    binding.require(issuer, request, token, live.claims(), presented.underDpop);
    if (!live.scopes().contains(Scopes.OPENID)) {
      throw new OAuthException(
          OAuthError.INSUFFICIENT_SCOPE, "the access token has not the scope " + Scopes.OPENID);
    }
    UserId subject = live.rights().mandate().user();
    User user = subject == null ? null : users.find(issuer.tenant(), subject);
    if (user == null) {
      throw new OAuthException(
          OAuthError.INVALID_TOKEN, "the access token speaks for no person but for a service");
    }
    return HttpResponse.json(200, claims(user, live.scopes().contains(Scopes.PROFILE))).noStore();
  }

  /// §5.3.2: `sub` always, the same as in the ID token; §5.4: the others by scope.
  private static ObjectNode claims(User user, boolean profile) {
    ObjectNode json = Json.object().put("sub", user.id().value());
    if (profile) {
      json.put("name", user.displayName()).put("preferred_username", user.username());
    }
    return json;
  }

  /// The token from the header; null when the request says nothing of one.
  ///
  /// @throws OAuthException `invalid_request` for one in the address or the body, which RFC 6750
  ///   §2.2 and §2.3 let us refuse (both end in logs and caches), and for more than one
  private static @Nullable Presented presented(HttpRequest request) {
    if (request.query().has("access_token")
        || (isForm(request) && request.form().has("access_token"))) {
      throw new OAuthException(
          OAuthError.INVALID_REQUEST,
          "the access token belongs in the Authorization header, never in the address or the body");
    }
    List<String> authorization = request.headers().all("authorization");
    if (authorization.isEmpty()) {
      return null;
    }
    if (authorization.size() > 1) {
      throw new OAuthException(
          OAuthError.INVALID_REQUEST, "there is more than one Authorization header");
    }
    String header = authorization.getFirst();
    for (String scheme : List.of(BEARER, DPOP)) {
      if (header.regionMatches(true, 0, scheme, 0, scheme.length())) {
        return new Presented(
            Secret.of(header.substring(scheme.length()).strip()), scheme.equals(DPOP));
      }
    }
    return null;
  }

  private static boolean isForm(HttpRequest request) {
    String type = request.headers().first("content-type");
    return type != null
        && type.toLowerCase(Locale.ROOT).startsWith("application/x-www-form-urlencoded");
  }
}
