package dev.mandate.oauth.par;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.oauth2.sdk.AuthorizationRequest;
import com.nimbusds.oauth2.sdk.PushedAuthorizationRequest;
import com.nimbusds.oauth2.sdk.PushedAuthorizationResponse;
import com.nimbusds.oauth2.sdk.PushedAuthorizationSuccessResponse;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.auth.ClientSecretPost;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import dev.mandate.domain.authorization.PushedStore;
import dev.mandate.oauth.OAuthServer;
import dev.mandate.oauth.OAuthServer.Answer;
import dev.mandate.oauth.authorize.PushedRequests;
import dev.mandate.oauth.pkce.Pkce;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.testing.Fixture;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// RFC 9126 §2: the endpoint. What a browser does with the answer is in `PushedAuthorizationTest`.
class PushEndpointTest {
  private static OAuthServer server;

  @BeforeAll
  static void start(@TempDir Path folder) {
    server = new OAuthServer(folder);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String[] request(String client, String... more) {
    return OAuthServer.with(
        more,
        "client_id",
        client,
        "response_type",
        "code",
        "redirect_uri",
        Fixture.REDIRECT,
        "code_challenge",
        Pkce.challenge(OAuthServer.VERIFIER),
        "code_challenge_method",
        "S256",
        "scope",
        "openid llm:openai");
  }

  /// As the public client, with a parameter replaced; an empty value takes it away.
  private static Answer pushWith(String name, String value) {
    List<String> form = new ArrayList<>(List.of(request("app")));
    int at = form.indexOf(name);
    if (at >= 0) {
      form.set(at + 1, value);
    } else {
      form.addAll(List.of(name, value));
    }
    return server.post("/oauth/par", form.toArray(String[]::new));
  }

  private static void refused(Answer answer, int status, String error) {
    assertThat(answer.status()).as(answer.json().toString()).isEqualTo(status);
    assertThat(answer.text("error")).isEqualTo(error);
    assertThat(answer.json().has("request_uri")).isFalse();
    assertThat(answer.header("cache-control")).isEqualTo("no-store");
  }

  private static PushedStore.Found found(String uri) {
    return java.util.Objects.requireNonNull(
        server
            .stores
            .pushed()
            .find(
                Fixture.TENANT,
                TokenHash.of(
                    dev.mandate.platform.crypto.Secret.of(
                        uri.substring(PushedRequests.URI.length()))),
                server.clock.instant()));
  }

  @Test
  void aClientThatSomebodyElseWroteGetsARequestUri() throws Exception {
    AuthorizationRequest asked =
        new AuthorizationRequest.Builder(ResponseType.CODE, new ClientID("web"))
            .redirectionURI(URI.create(Fixture.REDIRECT))
            .scope(new Scope("openid", "llm:openai"))
            .state(new State())
            .codeChallenge(new CodeVerifier(), CodeChallengeMethod.S256)
            .build();
    HTTPResponse sent =
        new PushedAuthorizationRequest(
                server.request("/oauth/par").build().uri(),
                new ClientSecretPost(new ClientID("web"), new Secret(Fixture.WEB_SECRET.reveal())),
                asked)
            .toHTTPRequest()
            .send();
    assertThat(sent.getStatusCode()).isEqualTo(201);
    PushedAuthorizationSuccessResponse answer =
        PushedAuthorizationResponse.parse(sent).toSuccessResponse();
    // 43 characters of base64url are 256 bits.
    assertThat(answer.getRequestURI().toString())
        .matches("urn:ietf:params:oauth:request_uri:[A-Za-z0-9_-]{43}");
    assertThat(answer.getLifetime()).isBetween(5L, 90L);
    assertThat(sent.getHeaderValue("cache-control")).isEqualTo("no-store");
    assertThat(sent.getHeaderValue("content-type")).isEqualTo("application/json");
  }

  @Test
  void aPublicClientMayPushToo() {
    Answer first = server.post("/oauth/par", request("app"));
    Answer second = server.post("/oauth/par", request("app"));
    assertThat(first.status()).as(first.json().toString()).isEqualTo(201);
    assertThat(second.text("request_uri")).isNotEqualTo(first.text("request_uri"));
  }

  @Test
  void theClientMustBeAuthenticatedAsAtTheTokenEndpoint() {
    refused(server.post("/oauth/par", request("web")), 401, "invalid_client");
    refused(
        server.post("/oauth/par", request("web", "client_secret", "wrong")), 401, "invalid_client");
    refused(
        server.post("/oauth/par", request("app", "client_secret", "any")), 401, "invalid_client");
    refused(server.post("/oauth/par", request("disabled")), 401, "invalid_client");
    refused(server.post("/oauth/par", request("nobody")), 401, "invalid_client");
    refused(pushWith("client_id", ""), 401, "invalid_client");
    refused(
        server.send(
            server.request("/oauth/par?client_id=app").POST(OAuthServer.body(request("app")))),
        400,
        "invalid_request");
  }

  @Test
  void oneClientCannotPushForAnother() {
    Answer answer =
        server.send(
            server
                .request("/oauth/par")
                .header("authorization", OAuthServer.basic("web", Fixture.WEB_SECRET))
                .POST(OAuthServer.body(request("app"))));
    refused(answer, 400, "invalid_request");
  }

  @Test
  void basicAloneNamesTheClientAndItsSecretIsNotKept() {
    List<String> form = new ArrayList<>(List.of(request("x")));
    form.subList(0, 2).clear();
    Answer basic =
        server.send(
            server
                .request("/oauth/par")
                .header("authorization", OAuthServer.basic("web", Fixture.WEB_SECRET))
                .POST(OAuthServer.body(form.toArray(String[]::new))));
    assertThat(basic.status()).as(basic.json().toString()).isEqualTo(201);
    Answer posted =
        server.post("/oauth/par", request("web", "client_secret", Fixture.WEB_SECRET.reveal()));
    for (Answer answer : List.of(basic, posted)) {
      assertThat(found(answer.text("request_uri")))
          .isInstanceOfSatisfying(
              PushedStore.Found.Waiting.class,
              waiting -> {
                assertThat(waiting.request().client()).isEqualTo(Fixture.WEB);
                assertThat(waiting.request().parameters())
                    .containsEntry("client_id", List.of("web"))
                    .containsEntry("scope", List.of("openid llm:openai"))
                    .doesNotContainKey("client_secret");
              });
    }
  }

  @Test
  void aRequestUriOrRequestObjectCannotBePushed() {
    refused(pushWith("request_uri", "urn:ietf:params:oauth:request_uri:x"), 400, "invalid_request");
    refused(pushWith("request_uri", "https://evil.example/r"), 400, "invalid_request");
    refused(pushWith("request_uri", ""), 400, "invalid_request");
    refused(pushWith("request", "e30.e30."), 400, "request_not_supported");
  }

  @ParameterizedTest
  @CsvSource({
    "redirect_uri, https://evil.example/cb, invalid_request",
    "redirect_uri, https://app.example/callback/, invalid_request",
    "response_type, token, unsupported_response_type",
    "response_type, '', invalid_request",
    "response_mode, fragment, invalid_request",
    "code_challenge, '', invalid_request",
    "code_challenge_method, plain, invalid_request",
    "scope, email, invalid_scope",
    "scope, mandates:read, invalid_scope",
    "scope, llm:nowhere, invalid_scope",
    "resource, https://evil.example/, invalid_target",
    "prompt, now, invalid_request",
    "prompt, none login, invalid_request",
    "max_age, soon, invalid_request",
    "authorization_details, '[{\"type\":\"x\"}]', invalid_authorization_details",
    "authorization_details, '{}', invalid_authorization_details",
  })
  void everyCheckOfTheAuthorizationRequestRunsHere(String name, String value, String error) {
    refused(pushWith(name, value), 400, error);
  }

  @Test
  void aDoubledParameterIsRefused() {
    for (String name : List.of("client_id", "state", "scope", "unknown")) {
      refused(
          server.post("/oauth/par", request("app", name, "app", name, "app")),
          400,
          "invalid_request");
    }
  }

  @Test
  void aBodyAtTheBoundIsReadAndOneByteMoreIsNot() {
    int rest = PushEndpoint.BODY_BYTES_MAX - length(request("app", "unknown", ""));
    assertThat(server.post("/oauth/par", request("app", "unknown", "x".repeat(rest))).status())
        .isEqualTo(201);
    refused(
        server.post("/oauth/par", request("app", "unknown", "x".repeat(rest + 1))),
        413,
        "invalid_request");
  }

  private static int length(String... form) {
    return Math.toIntExact(OAuthServer.body(form).contentLength());
  }

  @Test
  void onlyPostIsAnswered() {
    assertThat(server.send(server.request("/oauth/par").GET()).status()).isEqualTo(405);
  }

  @Test
  void aRegisteredOriginMayReadTheAnswer() {
    Answer answer =
        server.send(
            server
                .request("/oauth/par")
                .header("origin", "https://app.example")
                .POST(OAuthServer.body(request("app"))));
    assertThat(answer.header("access-control-allow-origin")).isEqualTo("https://app.example");
  }
}
