package dev.mandate.oauth.metadata;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.access.AuthorizationDetails;
import dev.mandate.domain.authorization.ResponseMode;
import dev.mandate.domain.dpop.DpopProofs;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.oauth.authorize.AuthorizeConfig;
import dev.mandate.oauth.clientauth.ClientAuthentication;
import dev.mandate.oauth.logout.LogoutEndpoint;
import dev.mandate.oauth.pkce.Pkce;
import dev.mandate.oauth.scope.Audience;
import dev.mandate.oauth.scope.Scopes;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.jose.SignatureAlgorithm;
import dev.mandate.platform.json.Json;
import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/// `GET /.well-known/oauth-authorization-server` (RFC 8414 §3) and `GET
/// /.well-known/openid-configuration`: one document under two names.
public final class MetadataEndpoint implements Endpoint {
  public static final String OAUTH_PATH = "/.well-known/oauth-authorization-server";
  public static final String OPENID_PATH = "/.well-known/openid-configuration";

  /// RS256 first, which OpenID Connect demands (Discovery 1.0 §3).
  private static final List<String> ID_TOKEN_ALGORITHMS =
      List.of(SignatureAlgorithm.RS256.name(), SignatureAlgorithm.ES256.name());

  private static final List<String> RESPONSE_MODES =
      Stream.of(ResponseMode.values()).map(ResponseMode::wire).toList();

  private static final String CACHE = "public, max-age=300";

  private final Issuers issuers;
  private final UpstreamStore upstreams;
  private final Collection<String> grantTypes;
  private final AuthorizeConfig authorize;

  /// @param grantTypes that the token endpoint knows
  public MetadataEndpoint(
      Issuers issuers,
      UpstreamStore upstreams,
      Collection<String> grantTypes,
      AuthorizeConfig authorize) {
    this.issuers = issuers;
    this.upstreams = upstreams;
    this.grantTypes = List.copyOf(grantTypes);
    this.authorize = authorize;
  }

  @Override
  public HttpResponse handle(HttpRequest request) {
    return HttpResponse.json(200, document(issuers.of(request))).with("cache-control", CACHE);
  }

  private ObjectNode document(Issuer issuer) {
    ObjectNode json = Json.object();
    json.put("issuer", issuer.url())
        .put("authorization_endpoint", issuer.url("/oauth/authorize"))
        .put("token_endpoint", issuer.url("/oauth/token"))
        .put("revocation_endpoint", issuer.url("/oauth/revoke"))
        .put("introspection_endpoint", issuer.url("/oauth/introspect"))
        // RP-Initiated Logout 1.0 §2.1.
        .put("end_session_endpoint", issuer.url(LogoutEndpoint.PATH))
        .put("userinfo_endpoint", issuer.url(Audience.USERINFO))
        // RFC 9126 §5.
        .put("pushed_authorization_request_endpoint", issuer.url("/oauth/par"))
        // RFC 8628 §4.
        .put("device_authorization_endpoint", issuer.url("/oauth/device_authorization"))
        .put("require_pushed_authorization_requests", authorize.requirePushed())
        .put("jwks_uri", issuer.url("/oauth/jwks"));
    put(json, "scopes_supported", scopes(issuer));
    put(json, "response_types_supported", List.of("code"));
    put(json, "response_modes_supported", RESPONSE_MODES);
    put(json, "grant_types_supported", grantTypes);
    put(json, "code_challenge_methods_supported", List.of(Pkce.S256));
    put(json, "token_endpoint_auth_methods_supported", ClientAuthentication.METHODS);
    put(json, "revocation_endpoint_auth_methods_supported", ClientAuthentication.METHODS);
    // RFC 7662 §2.1: never without proof.
    put(
        json,
        "introspection_endpoint_auth_methods_supported",
        ClientAuthentication.CONFIDENTIAL_METHODS);
    for (String endpoint : List.of("token", "revocation", "introspection")) {
      put(
          json,
          endpoint + "_endpoint_auth_signing_alg_values_supported",
          ClientAuthentication.ALGORITHMS);
    }
    // RFC 9449 §5.1.
    put(json, "dpop_signing_alg_values_supported", DpopProofs.ALGORITHMS);
    // RFC 9396 §10.
    put(json, "authorization_details_types_supported", List.of(AuthorizationDetails.LLM_ACCESS));
    // RFC 9207 §3.
    json.put("authorization_response_iss_parameter_supported", true);
    openId(json);
    return json;
  }

  /// OpenID Connect Discovery 1.0 §3. `request_uri` must be denied: its default is true. It means
  /// one that the client hosts; those of pushed requests are another matter (RFC 9126 §5).
  private static void openId(ObjectNode json) {
    put(json, "subject_types_supported", List.of("public"));
    put(json, "id_token_signing_alg_values_supported", ID_TOKEN_ALGORITHMS);
    put(
        json,
        "claims_supported",
        List.of(
            "iss",
            "sub",
            "aud",
            "exp",
            "iat",
            "auth_time",
            "nonce",
            "at_hash",
            "name",
            "preferred_username"));
    json.put("claims_parameter_supported", false)
        .put("request_parameter_supported", false)
        .put("request_uri_parameter_supported", false);
    put(json, "ui_locales_supported", List.of("en"));
  }

  private SortedSet<String> scopes(Issuer issuer) {
    SortedSet<String> scopes = new TreeSet<>(Scopes.fixed());
    for (Upstream upstream : upstreams.all(issuer.tenant())) {
      scopes.add(Scopes.llm(upstream.name()));
    }
    return scopes;
  }

  private static void put(ObjectNode json, String name, Collection<String> values) {
    values.forEach(json.putArray(name)::add);
  }
}
