package dev.mandate.oauth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.authorization.PendingId;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.oauth.OAuthServer.Answer;
import dev.mandate.oauth.device.DeviceAuthorizationEndpoint;
import dev.mandate.oauth.pkce.Pkce;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.testing.Fixture;
import dev.mandate.testing.Postgres;
import dev.mandate.testing.Suspending;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/// What a client or an API key that is suspended gets from the authorization server: nothing, until
/// it may go on, and then all of what it had. On PostgreSQL it is suspended at one node and asks
/// the other.
@ParameterizedClass(name = "two nodes: {0}")
@ValueSource(booleans = {false, true})
class SuspensionTest {
  private static final ClientId TV = new ClientId("tv");
  private static final String DEVICE = DeviceAuthorizationEndpoint.GRANT_TYPE;
  private static final String SERVICE =
      OAuthServer.basic(Fixture.SERVICE.value(), Fixture.SERVICE_SECRET);
  private static final String GUARD =
      OAuthServer.basic(Fixture.GUARD.value(), Fixture.GUARD_SECRET);

  @TempDir private static Path folder;

  @SuppressWarnings("NullAway.Init") // start() sets it, before the tests.
  private static OAuthServer a;

  @SuppressWarnings("NullAway.Init") // start() sets it, before the tests.
  private static OAuthServer b;

  @SuppressWarnings("NullAway.Init") // start() sets it, before the tests.
  private static Suspending suspending;

  /// The parameter is for [#start].
  SuspensionTest(boolean twoNodes) {}

  @AfterEach
  void letAllGo() {
    suspending.resumeAll();
  }

  @BeforeParameterizedClassInvocation
  static void start(boolean twoNodes) {
    if (twoNodes) {
      var database = Postgres.database();
      a = new OAuthServer(folder.resolve("a"), database);
      b = new OAuthServer(folder.resolve("b"), database);
    } else {
      a = new OAuthServer(folder.resolve("one"));
      b = a;
    }
    a.stores
        .clients()
        .save(a.fixture.client(TV, null, null, Set.of(DEVICE, "refresh_token"), false));
    suspending = new Suspending(a.stores, b.restraints, a.clock);
  }

  @AfterParameterizedClassInvocation
  static void stop() {
    b.close();
    if (a != b) {
      a.close();
    }
  }

  private static CallerId client(ClientId id) {
    return CallerId.of(Fixture.TENANT, id);
  }

  private static void suspended(Answer answer) {
    assertThat(answer.status()).as(answer.http().body()).isEqualTo(400);
    assertThat(answer.text("error")).isEqualTo("unauthorized_client");
    assertThat(answer.text("reason")).isEqualTo("caller_suspended");
    assertThat(answer.text("error_description")).contains("suspended");
    assertThat(answer.header("cache-control")).isEqualTo("no-store");
    assertThat(answer.json().size()).as(answer.http().body()).isEqualTo(4);
  }

  private static Answer ok(Answer answer) {
    assertThat(answer.status()).as(answer.http().body()).isBetween(200, 201);
    return answer;
  }

  private static Answer as(String authorization, String path, String... form) {
    return b.send(
        b.request(path).header("authorization", authorization).POST(OAuthServer.body(form)));
  }

  private static Mandate ofApp() {
    return a.fixture.mandate(Fixture.APP, Fixture.ADA, "openid llm:openai", "openai");
  }

  // --- tokens

  @Test
  void aSuspendedServiceGetsNoTokenUntilItMayGoOn() {
    a.fixture.mandate(Fixture.SERVICE, null, "llm:openai", "openai");
    ok(as(SERVICE, "/oauth/token", "grant_type", "client_credentials"));
    suspending.suspend(client(Fixture.SERVICE));
    suspended(as(SERVICE, "/oauth/token", "grant_type", "client_credentials"));
    // Nobody else is held back with it.
    ok(b.redeem(a.code(ofApp())));
    suspending.resume(client(Fixture.SERVICE));
    ok(as(SERVICE, "/oauth/token", "grant_type", "client_credentials"));
  }

