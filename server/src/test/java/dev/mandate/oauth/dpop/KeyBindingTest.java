package dev.mandate.oauth.dpop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.TokenForm;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.oauth.OAuthServer;
import dev.mandate.oauth.OAuthServer.Answer;
import dev.mandate.oauth.pkce.Pkce;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.jose.SignatureAlgorithm;
import dev.mandate.testing.ClientKey;
import dev.mandate.testing.Dpop;
import dev.mandate.testing.Fixture;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Tokens that are bound to a key (RFC 9449), from the first request to the thief's last.
class KeyBindingTest {
  private static final String TOKEN = OAuthServer.ISSUER + "/oauth/token";

  private static OAuthServer server;
  private static Dpop client;
  private static Dpop thief;

  @BeforeAll
  static void start(@TempDir Path folder) {
    server = new OAuthServer(folder);
    client = new Dpop(ClientKey.ec(null), server.clock);
    thief = new Dpop(ClientKey.ec(null), server.clock);
    server.fixture.mandate(Fixture.SERVICE, null, "llm:openai", "openai");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String nonce() {
    return server.nonces.next(Fixture.TENANT);
  }

  private static String proof(Dpop by) {
    return by.proof("POST", TOKEN, nonce(), null);
  }

  private static Answer token(@Nullable String proof, String... form) {
    return posted("/oauth/token", proof, form);
  }

  private static Answer posted(String path, @Nullable String proof, String... form) {
    var request = server.request(path).POST(OAuthServer.body(form));
    return server.send(proof == null ? request : request.header("DPoP", proof));
  }

  private static Answer redeem(@Nullable String proof, String code) {
    return token(
        proof,
        "grant_type",
        "authorization_code",
        "client_id",
        "app",
        "code",
        code,
        "redirect_uri",
        Fixture.REDIRECT,
        "code_verifier",
        OAuthServer.VERIFIER);
  }

  private static Answer refresh(@Nullable String proof, String token) {
    return token(proof, "grant_type", "refresh_token", "client_id", "app", "refresh_token", token);
  }

  private static Answer asService(@Nullable String proof) {
    var request =
        server
            .request("/oauth/token")
            .header("authorization", OAuthServer.basic("service", Fixture.SERVICE_SECRET))
            .POST(OAuthServer.body("grant_type", "client_credentials"));
    return server.send(proof == null ? request : request.header("DPoP", proof));
  }

  private static Mandate mandate() {
    return server.fixture.mandate(Fixture.APP, Fixture.ADA, "openid profile", "openai");
  }

  private static void refused(Answer answer, int status, String error) {
    assertThat(answer.text("error")).as(answer.json().toString()).isEqualTo(error);
    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.json().has("access_token")).isFalse();
  }

  private static String jkt(Answer answer) {
    return Objects.requireNonNull(
        server
            .accessTokens
            .verify(server.issuers.root(), answer.text("access_token"))
            .thumbprint());
  }

  @Test
  void theFirstTryLearnsTheNonceAndTheSecondGetsABoundToken() {
    String code = server.code(mandate());
    Answer first = redeem(client.proof("POST", TOKEN, "", null, c -> c.remove("nonce")), code);
    refused(first, 400, "use_dpop_nonce");
    String nonce = Objects.requireNonNull(first.header("dpop-nonce"));
    Answer second = redeem(client.proof("POST", TOKEN, nonce, null), code);
    assertThat(second.status()).as(second.json().toString()).isEqualTo(200);
    assertThat(second.text("token_type")).isEqualTo("DPoP");
    assertThat(jkt(second)).isEqualTo(client.key().thumbprint());
    assertThat(second.header("dpop-nonce")).as("for the next one").isNotEmpty();
  }

  @Test
  void withoutAProofTheTokenIsBoundToNobody() {
    Answer answer = asService(null);
    assertThat(answer.text("token_type")).isEqualTo("Bearer");
    assertThat(answer.header("dpop-nonce")).isNull();
    Answer bound = asService(proof(client));
    assertThat(bound.text("token_type")).isEqualTo("DPoP");
    assertThat(jkt(bound)).isEqualTo(client.key().thumbprint());
  }

