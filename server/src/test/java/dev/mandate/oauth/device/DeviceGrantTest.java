package dev.mandate.oauth.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.authorization.DeviceRequest;
import dev.mandate.domain.authorization.PendingId;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.oauth.OAuthServer;
import dev.mandate.oauth.OAuthServer.Answer;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.testing.ClientKey;
import dev.mandate.testing.Dpop;
import dev.mandate.testing.Fixture;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The device's side of RFC 8628; a person's answer is put into the store.
class DeviceGrantTest {
  private static final ClientId TV = new ClientId("tv");
  private static final String TYPE = DeviceAuthorizationEndpoint.GRANT_TYPE;
  private static final AtomicInteger IDS = new AtomicInteger();

  private static OAuthServer server;

  @BeforeAll
  static void start(@TempDir Path folder) {
    server = new OAuthServer(folder);
    server.stores.clients().save(client(TV));
    server.stores.clients().save(client(new ClientId("other-tv")));
  }

  private static Client client(ClientId id) {
    return server.fixture.client(id, null, null, Set.of(TYPE, "refresh_token"), false);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Answer ask(String... more) {
    return server.post(
        "/oauth/device_authorization",
        OAuthServer.with(more, "client_id", "tv", "scope", "openid llm:openai"));
  }

  private static Answer poll(String code, String... more) {
    return server.token(
        OAuthServer.with(more, "grant_type", TYPE, "client_id", "tv", "device_code", code));
  }

  private static String code() {
    return ask().text("device_code");
  }

  private static DeviceRequest stored(String code) {
    return Objects.requireNonNull(
        server.stores.devices().find(Fixture.TENANT, TokenHash.of(Secret.of(code))));
  }

  private static PendingId taken(String code) {
    PendingId pending = new PendingId("pending-" + IDS.incrementAndGet());
    assertThat(
            server
                .stores
                .devices()
                .claim(Fixture.TENANT, stored(code).user(), pending, server.clock.instant()))
        .isTrue();
    return pending;
  }

  private static Mandate approve(String code) {
    Mandate mandate = server.fixture.mandate(TV, Fixture.ADA, "openid llm:openai", "openai");
    server
        .stores
        .devices()
        .approve(Fixture.TENANT, taken(code), mandate.id(), server.clock.instant().minusSeconds(7));
    return mandate;
  }

  private static void refused(Answer answer, int status, String error) {
    assertThat(answer.text("error")).as(answer.json().toString()).isEqualTo(error);
    assertThat(answer.status()).isEqualTo(status);
  }

  @Test
  void aDeviceGetsACodeForItselfAndOneForAPerson() {
    Answer asked = ask();
    assertThat(asked.status()).as(asked.json().toString()).isEqualTo(200);
    assertThat(asked.text("device_code")).hasSize(43);
    assertThat(asked.text("user_code"))
        .matches("[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}");
    assertThat(asked.text("verification_uri")).isEqualTo(OAuthServer.ISSUER + "/device");
    assertThat(asked.json().has("verification_uri_complete")).isFalse();
    assertThat(asked.json().path("expires_in").asInt()).isEqualTo(600);
    assertThat(asked.json().path("interval").asInt()).isEqualTo(5);
    assertThat(asked.header("cache-control")).isEqualTo("no-store");
    assertThat(
            server
                .send(server.request("/.well-known/oauth-authorization-server").GET())
                .text("device_authorization_endpoint"))
        .isEqualTo(OAuthServer.ISSUER + "/oauth/device_authorization");
  }

  @Test
  void aDeviceAsksForWhatItsClientMayHave() {
    refused(ask("scope", "x"), 400, "invalid_request");
    refused(
        server.post("/oauth/device_authorization", "client_id", "tv", "scope", "admin"),
        400,
        "invalid_scope");
    refused(
        server.post("/oauth/device_authorization", "client_id", "app", "scope", "openid"),
        400,
        "unauthorized_client");
    refused(
        server.post("/oauth/device_authorization", "client_id", "nobody"), 401, "invalid_client");
    refused(server.post("/oauth/device_authorization", "scope", "openid"), 401, "invalid_client");
    refused(ask("client_secret", "x"), 401, "invalid_client");
    refused(ask("resource", "https://elsewhere.example"), 400, "invalid_target");
    refused(ask("authorization_details", "[{}]"), 400, "invalid_authorization_details");
    refused(ask("request", "x"), 400, "request_not_supported");
  }

  @Test
  void theDeviceWaitsAndThenGetsItsTokensOnce() {
    String code = code();
    refused(poll(code), 400, "authorization_pending");
    Mandate mandate = approve(code);
    Answer answer = poll(code);
    assertThat(answer.status()).as(answer.json().toString()).isEqualTo(200);
    assertThat(
            server
                .accessTokens
                .verify(server.issuers.root(), answer.text("access_token"))
                .mandate())
        .isEqualTo(mandate.id());
    assertThat(answer.json().has("refresh_token")).isTrue();
    assertThat(answer.json().has("id_token")).isTrue();
    refused(poll(code), 400, "invalid_grant");
  }

  @Test
  void whoPollsTooOftenIsSlowedDown() {
    String code = code();
    refused(poll(code), 400, "authorization_pending");
    Answer slow = poll(code);
    refused(slow, 400, "slow_down");
    assertThat(slow.text("error_description")).contains("10 seconds");
    server.clock.advance(Duration.ofSeconds(10));
    refused(poll(code), 400, "authorization_pending");
  }

  @Test
  void aDenialAndTheEndAreTold() {
    String denied = code();
    server.stores.devices().deny(Fixture.TENANT, taken(denied), server.clock.instant());
    refused(poll(denied), 400, "access_denied");
    String expired = code();
    server.clock.advance(DeviceAuthorizationEndpoint.LIFETIME);
    refused(poll(expired), 400, "expired_token");
  }

  @Test
  void aDeviceCodeIsItsClientsAndWhoeverFindsItSlowsNobodyDown() {
    String code = code();
    refused(
        server.token("grant_type", TYPE, "client_id", "other-tv", "device_code", code),
        400,
        "invalid_grant");
    refused(poll(code), 400, "authorization_pending");
    approve(code);
    refused(
        server.token("grant_type", TYPE, "client_id", "other-tv", "device_code", code),
        400,
        "invalid_grant");
    assertThat(poll(code).status()).isEqualTo(200);
  }

  @Test
  void whatIsNoDeviceCodeIsRefused() {
    for (String code : List.of("x", "x".repeat(10_000), "é")) {
      refused(poll(code), 400, "invalid_grant");
    }
    refused(poll(ask().text("user_code")), 400, "invalid_grant");
    refused(server.token("grant_type", TYPE, "client_id", "tv"), 400, "invalid_request");
    refused(poll(code(), "device_code", "x"), 400, "invalid_request");
    refused(poll("x", "authorization_details", "[]"), 400, "invalid_authorization_details");
  }

  @Test
  void ofRacingPollsOneGetsTheTokens() throws Exception {
    String code = code();
    approve(code);
    List<Callable<Answer>> racers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      racers.add(() -> poll(code));
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
  void aMandateThatWasRevokedMeanwhileYieldsNothing() {
    String code = code();
    Mandate mandate = approve(code);
    server.stores.mandates().revoke(Fixture.TENANT, mandate.id(), server.clock.instant());
    refused(poll(code), 400, "invalid_grant");
  }

  @Test
  void aDevicesTokensAreBoundToItsKey() {
    Dpop device = new Dpop(ClientKey.ec(null), server.clock);
    String code = code();
    approve(code);
    String url = OAuthServer.ISSUER + "/oauth/token";
    Answer answer =
        server.send(
            server
                .request("/oauth/token")
                .header("DPoP", device.proof("POST", url, server.nonces.next(Fixture.TENANT), null))
                .POST(
                    OAuthServer.body("grant_type", TYPE, "client_id", "tv", "device_code", code)));
    assertThat(answer.text("token_type")).isEqualTo("DPoP");
    refused(
        server.token(
            "grant_type",
            "refresh_token",
            "client_id",
            "tv",
            "refresh_token",
            answer.text("refresh_token")),
        400,
        "invalid_grant");
  }
}