  @Test
  void codesAndRefreshTokensOfASuspendedClientAreRefusedAndNotUsedUp() {
    Mandate mandate = ofApp();
    String refresh = ok(b.redeem(a.code(mandate))).text("refresh_token");
    String code = a.code(mandate);
    suspending.suspend(client(Fixture.APP));
    for (int i = 0; i < 2; i++) {
      suspended(b.redeem(code));
      suspended(b.refresh(refresh));
    }
    suspending.resume(client(Fixture.APP));
    ok(b.redeem(code));
    ok(b.refresh(refresh));
  }

  @Test
  void aSuspendedDeviceNeitherAsksNorCollectsWhatWasApproved() {
    String code =
        ok(b.post("/oauth/device_authorization", "client_id", "tv", "scope", "openid"))
            .text("device_code");
    PendingId pending = new PendingId("pending-suspension");
    var stored =
        Objects.requireNonNull(
            b.stores.devices().find(Fixture.TENANT, TokenHash.of(Secret.of(code))));
    assertThat(b.stores.devices().claim(Fixture.TENANT, stored.user(), pending, b.clock.instant()))
        .isTrue();
    Mandate mandate = a.fixture.mandate(TV, Fixture.ADA, "openid", "openai");
    b.stores.devices().approve(Fixture.TENANT, pending, mandate.id(), b.clock.instant());
    suspending.suspend(client(TV));
    suspended(b.post("/oauth/device_authorization", "client_id", "tv", "scope", "openid"));
    suspended(b.token("grant_type", DEVICE, "client_id", "tv", "device_code", code));
    suspending.resume(client(TV));
    ok(b.token("grant_type", DEVICE, "client_id", "tv", "device_code", code));
    ok(b.post("/oauth/device_authorization", "client_id", "tv", "scope", "openid"));
  }

  @Test
  void aSuspendedClientPushesNoRequest() {
    String[] request = {
      "client_id", "app",
      "response_type", "code",
      "redirect_uri", Fixture.REDIRECT,
      "code_challenge", Pkce.challenge(OAuthServer.VERIFIER),
      "code_challenge_method", "S256",
      "scope", "openid"
    };
    ok(b.post("/oauth/par", request));
    suspending.suspend(client(Fixture.APP));
    suspended(b.post("/oauth/par", request));
    suspending.resume(client(Fixture.APP));
    ok(b.post("/oauth/par", request));
  }