  @Test
  void aBadProofGetsNoTokenAndBurnsNoCode() {
    String code = server.code(mandate());
    String wrong = client.proof("POST", OAuthServer.ISSUER + "/oauth/par", nonce(), null);
    refused(redeem(wrong, code), 400, "invalid_dpop_proof");
    var twice =
        server
            .request("/oauth/token")
            .header("DPoP", proof(client))
            .header("DPoP", proof(client))
            .POST(OAuthServer.body("grant_type", "refresh_token", "client_id", "app"));
    refused(server.send(twice), 400, "invalid_dpop_proof");
    assertThat(redeem(proof(client), code).status()).isEqualTo(200);
  }

  @Test
  void ofRacingUsesOfAProofOneGetsAToken() throws Exception {
    String proof = proof(client);
    List<Callable<Answer>> racers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      racers.add(() -> asService(proof));
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      int won = 0;
      for (var racer : threads.invokeAll(racers)) {
        won += racer.get().status() == 200 ? 1 : 0;
      }
      assertThat(won).isEqualTo(1);
    }
  }

  @Test
  void aPublicClientsRefreshTokenIsWorthNothingWithoutItsKey() {
    Answer first = redeem(proof(client), server.code(mandate()));
    String refresh = first.text("refresh_token");
    refused(refresh(null, refresh), 400, "invalid_grant");
    refused(refresh(proof(thief), refresh), 400, "invalid_grant");
    Answer second = refresh(proof(client), refresh);
    assertThat(second.status()).as(second.json().toString()).isEqualTo(200);
    assertThat(jkt(second)).isEqualTo(client.key().thumbprint());
    // Its successor is bound too.
    refused(refresh(proof(thief), second.text("refresh_token")), 400, "invalid_grant");
    assertThat(refresh(proof(client), second.text("refresh_token")).status()).isEqualTo(200);
  }

  @Test
  void aConfidentialClientMayChangeItsKey() {
    Mandate mandate = server.fixture.mandate(Fixture.WEB, Fixture.ADA, "openid", "openai");
    String basic = OAuthServer.basic("web", Fixture.WEB_SECRET);
    Answer first =
        server.send(
            server
                .request("/oauth/token")
                .header("authorization", basic)
                .header("DPoP", proof(client))
                .POST(
                    OAuthServer.body(
                        "grant_type",
                        "authorization_code",
                        "code",
                        server.code(mandate),
                        "redirect_uri",
                        Fixture.REDIRECT,
                        "code_verifier",
                        OAuthServer.VERIFIER)));
    assertThat(first.status()).as(first.json().toString()).isEqualTo(200);
    Answer second =
        server.send(
            server
                .request("/oauth/token")
                .header("authorization", basic)
                .header("DPoP", proof(thief))
                .POST(
                    OAuthServer.body(
                        "grant_type",
                        "refresh_token",
                        "refresh_token",
                        first.text("refresh_token"))));
    assertThat(jkt(second)).isEqualTo(thief.key().thumbprint());
  }

  @Test
  void aCodeThatNamedAKeyIsForThatKey() {
    String code =
        server
            .codes
            .issue(
                mandate(),
                Fixture.REDIRECT,
                Pkce.challenge(OAuthServer.VERIFIER),
                null,
                List.of(),
                client.key().thumbprint(),
                server.clock.instant())
            .reveal();
    refused(redeem(null, code), 400, "invalid_grant");
    refused(redeem(proof(thief), code), 400, "invalid_grant");
    assertThat(redeem(proof(client), code).status()).isEqualTo(200);
  }

  @Test
  void aClientThatRegisteredForItGetsBoundTokensOnly() {
    Client service =
        Objects.requireNonNull(server.stores.clients().find(Fixture.TENANT, Fixture.SERVICE));
    server
        .stores
        .clients()
        .save(
            service.withTokens(
                new TokenForm(SignatureAlgorithm.ES256, SignatureAlgorithm.RS256, true)));
    try {
      refused(asService(null), 400, "invalid_request");
      assertThat(asService(proof(client)).status()).isEqualTo(200);
    } finally {
      server.stores.clients().save(service);
    }
  }

  // --- pushed requests

  private static Answer push(@Nullable String proof, String... more) {
    return posted(
        "/oauth/par",
        proof,
        OAuthServer.with(
            more,
            "client_id",
            "app",
            "response_type",
            "code",
            "redirect_uri",
            Fixture.REDIRECT,
            "scope",
            "openid",
            "code_challenge",
            Pkce.challenge(OAuthServer.VERIFIER),
            "code_challenge_method",
            "S256"));
  }

  @Test
  void aPushedRequestNamesTheKeyOrProvesItAndBothAreTheSame() {
    String url = OAuthServer.ISSUER + "/oauth/par";
    String jkt = client.key().thumbprint();
    assertThat(push(null, "dpop_jkt", jkt).status()).isEqualTo(201);
    assertThat(push(client.proof("POST", url, nonce(), null)).status()).isEqualTo(201);
    assertThat(push(client.proof("POST", url, nonce(), null), "dpop_jkt", jkt).status())
        .isEqualTo(201);
    refused(
        push(thief.proof("POST", url, nonce(), null), "dpop_jkt", jkt), 400, "invalid_dpop_proof");
    refused(push(proof(client)), 400, "invalid_dpop_proof");
    Answer stale = push(client.proof("POST", url, "x", null));
    refused(stale, 400, "use_dpop_nonce");
    assertThat(stale.header("dpop-nonce")).isNotEmpty();
    for (String wrong : List.of("x", jkt + "A", "*".repeat(43))) {
      refused(push(null, "dpop_jkt", wrong), 400, "invalid_request");
    }
    refused(push(null, "dpop_jkt", jkt, "dpop_jkt", jkt), 400, "invalid_request");
  }

  // --- where tokens are brought

  private static Answer userInfo(String scheme, String token, @Nullable String proof) {
    var request =
        server.request("/oauth/userinfo").header("authorization", scheme + " " + token).GET();
    return server.send(proof == null ? request : request.header("DPoP", proof));
  }

  private static String forUserInfo(Dpop by, String token) {
    return by.proof("GET", OAuthServer.USERINFO, nonce(), token);
  }

  @Test
  void aBoundTokenIsForWhoHasItsKey() {
    String token = redeem(proof(client), server.code(mandate())).text("access_token");
    assertThat(userInfo("DPoP", token, forUserInfo(client, token)).text("sub"))
        .isEqualTo(Fixture.ADA.value());
    assertThat(userInfo("dpop", token, forUserInfo(client, token)).status()).isEqualTo(200);

    Answer asBearer = userInfo("Bearer", token, null);
    refused(asBearer, 401, "invalid_token");
    assertThat(asBearer.http().headers().allValues("www-authenticate"))
        .anyMatch(c -> c.startsWith("Bearer ") && c.contains("error=\"invalid_token\""))
        .anyMatch(c -> c.startsWith("DPoP ") && c.contains("algs=\"ES256 RS256\""));
    refused(userInfo("Bearer", token, forUserInfo(client, token)), 401, "invalid_token");
    refused(userInfo("DPoP", token, null), 401, "invalid_dpop_proof");
    Answer stolen = userInfo("DPoP", token, forUserInfo(thief, token));
    refused(stolen, 401, "invalid_dpop_proof");
    assertThat(stolen.header("www-authenticate")).startsWith("DPoP ");
    String once = forUserInfo(client, token);
    assertThat(userInfo("DPoP", token, once).status()).isEqualTo(200);
    refused(userInfo("DPoP", token, once), 401, "invalid_dpop_proof");
    refused(
        userInfo("DPoP", token, client.proof("POST", OAuthServer.USERINFO, nonce(), token)),
        401,
        "invalid_dpop_proof");
    refused(
        userInfo("DPoP", token, client.proof("GET", OAuthServer.USERINFO, nonce(), null)),
        401,
        "invalid_dpop_proof");
    Answer stale = userInfo("DPoP", token, client.proof("GET", OAuthServer.USERINFO, "old", token));
    refused(stale, 401, "use_dpop_nonce");
    assertThat(stale.header("www-authenticate")).contains("error=\"use_dpop_nonce\"");
    String nonce = Objects.requireNonNull(stale.header("dpop-nonce"));
    assertThat(
            userInfo("DPoP", token, client.proof("GET", OAuthServer.USERINFO, nonce, token))
                .status())
        .isEqualTo(200);
  }

  @Test
  void anUnboundTokenIsNotTakenForABoundOne() {
    String token = redeem(null, server.code(mandate())).text("access_token");
    assertThat(userInfo("Bearer", token, null).status()).isEqualTo(200);
    refused(userInfo("DPoP", token, forUserInfo(client, token)), 401, "invalid_token");
    Answer nothing = server.send(server.request("/oauth/userinfo").GET());
    assertThat(nothing.http().headers().allValues("www-authenticate"))
        .anyMatch(c -> c.startsWith("DPoP realm="))
        .noneMatch(c -> c.contains("error="));
  }

  private static Answer introspect(String token) {
    return server.send(
        server
            .request("/oauth/introspect")
            .header("authorization", OAuthServer.basic("guard", Fixture.GUARD_SECRET))
            .POST(OAuthServer.body("token", token)));
  }

  @Test
  void introspectionNamesTheKey() {
    Answer bound = redeem(proof(client), server.code(mandate()));
    for (String token : List.of(bound.text("access_token"), bound.text("refresh_token"))) {
      assertThat(introspect(token).json().at("/cnf/jkt").asText())
          .isEqualTo(client.key().thumbprint());
    }
    assertThat(introspect(bound.text("access_token")).text("token_type")).isEqualTo("DPoP");
    Answer free = redeem(null, server.code(mandate()));
    assertThat(introspect(free.text("access_token")).json().has("cnf")).isFalse();
    assertThat(introspect(free.text("access_token")).text("token_type")).isEqualTo("Bearer");
  }

  /// A confirmation that we do not know would be a binding that nobody checks.
  @Test
  void aTokenWithAStrangeConfirmationIsNone() {
    var claims =
        dev.mandate.platform.json.Json.object()
            .put("iss", OAuthServer.ISSUER)
            .put("sub", "x")
            .put("client_id", "app")
            .put("mandate", "m")
            .put("tenant", "default")
            .put("jti", "j")
            .put("iat", server.clock.instant().getEpochSecond())
            .put("exp", server.clock.instant().getEpochSecond() + 60);
    claims.putArray("aud").add(OAuthServer.USERINFO);
    for (String cnf :
        List.of(
            "{\"x5t#S256\":\"x\"}", "{}", "{\"jkt\":1}", "{\"jkt\":\"x\",\"jku\":\"y\"}", "7")) {
      claims.set("cnf", dev.mandate.platform.json.Json.parse(cnf));
      Secret token =
          server.keys.signer(Fixture.TENANT, SignatureAlgorithm.ES256).sign("at+jwt", claims);
      org.assertj.core.api.Assertions.assertThatThrownBy(
              () -> server.accessTokens.verify(server.issuers.root(), token.reveal()))
          .as(cnf)
          .isInstanceOf(dev.mandate.platform.jose.InvalidJwt.class);
    }
  }

  @Test
  void metadataNamesTheAlgorithmsOfProofs() {
    Answer metadata = server.send(server.request("/.well-known/openid-configuration").GET());
    assertThat(metadata.json().path("dpop_signing_alg_values_supported"))
        .extracting(a -> a.asText())
        .containsExactly("ES256", "RS256");
  }

  @Test
  void aPageOfARegisteredOriginMaySendProofsAndReadNonces() {
    Answer preflight =
        server.send(
            server
                .request("/oauth/token")
                .header("origin", "https://app.example")
                .header("access-control-request-method", "POST")
                .method("OPTIONS", java.net.http.HttpRequest.BodyPublishers.noBody()));
    assertThat(preflight.header("access-control-allow-headers")).contains("dpop");
    Answer answer =
        server.send(
            server
                .request("/oauth/token")
                .header("origin", "https://app.example")
                .header("DPoP", proof(client))
                .POST(OAuthServer.body("grant_type", "x", "client_id", "app")));
    assertThat(answer.header("access-control-expose-headers")).contains("dpop-nonce");
    assertThat(answer.header("dpop-nonce")).isNotEmpty();
  }
}
