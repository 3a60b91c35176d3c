package dev.mandate.oauth.token;

import static dev.mandate.oauth.OAuthServer.VERIFIER;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import com.nimbusds.oauth2.sdk.token.BearerAccessToken;
import com.nimbusds.openid.connect.sdk.claims.AccessTokenHash;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.token.AccessTokenClaims;
import dev.mandate.oauth.OAuthServer;
import dev.mandate.oauth.OAuthServer.Answer;
import dev.mandate.testing.Fixture;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuthorizationCodeGrantTest {
  private OAuthServer server;

  @BeforeEach
  void start(@TempDir Path folder) {
    server = new OAuthServer(folder);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Mandate mandate() {
    return server.fixture.mandate(Fixture.APP, Fixture.ADA, "openid profile", "openai");
  }

  private static void refused(Answer answer, int status, String error) {
    assertThat(answer.status()).as(answer.json().toString()).isEqualTo(status);
    assertThat(answer.text("error")).isEqualTo(error);
    assertThat(answer.json().has("access_token")).isFalse();
    assertThat(answer.text("error_id")).isEqualTo(answer.header("x-request-id"));
    assertThat(answer.header("cache-control")).isEqualTo("no-store");
  }

  private boolean isRevoked(Mandate mandate) {
    Mandate now = server.stores.mandates().find(Fixture.TENANT, mandate.id());
    return now != null && now.isRevoked();
  }

  @Test
  void aCodeBecomesTokens() throws Exception {
    Mandate mandate = mandate();
    Answer answer = server.redeem(server.code(mandate));
    assertThat(answer.status()).as(answer.json().toString()).isEqualTo(200);
    assertThat(answer.header("cache-control")).isEqualTo("no-store");
    assertThat(answer.text("token_type")).isEqualTo("Bearer");
    assertThat(answer.json().path("expires_in").asInt()).isEqualTo(600);
    assertThat(answer.text("scope")).isEqualTo("openid profile");
    assertThat(answer.text("refresh_token")).hasSize(43);
    JsonNode details = answer.json().path("authorization_details");
    assertThat(details).hasSize(1);
    assertThat(details.get(0).path("type").asText()).isEqualTo("llm_access");
    assertThat(details.get(0).path("upstream").asText()).isEqualTo("openai");
    assertThat(details.get(0).path("models").get(0).asText()).isEqualTo("openai-model");

    HTTPResponse response = new HTTPResponse(200);
    response.setContentType("application/json");
    response.setBody(answer.http().body());
    assertThat(TokenResponse.parse(response).indicatesSuccess()).isTrue();

    AccessTokenClaims claims =
        server.accessTokens.verify(
            server.issuers.root(), OAuthServer.ISSUER + "/openai/v1", answer.text("access_token"));
    assertThat(claims.mandate()).isEqualTo(mandate.id());
    assertThat(claims.subject()).isEqualTo(Fixture.ADA.value());
    assertThat(claims.client()).isEqualTo(Fixture.APP);
    assertThat(claims.scopes()).containsExactly("openid", "profile");
    assertThat(claims.audience())
        .containsExactly(OAuthServer.ISSUER + "/openai/v1", OAuthServer.USERINFO);
  }

  @Test
  void theAccessTokenIsOfTheProfileOfRfc9068() throws Exception {
    Mandate mandate = mandate();
    Answer answer = server.redeem(server.code(mandate));
    SignedJWT jwt = SignedJWT.parse(answer.text("access_token"));
    assertThat(jwt.getHeader().getType().getType()).isEqualTo("at+jwt");
    assertThat(jwt.getHeader().getAlgorithm().getName()).isEqualTo("ES256");
    var claims = jwt.getJWTClaimsSet();
    assertThat(claims.getIssuer()).isEqualTo(OAuthServer.ISSUER);
    assertThat(claims.getSubject()).isEqualTo(Fixture.ADA.value());
    assertThat(claims.getAudience())
        .containsExactly(OAuthServer.ISSUER + "/openai/v1", OAuthServer.USERINFO);
    assertThat(claims.getStringClaim("client_id")).isEqualTo(Fixture.APP.value());
    assertThat(claims.getIssueTime().toInstant()).isEqualTo(server.clock.instant());
    assertThat(claims.getExpirationTime().toInstant())
        .isEqualTo(server.clock.instant().plusSeconds(600));
    assertThat(claims.getJWTID()).startsWith("at_");
    assertThat(claims.getStringClaim("scope")).isEqualTo("openid profile");
    assertThat(claims.getStringClaim("tenant")).isEqualTo("default");
    assertThat(claims.getStringClaim("mandate")).isEqualTo(mandate.id().value());
    assertThat(claims.getListClaim("authorization_details")).hasSize(1);
  }

  @Test
  void openidBringsAnIdTokenThatTellsOfTheSignIn() throws Exception {
    Answer answer = server.redeem(server.code(mandate()));
    SignedJWT jwt = SignedJWT.parse(answer.text("id_token"));
    assertThat(jwt.getHeader().getAlgorithm().getName()).isEqualTo("RS256");
    JWKSet published = JWKSet.parse(server.send(server.request("/oauth/jwks").GET()).http().body());
    var key = published.getKeyByKeyId(jwt.getHeader().getKeyID()).toRSAKey();
    assertThat(jwt.verify(new RSASSAVerifier(key))).isTrue();
    var claims = jwt.getJWTClaimsSet();
    assertThat(claims.getIssuer()).isEqualTo(OAuthServer.ISSUER);
    assertThat(claims.getSubject()).isEqualTo(Fixture.ADA.value());
    assertThat(claims.getAudience()).containsExactly(Fixture.APP.value());
    assertThat(claims.getStringClaim("nonce")).isEqualTo("n-0S6");
    assertThat(claims.getLongClaim("auth_time"))
        .isEqualTo(server.clock.instant().getEpochSecond() - 7);
    assertThat(claims.getStringClaim("at_hash"))
        .isEqualTo(
            AccessTokenHash.compute(
                    new BearerAccessToken(answer.text("access_token")),
                    jwt.getHeader().getAlgorithm(),
                    null)
                .getValue());
    assertThat(claims.getStringClaim("name")).isEqualTo("Ada Lovelace");
    assertThat(claims.getStringClaim("preferred_username")).isEqualTo("ada");
  }

  @Test
  void anIdTokenIsSignedAsTheClientRegistered() throws Exception {
    var app =
        java.util.Objects.requireNonNull(server.stores.clients().find(Fixture.TENANT, Fixture.APP));
    server
        .stores
        .clients()
        .save(
            app.withTokens(
                new dev.mandate.domain.client.TokenForm(
                    dev.mandate.platform.jose.SignatureAlgorithm.ES256,
                    dev.mandate.platform.jose.SignatureAlgorithm.ES256,
                    false)));
    Answer answer = server.redeem(server.code(mandate()));
    SignedJWT jwt = SignedJWT.parse(answer.text("id_token"));
    assertThat(jwt.getHeader().getAlgorithm().getName()).isEqualTo("ES256");
    JWKSet published = JWKSet.parse(server.send(server.request("/oauth/jwks").GET()).http().body());
    var key = published.getKeyByKeyId(jwt.getHeader().getKeyID()).toECKey();
    assertThat(jwt.verify(new com.nimbusds.jose.crypto.ECDSAVerifier(key))).isTrue();
    refusedByVerifier(answer.text("id_token"));
  }

  @Test
  void withoutOpenidThereIsNoIdToken() {
    Mandate mandate = server.fixture.mandate(Fixture.APP, Fixture.ADA, "profile", "openai");
    assertThat(server.redeem(server.code(mandate)).json().has("id_token")).isFalse();
  }

  @Test
  void anIdTokenIsNoAccessToken() {
    Answer answer = server.redeem(server.code(mandate()));
    refusedByVerifier(answer.text("id_token"));
  }

  private void refusedByVerifier(String token) {
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> server.accessTokens.verify(server.issuers.root(), token))
        .isInstanceOf(dev.mandate.platform.jose.InvalidJwt.class);
  }

  @Test
  void everyParameterOfTheGrantIsNeeded() {
    List<String> names = List.of("code", "code_verifier");
    for (String missing : names) {
      String[] form =
          Stream.of(
                  "grant_type",
                  "authorization_code",
                  "client_id",
                  "app",
                  "redirect_uri",
                  Fixture.REDIRECT,
                  missing.equals("code") ? "x" : "code",
                  server.code(mandate()),
                  missing.equals("code_verifier") ? "x" : "code_verifier",
                  VERIFIER)
              .toArray(String[]::new);
      Answer answer = server.token(form);
      refused(answer, 400, "invalid_request");
      assertThat(answer.text("error_description")).contains(missing);
    }
  }

  @Test
  void anEmptyVerifierIsAMissingOne() {
    refused(
        server.token(
            "grant_type", "authorization_code",
            "client_id", "app",
            "code", server.code(mandate()),
            "redirect_uri", Fixture.REDIRECT,
            "code_verifier", ""),
        400,
        "invalid_request");
  }

  private Answer redeemWithVerifier(String code, String verifier) {
    return server.token(
        "grant_type",
        "authorization_code",
        "client_id",
        "app",
        "code",
        code,
        "redirect_uri",
        Fixture.REDIRECT,
        "code_verifier",
        verifier);
  }

  @Test
  void aWrongVerifierIsRefusedAndBurnsNothing() {
    Mandate mandate = mandate();
    String code = server.code(mandate);
    refused(redeemWithVerifier(code, "w".repeat(43)), 400, "invalid_grant");
    assertThat(server.redeem(code).status()).isEqualTo(200);
    assertThat(isRevoked(mandate)).isFalse();
  }

  @Test
  void aVerifierOfWrongSyntaxIsRefused() {
    String code = server.code(mandate());
    for (String verifier : List.of("v".repeat(42), "v".repeat(129), "v".repeat(42) + "+")) {
      refused(redeemWithVerifier(code, verifier), 400, "invalid_request");
    }
  }

  @Test
  void theChallengeSentAsVerifierIsRefused() {
    refused(
        redeemWithVerifier(server.code(mandate()), dev.mandate.oauth.pkce.Pkce.challenge(VERIFIER)),
        400,
        "invalid_grant");
  }

  @Test
  void theRedirectUriMustBeTheSameToTheLetter() {
    String code = server.code(mandate());
    for (String redirect :
        List.of(
            Fixture.REDIRECT + "/",
            "https://APP.example/callback",
            "https://app.example/callback?x=1",
            "https://app.example")) {
      refused(
          server.token(
              "grant_type", "authorization_code",
              "client_id", "app",
              "code", code,
              "redirect_uri", redirect,
              "code_verifier", VERIFIER),
          400,
          "invalid_grant");
    }
    refused(
        server.token(
            "grant_type",
            "authorization_code",
            "client_id",
            "app",
            "code",
            code,
            "code_verifier",
            VERIFIER),
        400,
        "invalid_grant");
    assertThat(server.redeem(code).status()).isEqualTo(200);
  }

  @Test
  void anotherClientsCodeIsRefusedAndNotBurnt() {
    Mandate mandate = mandate();
    String code = server.code(mandate);
    Answer stolen =
        server.token(
            "grant_type",
            "authorization_code",
            "client_id",
            Fixture.OTHER_APP.value(),
            "code",
            code,
            "redirect_uri",
            Fixture.REDIRECT,
            "code_verifier",
            VERIFIER);
    refused(stolen, 400, "invalid_grant");
    Answer unknown = server.redeem("x".repeat(43));
    assertThat(stolen.text("error_description")).isEqualTo(unknown.text("error_description"));
    assertThat(server.redeem(code).status()).isEqualTo(200);
    assertThat(isRevoked(mandate)).isFalse();
  }

  @Test
  void aReplayIsRefusedAndRevokesTheMandate() {
    Mandate mandate = mandate();
    String code = server.code(mandate);
    Answer first = server.redeem(code);
    assertThat(first.status()).isEqualTo(200);
    refused(server.redeem(code), 400, "invalid_grant");
    assertThat(isRevoked(mandate)).isTrue();
    refused(server.refresh(first.text("refresh_token")), 400, "invalid_grant");
    assertThat(server.stores.audit().latest(Fixture.TENANT, 20))
        .anySatisfy(
            event -> {
              assertThat(event.type()).isEqualTo("mandate.revoked");
              assertThat(event.mandate()).isEqualTo(mandate.id().value());
              assertThat(event.details()).containsEntry("replayed", "code");
            });
  }

  @Test
  void anotherClientsReplayRevokesNothing() {
    Mandate mandate = mandate();
    String code = server.code(mandate);
    server.redeem(code);
    refused(
        server.token(
            "grant_type",
            "authorization_code",
            "client_id",
            Fixture.OTHER_APP.value(),
            "code",
            code,
            "redirect_uri",
            Fixture.REDIRECT,
            "code_verifier",
            VERIFIER),
        400,
        "invalid_grant");
    refused(redeemWithVerifier(code, "w".repeat(43)), 400, "invalid_grant");
    assertThat(isRevoked(mandate)).isFalse();
  }

  @Test
  void ofEightRacingRedemptionsExactlyOneWins() throws Exception {
    String code = server.code(mandate());
    CyclicBarrier together = new CyclicBarrier(8);
    Callable<Integer> redemption =
        () -> {
          together.await();
          return server.redeem(code).status();
        };
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<Integer>> runs =
          threads.invokeAll(Stream.generate(() -> redemption).limit(8).toList());
      int won = 0;
      for (Future<Integer> run : runs) {
        won += run.get() == 200 ? 1 : 0;
      }
      // The winner can find its mandate revoked by a loser already; two winners are the crime.
      assertThat(won).isEqualTo(1);
    }
  }

  @Test
  void aCodeLivesSixtySeconds() {
    String first = server.code(mandate());
    server.clock.advance(Duration.ofSeconds(59));
    assertThat(server.redeem(first).status()).isEqualTo(200);
    String second = server.code(mandate());
    server.clock.advance(Duration.ofSeconds(60));
    refused(server.redeem(second), 400, "invalid_grant");
  }

  @Test
  void aLateReplayStillRevokes() {
    Mandate mandate = mandate();
    String code = server.code(mandate);
    server.redeem(code);
    server.clock.advance(Duration.ofMinutes(5));
    refused(server.redeem(code), 400, "invalid_grant");
    assertThat(isRevoked(mandate)).isTrue();
  }

  @Test
  void aCodeOfARevokedMandateIsRefused() {
    Mandate mandate = mandate();
    String code = server.code(mandate);
    server.stores.mandates().revoke(Fixture.TENANT, mandate.id(), server.clock.instant());
    refused(server.redeem(code), 400, "invalid_grant");
  }

  @Test
  void aCodeOfADisabledUserIsRefused() {
    String code = server.code(mandate());
    server.stores.users().setDisabled(Fixture.TENANT, Fixture.ADA, true);
    refused(server.redeem(code), 400, "invalid_grant");
  }

  @Test
  void noTokenOutlivesItsMandate() {
    Mandate mandate =
        server.fixture.mandate(
            Fixture.APP, Fixture.ADA, "openid", Duration.ofSeconds(90), "openai");
    Answer answer = server.redeem(server.code(mandate));
    assertThat(answer.json().path("expires_in").asInt()).isEqualTo(90);
    server.clock.advance(Duration.ofSeconds(90));
    refused(server.refresh(answer.text("refresh_token")), 400, "invalid_grant");
  }

  @Test
  void aClientWithoutTheRefreshGrantGetsNoRefreshToken() {
    server
        .stores
        .clients()
        .save(
            server.fixture.client(
                Fixture.APP,
                null,
                Fixture.REDIRECT,
                java.util.Set.of("authorization_code"),
                false));
    Answer answer = server.redeem(server.code(mandate()));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().has("refresh_token")).isFalse();
  }

  @Test
  void theAudienceIsWhatWasAskedForElseAllOfTheMandate() {
    String openai = OAuthServer.ISSUER + "/openai/v1";
    String anthropic = OAuthServer.ISSUER + "/anthropic";
    assertThat(audience(server.redeem(server.code(both()))))
        .containsExactly(anthropic, openai, OAuthServer.USERINFO);
    assertThat(audience(server.redeem(server.code(both(), openai)))).containsExactly(openai);
    assertThat(audience(server.redeem(server.code(both()), "resource", anthropic)))
        .containsExactly(anthropic);
    assertThat(
            audience(server.redeem(server.code(both()), "resource", openai, "resource", anthropic)))
        .containsExactly(anthropic, openai);
  }

  @Test
  void aResourceOutsideTheMandateIsInvalidTarget() {
    String code = server.code(both(), OAuthServer.ISSUER + "/openai/v1");
    for (String resource :
        List.of(
            OAuthServer.ISSUER + "/anthropic",
            OAuthServer.ISSUER,
            "https://evil.example/",
            OAuthServer.ISSUER + "/openai/v1/",
            "openai",
            OAuthServer.ISSUER + "/openai/v1#x")) {
      refused(server.redeem(code, "resource", resource), 400, "invalid_target");
      // Beside a good one too: narrowed in silence, the client would never learn of its mistake.
      refused(
          server.redeem(code, "resource", OAuthServer.ISSUER + "/openai/v1", "resource", resource),
          400,
          "invalid_target");
    }
    assertThat(server.redeem(code).status()).isEqualTo(200);
  }

  @Test
  void aMandateWithoutUpstreamsIsForUserinfoOrElseTheIssuer() {
    Mandate mandate = server.fixture.mandate(Fixture.APP, Fixture.ADA, "offline_access");
    assertThat(audience(server.redeem(server.code(mandate)))).containsExactly(OAuthServer.ISSUER);
    Mandate openid = server.fixture.mandate(Fixture.APP, Fixture.ADA, "openid");
    Answer answer = server.redeem(server.code(openid));
    assertThat(audience(answer)).containsExactly(OAuthServer.USERINFO);
    assertThat(answer.json().has("authorization_details")).isFalse();
  }

  private Mandate both() {
    return server.fixture.mandate(Fixture.APP, Fixture.ADA, "openid", "openai", "anthropic");
  }

  private List<String> audience(Answer answer) {
    assertThat(answer.status()).as(answer.json().toString()).isEqualTo(200);
    return server
        .accessTokens
        .verify(server.issuers.root(), answer.text("access_token"))
        .audience();
  }
}