  /// Otherwise whoever guesses at clients would see from outside which one was caught.
  @Test
  void whoDoesNotProveToBeTheClientDoesNotLearnThatItIsSuspended() {
    suspending.suspend(client(Fixture.SERVICE));
    Answer answer =
        as(
            OAuthServer.basic("service", Secret.of("wrong")),
            "/oauth/token",
            "grant_type",
            "client_credentials");
    suspending.resume(client(Fixture.SERVICE));
    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.text("error")).isEqualTo("invalid_client");
    assertThat(answer.http().body()).doesNotContain("suspend");
  }

  @Test
  void aSuspendedClientMayStillHandBackWhatItHolds() {
    String refresh = ok(b.redeem(a.code(ofApp()))).text("refresh_token");
    suspending.suspend(client(Fixture.APP));
    Answer revoked = b.post("/oauth/revoke", "client_id", "app", "token", refresh);
    suspending.resume(client(Fixture.APP));
    assertThat(revoked.status()).isEqualTo(200);
    assertThat(b.refresh(refresh).text("error")).isEqualTo("invalid_grant");
  }

  // --- what they hold

  private static boolean isActive(String token) {
    Answer answer = ok(as(GUARD, "/oauth/introspect", "token", token));
    boolean active = answer.json().path("active").asBoolean();
    if (!active) {
      // To the byte: any difference would tell why.
      assertThat(answer.http().body()).isEqualTo("{\"active\":false}");
    }
    return active;
  }

  private static Answer userInfo(String token) {
    return b.send(b.request("/oauth/userinfo").header("authorization", "Bearer " + token).GET());
  }

  @Test
  void tokensOfASuspendedClientAreInactiveAndRefusedUntilItMayGoOn() {
    Answer tokens = ok(b.redeem(a.code(ofApp())));
    String access = tokens.text("access_token");
    String refresh = tokens.text("refresh_token");
    // It is in every cache by now.
    assertThat(isActive(access)).isTrue();
    assertThat(userInfo(access).status()).isEqualTo(200);
    suspending.suspend(client(Fixture.APP));
    assertThat(isActive(access)).isFalse();
    assertThat(isActive(refresh)).isFalse();
    Answer refused = userInfo(access);
    assertThat(refused.status()).isEqualTo(401);
    assertThat(refused.text("error")).isEqualTo("invalid_token");
    suspending.resume(client(Fixture.APP));
    assertThat(isActive(access)).isTrue();
    assertThat(isActive(refresh)).isTrue();
    assertThat(userInfo(access).status()).isEqualTo(200);
  }

  private static String key(String id, @Nullable MandateId mandate, Set<String> scopes) {
    Secret key = ApiKeyFormat.generate(new TokenSource(new SecureRandom(), a.clock));
    a.stores
        .apiKeys()
        .insert(
            new ApiKey(
                Fixture.TENANT,
                new ApiKeyId(id),
                TokenHash.of(key),
                ApiKeyFormat.hint(key),
                "test",
                mandate == null ? null : Fixture.ADA,
                mandate,
                scopes,
                a.clock.instant(),
                a.clock.instant().plus(Duration.ofDays(1)),
                null,
                null));
    return key.reveal();
  }

  @Test
  void anApiKeyIsInactiveWhileItOrItsClientIsSuspended() {
    String key = key("key_of_mandate", ofApp().id(), Set.of());
    CallerId itself = CallerId.of(Fixture.TENANT, new ApiKeyId("key_of_mandate"));
    for (CallerId caller : List.of(itself, client(Fixture.APP))) {
      assertThat(isActive(key)).isTrue();
      suspending.suspend(caller);
      assertThat(isActive(key)).as(caller.text()).isFalse();
      suspending.resume(caller);
    }
    assertThat(isActive(key)).isTrue();
  }

  @Test
  void aSuspendedKeyWithScopesIsInactiveAndMayNotIntrospect() {
    String key = key("key_with_scopes", null, Set.of(ApiKeys.INTROSPECT));
    CallerId caller = CallerId.of(Fixture.TENANT, new ApiKeyId("key_with_scopes"));
    String bearer = "Bearer " + key;
    ok(as(bearer, "/oauth/introspect", "token", "x"));
    assertThat(isActive(key)).isTrue();
    suspending.suspend(caller);
    assertThat(isActive(key)).isFalse();
    suspended(as(bearer, "/oauth/introspect", "token", "x"));
    suspending.resume(caller);
    assertThat(isActive(key)).isTrue();
    ok(as(bearer, "/oauth/introspect", "token", "x"));
  }

  @Test
  void aSuspendedClientMayNotIntrospect() {
    suspending.suspend(client(Fixture.GUARD));
    Answer refused = as(GUARD, "/oauth/introspect", "token", "x");
    suspending.resume(client(Fixture.GUARD));
    suspended(refused);
    assertThat(isActive("x")).isFalse();
  }

  /// A client cannot be named so that a key of that name is held back with it.
  @Test
  void aClientThatIsNamedLikeASuspendedKeyGoesOn() {
    CallerId key = CallerId.of(Fixture.TENANT, new ApiKeyId(Fixture.APP.value()));
    suspending.suspend(key);
    Answer answer = b.redeem(a.code(ofApp()));
    suspending.resume(key);
    ok(answer);
  }
}
