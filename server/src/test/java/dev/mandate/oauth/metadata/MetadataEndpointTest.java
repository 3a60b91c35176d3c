package dev.mandate.oauth.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.oauth2.sdk.as.AuthorizationServerMetadata;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.oauth.OAuthServer;
import dev.mandate.oauth.OAuthServer.Answer;
import dev.mandate.testing.Fixture;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The public documents and CORS.
class MetadataEndpointTest {
  private static OAuthServer server;

  @BeforeAll
  static void start(@TempDir Path folder) {
    server = new OAuthServer(folder);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Answer get(String path, String... headers) {
    var request = server.request(path).GET();
    return server.send(headers.length == 0 ? request : request.headers(headers));
  }

  private static Answer preflight(String path, String origin) {
    return server.send(
        server
            .request(path)
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .method("OPTIONS", java.net.http.HttpRequest.BodyPublishers.noBody()));
  }

  @Test
  void bothNamesTellTheSame() throws Exception {
    Answer oauth = get(MetadataEndpoint.OAUTH_PATH);
    Answer openid = get(MetadataEndpoint.OPENID_PATH);
    assertThat(oauth.http().body()).isEqualTo(openid.http().body());
    assertThat(oauth.header("content-type")).isEqualTo("application/json");
    assertThat(oauth.header("cache-control")).isEqualTo("public, max-age=300");
    assertThat(AuthorizationServerMetadata.parse(oauth.http().body()).getIssuer().getValue())
        .isEqualTo(OAuthServer.ISSUER);
    assertThat(OIDCProviderMetadata.parse(openid.http().body()).getIssuer().getValue())
        .isEqualTo(OAuthServer.ISSUER);
  }

  @Test
  void theIssuerIsTheConfiguredOneWhateverTheHostHeaderSays() {
    // The client connected to another address, so its Host header differs from the issuer.
    assertThat(get(MetadataEndpoint.OAUTH_PATH).text("issuer")).isEqualTo(OAuthServer.ISSUER);
  }

  @Test
  void itNamesTheEndpointsAndWhatTheyCan() {
    JsonNode json = get(MetadataEndpoint.OAUTH_PATH).json();
    assertThat(json.path("authorization_endpoint").asText())
        .isEqualTo(OAuthServer.ISSUER + "/oauth/authorize");
    assertThat(json.path("token_endpoint").asText()).isEqualTo(OAuthServer.ISSUER + "/oauth/token");
    assertThat(json.path("revocation_endpoint").asText())
        .isEqualTo(OAuthServer.ISSUER + "/oauth/revoke");
    assertThat(json.path("jwks_uri").asText()).isEqualTo(OAuthServer.ISSUER + "/oauth/jwks");
    assertThat(texts(json, "response_types_supported")).containsExactly("code");
    assertThat(texts(json, "response_modes_supported")).containsExactly("query", "form_post");
    assertThat(json.path("end_session_endpoint").asText())
        .isEqualTo(OAuthServer.ISSUER + "/oauth/logout");
    assertThat(texts(json, "code_challenge_methods_supported")).containsExactly("S256");
    assertThat(texts(json, "grant_types_supported"))
        .containsExactlyInAnyOrder(
            "authorization_code",
            "refresh_token",
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:device_code");
    assertThat(texts(json, "token_endpoint_auth_methods_supported"))
        .containsExactly("client_secret_basic", "client_secret_post", "private_key_jwt", "none");
    assertThat(texts(json, "authorization_details_types_supported")).containsExactly("llm_access");
    assertThat(texts(json, "id_token_signing_alg_values_supported"))
        .containsExactly("RS256", "ES256");
    assertThat(texts(json, "scopes_supported"))
        .contains("llm:anthropic", "llm:openai", "offline_access", "openid", "profile")
        .containsAll(AdminScope.names())
        .hasSize(5 + AdminScope.names().size());
    assertThat(json.path("authorization_response_iss_parameter_supported").asBoolean()).isTrue();
    assertThat(json.path("request_uri_parameter_supported").asBoolean(true)).isFalse();
    assertThat(json.has("registration_endpoint")).isFalse();
    assertThat(json.path("introspection_endpoint").asText())
        .isEqualTo(OAuthServer.ISSUER + "/oauth/introspect");
    assertThat(texts(json, "introspection_endpoint_auth_methods_supported"))
        .containsExactly("client_secret_basic", "client_secret_post", "private_key_jwt");
    assertThat(json.path("userinfo_endpoint").asText()).isEqualTo(OAuthServer.USERINFO);
    assertThat(json.path("pushed_authorization_request_endpoint").asText())
        .isEqualTo(OAuthServer.ISSUER + "/oauth/par");
    assertThat(json.path("require_pushed_authorization_requests").asBoolean(true)).isFalse();
  }

  private static List<String> texts(JsonNode json, String name) {
    List<String> texts = new java.util.ArrayList<>();
    json.path(name).forEach(one -> texts.add(one.asText()));
    return texts;
  }

  @Test
  void theJwkSetHasBothKeysAndNothingPrivate() throws Exception {
    Answer answer = get("/oauth/jwks");
    assertThat(answer.header("content-type")).isEqualTo("application/jwk-set+json");
    assertThat(answer.header("cache-control")).isEqualTo("public, max-age=300");
    JWKSet set = JWKSet.parse(answer.http().body());
    assertThat(set.getKeys()).hasSize(2);
    assertThat(set.containsNonPublicKeys()).isFalse();
    assertThat(set.getKeys())
        .allSatisfy(
            key -> {
              assertThat(key.getKeyID()).isNotEmpty();
              assertThat(key.getKeyUse().identifier()).isEqualTo("sig");
            });
    assertThat(set.getKeys())
        .extracting(key -> key.getAlgorithm().getName())
        .containsExactlyInAnyOrder("ES256", "RS256");
  }

  @Test
  void publicDocumentsAreOpenToEveryPage() {
    for (String path :
        List.of(MetadataEndpoint.OAUTH_PATH, MetadataEndpoint.OPENID_PATH, "/oauth/jwks")) {
      Answer answer = get(path, "origin", "https://anyone.example");
      assertThat(answer.header("access-control-allow-origin")).isEqualTo("*");
      assertThat(answer.header("access-control-allow-credentials")).isNull();
    }
    assertThat(
            preflight("/oauth/jwks", "https://anyone.example")
                .header("access-control-allow-origin"))
        .isEqualTo("*");
  }

  private static Answer post(String path, String origin) {
    return server.send(
        server.request(path).header("origin", origin).POST(OAuthServer.body("client_id", "app")));
  }

  @Test
  void aRegisteredOriginMayReadTokenAnswers() {
    for (String path : List.of("/oauth/token", "/oauth/revoke")) {
      Answer answer = post(path, "https://app.example");
      assertThat(answer.header("access-control-allow-origin")).isEqualTo("https://app.example");
      assertThat(answer.header("access-control-allow-credentials")).isNull();
      assertThat(answer.header("vary")).isEqualTo("Origin");
      Answer before = preflight(path, "https://app.example");
      assertThat(before.status()).isEqualTo(204);
      assertThat(before.header("access-control-allow-origin")).isEqualTo("https://app.example");
      assertThat(before.header("access-control-allow-methods")).isEqualTo("POST");
      assertThat(before.header("access-control-allow-headers"))
          .isEqualTo("authorization, content-type, dpop");
    }
  }

  @Test
  void anyOtherOriginMayNot() {
    for (String path : List.of("/oauth/token", "/oauth/revoke")) {
      for (String origin :
          List.of(
              "https://evil.example",
              "null",
              "https://app.example.evil",
              "http://app.example",
              "https://app.example:8443",
              "https://APP.example",
              "https://disabled.example",
              "*")) {
        assertThat(post(path, origin).header("access-control-allow-origin")).as(origin).isNull();
        assertThat(preflight(path, origin).header("access-control-allow-origin"))
            .as(origin)
            .isNull();
        assertThat(post(path, origin).header("vary")).isEqualTo("Origin");
      }
    }
  }

  @Test
  void anOriginComesAndGoesWithItsClient() {
    String origin = "https://new.example:8443";
    var client = new dev.mandate.domain.client.ClientId("new");
    assertThat(post("/oauth/token", origin).header("access-control-allow-origin")).isNull();
    server
        .stores
        .clients()
        .save(
            server.fixture.client(
                client, null, origin + "/cb", Set.of("authorization_code"), false));
    assertThat(post("/oauth/token", origin).header("access-control-allow-origin"))
        .isEqualTo(origin);
    server
        .stores
        .clients()
        .save(
            server.fixture.client(
                client, null, origin + "/cb", Set.of("authorization_code"), true));
    assertThat(post("/oauth/token", origin).header("access-control-allow-origin")).isNull();
  }

  @Test
  void aBrowsersSpellingOfAnOriginIsKnown() {
    var client =
        server.fixture.client(
            new dev.mandate.domain.client.ClientId("spelling"),
            null,
            "https://Spelling.example:443/cb",
            Set.of("authorization_code"),
            false);
    assertThat(client.origins()).containsExactly("https://spelling.example");
    assertThat(
            server
                .fixture
                .client(Fixture.APP, null, "com.example.app:/cb", Set.of(), false)
                .origins())
        .isEmpty();
  }
}
