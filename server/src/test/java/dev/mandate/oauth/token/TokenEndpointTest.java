package dev.mandate.oauth.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.TokenForm;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.token.AccessTokenClaims;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.oauth.OAuthServer;
import dev.mandate.oauth.OAuthServer.Answer;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.jose.InvalidJwt;
import dev.mandate.platform.jose.SignatureAlgorithm;
import dev.mandate.platform.json.Json;
import dev.mandate.testing.Clients;
import dev.mandate.testing.Fixture;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What all grants share, client credentials, and client authentication.
class TokenEndpointTest {
  private OAuthServer server;

  @BeforeEach
  void start(@TempDir Path folder) {
    server = new OAuthServer(folder);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static void refused(Answer answer, int status, String error) {
    assertThat(answer.status()).as(answer.json().toString()).isEqualTo(status);
    assertThat(answer.text("error")).isEqualTo(error);
    assertThat(answer.json().has("access_token")).isFalse();
  }

  private Answer asService(String... more) {
    return send(
        OAuthServer.basic("service", Fixture.SERVICE_SECRET),
        OAuthServer.with(more, "grant_type", "client_credentials"));
  }

  private Answer send(String authorization, String... form) {
    return server.send(
        server
            .request("/oauth/token")
            .header("authorization", authorization)
            .POST(OAuthServer.body(form)));
  }

  private Mandate standing() {
    return server.fixture.mandate(Fixture.SERVICE, null, "llm:openai", "openai");
  }

  // --- client credentials

  @Test
  void aServiceGetsATokenOfItsStandingMandate() {
    Mandate mandate = standing();
    Answer answer = asService();
    assertThat(answer.status()).as(answer.json().toString()).isEqualTo(200);
    assertThat(answer.json().has("refresh_token")).isFalse();
    assertThat(answer.json().has("id_token")).isFalse();
    AccessTokenClaims claims =
        server.accessTokens.verify(server.issuers.root(), answer.text("access_token"));
    assertThat(claims.subject()).isEqualTo("service");
    assertThat(claims.client()).isEqualTo(Fixture.SERVICE);
    assertThat(claims.mandate()).isEqualTo(mandate.id());
    assertThat(claims.audience()).containsExactly(OAuthServer.ISSUER + "/openai/v1");
  }

  @Test
  void aServiceWithoutAStandingMandateIsRefused() {
    refused(asService(), 400, "unauthorized_client");
    Mandate mandate = standing();
    assertThat(asService().status()).isEqualTo(200);
    server.stores.mandates().revoke(Fixture.TENANT, mandate.id(), server.clock.instant());
    refused(asService(), 400, "unauthorized_client");
  }

  // --- what is kept in memory ends with the change

  @Test
  void aClientThatIsDisabledOrGetsAnotherSecretIsRefusedAtOnceThoughItHadTokens() {
    standing();
    assertThat(asService().status()).isEqualTo(200);
    Client client =
        Objects.requireNonNull(server.stores.clients().find(Fixture.TENANT, Fixture.SERVICE));
    Secret another = Secret.of("another-secret");
    server.stores.clients().save(Clients.withSecret(client, another));
    refused(asService(), 401, "invalid_client");
    Answer renewed =
        send(OAuthServer.basic("service", another), "grant_type", "client_credentials");
    assertThat(renewed.status()).isEqualTo(200);
    server.stores.clients().save(client.disable());
    refused(asService(), 401, "invalid_client");
  }

  @Test
  void aSecondStandingMandateComesAfterTheFirstIsRevokedAndAnExpiredOneGoes() {
    Mandate first = standing();
    assertThat(mandateOf(asService())).isEqualTo(first.id());
    server.stores.mandates().revoke(Fixture.TENANT, first.id(), server.clock.instant());
    refused(asService(), 400, "unauthorized_client");
    Mandate second = standing();
    assertThat(mandateOf(asService())).isEqualTo(second.id());
    server.clock.advance(Fixture.MANDATE_LIFETIME);
    refused(asService(), 400, "unauthorized_client");
  }

  private MandateId mandateOf(Answer answer) {
    return server.accessTokens.verify(server.issuers.root(), answer.text("access_token")).mandate();
  }

  @Test
  void anUpstreamThatIsGoneIsNoResourceOfTheNextToken() {
    standing();
    assertThat(asService().status()).isEqualTo(200);
    Upstream upstream =
        Objects.requireNonNull(server.stores.upstreams().find(Fixture.TENANT, "openai"));
    server.stores.upstreams().delete(upstream);
    refused(asService(), 400, "invalid_target");
  }

  @Test
  void aPolicyThatNarrowsShowsInTheNextToken() {
    standing();
    assertThat(asService().json().path("authorization_details")).hasSize(1);
    Client client =
        Objects.requireNonNull(server.stores.clients().find(Fixture.TENANT, Fixture.SERVICE));
    server.stores.clients().save(client.withPolicy(List.of()));
    assertThat(asService().json().path("authorization_details")).isEmpty();
  }

  @Test
  void aServiceCannotAskForDetails() {
    standing();
    Answer answer = asService("authorization_details", "[{\"type\":\"llm_access\"}]");
    refused(answer, 400, "invalid_authorization_details");
    assertThat(answer.text("error_description")).contains("standing mandate");
  }

  @Test
  void aServiceCannotWidenScopeOrResource() {
    standing();
    refused(asService("scope", "openid"), 400, "invalid_scope");
    refused(asService("resource", OAuthServer.ISSUER + "/anthropic"), 400, "invalid_target");
    assertThat(asService("scope", "llm:openai").status()).isEqualTo(200);
  }

  @Test
  void aPublicClientGetsNoClientCredentials() {
    server
        .stores
        .clients()
        .save(
            server.fixture.client(
                Fixture.APP,
                null,
                Fixture.REDIRECT,
                java.util.Set.of("client_credentials"),
                false));
    server.fixture.mandate(Fixture.APP, null, "llm:openai", "openai");
    refused(
        server.token("grant_type", "client_credentials", "client_id", "app"),
        400,
        "unauthorized_client");
  }

  @Test
  void aGrantThatTheClientMayNotUseIsRefused() {
    refused(
        server.token("grant_type", "client_credentials", "client_id", "app"),
        400,
        "unauthorized_client");
    refused(
        send(
            OAuthServer.basic("service", Fixture.SERVICE_SECRET),
            "grant_type",
            "refresh_token",
            "refresh_token",
            "x".repeat(43)),
        400,
        "unauthorized_client");
  }

  // --- the request

  @Test
  void grantTypesThatDoNotExistAreRefused() {
    for (String type : List.of("password", "implicit", "x", "AUTHORIZATION_CODE")) {
      refused(
          server.token("grant_type", type, "client_id", "app", "username", "ada", "password", "x"),
          400,
          "unsupported_grant_type");
    }
    refused(server.token("client_id", "app"), 400, "invalid_request");
    refused(server.token("grant_type", "", "client_id", "app"), 400, "invalid_request");
  }

  @Test
  void anyDoubledParameterIsRefused() {
    String code = server.code(server.fixture.mandate(Fixture.APP, Fixture.ADA, "openid", "openai"));
    for (String name :
        List.of(
            "grant_type",
            "code",
            "redirect_uri",
            "code_verifier",
            "client_id",
            "scope",
            "unknown")) {
      refused(server.redeem(code, name, "x", name, "x"), 400, "invalid_request");
    }
    assertThat(server.redeem(code, "unknown", "x").status()).isEqualTo(200);
  }

  @Test
  void aBodyThatIsNoFormIsRefused() {
    refused(
        server.send(
            server
                .request("/oauth/token")
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"grant_type\":\"x\"}"))),
        400,
        "invalid_request");
    refused(
        server.send(
            server
                .request("/oauth/token")
                .POST(HttpRequest.BodyPublishers.ofString("grant_type=%zz"))),
        400,
        "invalid_request");
  }

  @Test
  void anOversizedBodyIsRefused() {
    Answer answer = server.token("grant_type", "x".repeat(OAuthServer.BODY_BYTES_MAX));
    assertThat(answer.status()).isEqualTo(413);
  }

  @Test
  void aGetIsRefused() {
    Answer answer = server.send(server.request("/oauth/token?grant_type=client_credentials").GET());
    assertThat(answer.status()).isEqualTo(405);
    assertThat(answer.header("allow")).contains("POST");
  }

  @Test
  void parametersInTheUrlAreRefused() {
    refused(
        server.post(
            "/oauth/token?client_id=web&client_secret=x", "grant_type", "client_credentials"),
        400,
        "invalid_request");
    refused(
        server.post("/oauth/token?client_secret=x", "grant_type", "x", "client_id", "app"),
        400,
        "invalid_request");
  }

  @Test
  void aRefusalIsInTheAuditLogWithItsId() {
    Answer answer = server.token("grant_type", "refresh_token", "client_id", "nobody");
    refused(answer, 401, "invalid_client");
    org.assertj.core.api.Assertions.assertThat(
            await(() -> server.stores.audit().latest(Fixture.TENANT, 5)))
        .anySatisfy(
            event -> {
              assertThat(event.type()).isEqualTo("token.refused");
              assertThat(event.outcome()).isEqualTo("invalid_client");
              assertThat(event.requestId()).isEqualTo(answer.text("error_id"));
            });
  }

  private static <T> List<T> await(java.util.function.Supplier<List<T>> source) {
    long deadline = System.nanoTime() + 5_000_000_000L;
    List<T> found = source.get();
    while (found.isEmpty() && System.nanoTime() < deadline) {
      Thread.onSpinWait();
      found = source.get();
    }
    return found;
  }

  @Test
  void anIssuedTokenIsInTheAuditLogBeforeItsAnswer() {
    Mandate mandate = standing();
    Answer answer = asService();
    String jti =
        server.accessTokens.verify(server.issuers.root(), answer.text("access_token")).jti();
    assertThat(server.stores.audit().latest(Fixture.TENANT, 5))
        .anySatisfy(
            event -> {
              assertThat(event.type()).isEqualTo("token.issued");
              assertThat(event.mandate()).isEqualTo(mandate.id().value());
              assertThat(event.details()).containsEntry("jti", jti);
            });
  }

  // --- client authentication

  private String[] webCode() {
    Mandate mandate = server.fixture.mandate(Fixture.WEB, Fixture.ADA, "openid", "openai");
    return new String[] {
      "grant_type",
      "authorization_code",
      "code",
      server.code(mandate),
      "redirect_uri",
      Fixture.REDIRECT,
      "code_verifier",
      OAuthServer.VERIFIER
    };
  }

  @Test
  void basicIsFormDecodedAndSchemesCompareWithoutCase() {
    String basic = OAuthServer.basic("web", Fixture.WEB_SECRET);
    assertThat(send(basic, webCode()).status()).isEqualTo(200);
    assertThat(send(basic.replace("Basic", "bAsIc"), webCode()).status()).isEqualTo(200);
    assertThat(send(basic, OAuthServer.with(webCode(), "client_id", "web")).status())
        .isEqualTo(200);
  }

  @Test
  void aSecretInTheBodyWorksToo() {
    assertThat(
            server
                .token(
                    OAuthServer.with(
                        webCode(),
                        "client_id",
                        "web",
                        "client_secret",
                        Fixture.WEB_SECRET.reveal()))
                .status())
        .isEqualTo(200);
  }

  @Test
  void unknownClientAndWrongSecretGetTheSameAnswer() {
    List<Answer> answers =
        List.of(
            send(OAuthServer.basic("nobody", Fixture.WEB_SECRET), webCode()),
            send(OAuthServer.basic("web", Secret.of("wrong")), webCode()),
            send(OAuthServer.basic("web", Secret.of("")), webCode()),
            send(OAuthServer.basic("w".repeat(5_000), Secret.of("x")), webCode()),
            server.token(OAuthServer.with(webCode(), "client_id", "web")),
            server.token(OAuthServer.with(webCode(), "client_id", "nobody")),
            server.token(OAuthServer.with(webCode(), "client_id", "disabled")),
            server.token(OAuthServer.with(webCode(), "client_id", "app", "client_secret", "x")),
            send(OAuthServer.basic("app", Secret.of("")), webCode()),
            server.token(webCode()),
            server.token(OAuthServer.with(webCode(), "client_secret", "x")),
            send("Bearer x", webCode()),
            send("Basic", webCode()),
            send("Basic ***", webCode()),
            send("Basic eA==", webCode()),
            send("Basic OnNlY3JldA==", webCode()),
            send("Basic JTp4", webCode()),
            server.token(OAuthServer.with(webCode(), "client_id", "web", "client_assertion", "x")));
    for (Answer answer : answers) {
      refused(answer, 401, "invalid_client");
      assertThat(answer.text("error_description")).isEqualTo("the client is not authenticated");
      assertThat(answer.header("www-authenticate")).startsWith("Basic ");
    }
  }

  @Test
  void aDisabledConfidentialClientIsRefusedWithItsRightSecret() {
    server
        .stores
        .clients()
        .save(
            server.fixture.client(
                Fixture.WEB,
                Fixture.WEB_SECRET,
                Fixture.REDIRECT,
                java.util.Set.of("authorization_code"),
                true));
    refused(send(OAuthServer.basic("web", Fixture.WEB_SECRET), webCode()), 401, "invalid_client");
  }

  @Test
  void twoMethodsInOneRequestAreRefused() {
    String basic = OAuthServer.basic("web", Fixture.WEB_SECRET);
    refused(
        send(
            basic,
            OAuthServer.with(
                webCode(), "client_id", "web", "client_secret", Fixture.WEB_SECRET.reveal())),
        400,
        "invalid_request");
    refused(send(basic, OAuthServer.with(webCode(), "client_id", "app")), 400, "invalid_request");
    refused(
        server.send(
            server
                .request("/oauth/token")
                .header("authorization", basic)
                .header("authorization", basic)
                .POST(OAuthServer.body(webCode()))),
        400,
        "invalid_request");
  }

  // --- verifying what was issued

  @Test
  void aClientGetsTokensSignedAsItIsRegisteredAndBothKindsVerify() throws Exception {
    standing();
    Client client =
        Objects.requireNonNull(server.stores.clients().find(Fixture.TENANT, Fixture.SERVICE));
    for (SignatureAlgorithm algorithm : SignatureAlgorithm.values()) {
      server
          .stores
          .clients()
          .save(client.withTokens(new TokenForm(algorithm, SignatureAlgorithm.RS256, false)));
      String token = asService().text("access_token");
      assertThat(com.nimbusds.jose.JWSObject.parse(token).getHeader().getAlgorithm().getName())
          .isEqualTo(algorithm.name());
      server.accessTokens.verify(server.issuers.root(), OAuthServer.ISSUER + "/openai/v1", token);
    }
  }

  @Test
  void aTokenForAnotherResourceIsRefused() {
    standing();
    String token = asService().text("access_token");
    server.accessTokens.verify(server.issuers.root(), OAuthServer.ISSUER + "/openai/v1", token);
    for (String resource :
        List.of(OAuthServer.ISSUER, OAuthServer.ISSUER + "/anthropic", "", "openai")) {
      invalid(
          InvalidJwt.Reason.WRONG_AUDIENCE,
          () -> server.accessTokens.verify(server.issuers.root(), resource, token));
    }
  }

  @Test
  void aTokenThatSaysAnotherTenantOrNoAudienceIsRefused() {
    ObjectNode claims =
        Json.object()
            .put("iss", OAuthServer.ISSUER)
            .put("exp", server.clock.instant().getEpochSecond() + 60)
            .put("tenant", "other");
    invalid(InvalidJwt.Reason.WRONG_TENANT, () -> verify(claims));
    claims
        .put("tenant", "default")
        .put("sub", "x")
        .put("client_id", "x")
        .put("mandate", "x")
        .put("jti", "x");
    invalid(InvalidJwt.Reason.MALFORMED, () -> verify(claims));
    claims.putArray("aud");
    invalid(InvalidJwt.Reason.MALFORMED, () -> verify(claims));
    claims.putArray("aud").add("x");
    verify(claims);
  }

  private void verify(ObjectNode claims) {
    Secret token =
        server.keys.signer(Fixture.TENANT, SignatureAlgorithm.ES256).sign("at+jwt", claims);
    server.accessTokens.verify(server.issuers.root(), token.reveal());
  }

  private static void invalid(
      InvalidJwt.Reason reason, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(InvalidJwt.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }
}
