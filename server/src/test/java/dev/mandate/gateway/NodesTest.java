package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.monitoring.Finding;
import dev.mandate.domain.monitoring.Restraint;
import dev.mandate.storage.DatabaseUrl;
import dev.mandate.testing.Postgres;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Two gateways on one PostgreSQL database, and one that cannot hear the other.
@Timeout(60)
class NodesTest {
  private static final String CHAT = "/openai/v1/chat/completions";
  private static final String STREAM = ",\"stream\":true,\"max_tokens\":100";
  private static final String HELLO =
      "data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}],\"usage\":null}\n\n";

  @TempDir private Path folder;
  private RawUpstream upstream;
  private RunningGateway a;
  private RunningGateway b;

  @BeforeEach
  void start() {
    upstream = new RawUpstream();
    upstream.script = NodesTest::endless;
    DatabaseUrl database = Postgres.database();
    a = new RunningGateway(folder.resolve("a"), database, upstream.url());
    b = new RunningGateway(folder.resolve("b"), database, upstream.url());
  }

  @AfterEach
  void stop() throws IOException {
    a.close();
    b.close();
    upstream.close();
  }

  static void endless(RawUpstream.Received request, OutputStream out)
      throws IOException, InterruptedException {
    out.write(RawUpstream.streamHead());
    while (true) {
      out.write(RawUpstream.chunk(HELLO));
      out.flush();
      Thread.sleep(20);
    }
  }

  static InputStream open(RunningGateway at, String key) throws Exception {
    HttpResponse<InputStream> response =
        at.http.send(
            at.post(key, CHAT, RunningGateway.chatBody(STREAM)).build(),
            HttpResponse.BodyHandlers.ofInputStream());
    assertThat(response.statusCode()).isEqualTo(200);
    InputStream in = response.body();
    assertThat(in.read()).isEqualTo('d');
    return in;
  }

  private static String rest(InputStream in) throws IOException {
    return new String(in.readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void revokingAMandateAtOneNodeCutsItsStreamAtTheOtherAndRefusesTheNextCall() throws Exception {
    Mandate mandate = a.mandate("m", Limits.NONE);
    String key = a.key(mandate);
    InputStream atB = open(b, key);
    a.stores.mandates().revoke(RunningGateway.TENANT, mandate.id(), a.clock.instant());
    assertThat(rest(atB)).contains("\"code\":\"mandate_revoked\"").doesNotContain("[DONE]");
    assertThat(RunningGateway.code(b.chat(key, ""))).isEqualTo("mandate_revoked");
  }

  @Test
  void revokingAKeyAtOneNodeDropsItFromTheCachesOfTheOther() throws Exception {
    Mandate mandate = a.mandate("m", Limits.NONE);
    String key = a.key(mandate);
    InputStream atB = open(b, key);
    ApiKey stored = a.stores.apiKeys().ofMandate(RunningGateway.TENANT, mandate.id()).getFirst();
    a.stores.apiKeys().revoke(RunningGateway.TENANT, stored.id(), a.clock.instant());
    assertThat(rest(atB)).contains("api_key_revoked");
    assertThat(RunningGateway.code(b.chat(key, ""))).isEqualTo("api_key_revoked");
  }

  private void restrain(CallerId caller, @Nullable Instant until) {
    Finding finding =
        new Finding(
            "fnd_" + caller.text() + until,
            caller,
            Finding.Kind.REQUESTS,
            "much",
            "less",
            Finding.Response.SUSPEND,
            a.clock.instant());
    a.stores
        .findings()
        .raise(
            finding,
            new Restraint(caller, finding.at(), until, finding.id()),
            finding.at(),
            _ -> true);
  }

  @Test
  void suspendingAKeyOrItsClientAtOneNodeCutsItsStreamAtTheOtherUntilItIsResumed()
      throws Exception {
    Mandate mandate = a.mandate("m", Limits.NONE);
    String key = a.key(mandate);
    ApiKey stored = a.stores.apiKeys().ofMandate(RunningGateway.TENANT, mandate.id()).getFirst();
    for (CallerId caller :
        List.of(
            CallerId.of(RunningGateway.TENANT, stored.id()),
            CallerId.of(RunningGateway.TENANT, mandate.client()))) {
      InputStream atB = open(b, key);
      restrain(caller, null);
      assertThat(rest(atB)).contains("caller_suspended").doesNotContain("[DONE]");
      assertThat(RunningGateway.code(b.chat(key, ""))).isEqualTo("caller_suspended");
      assertThat(a.stores.restraints().release(caller)).isTrue();
      RunningGateway.await(
          () ->
              !b.restraints.isSuspended(
                  RunningGateway.TENANT, stored.id(), mandate.client(), b.clock.instant()));
      open(b, key).close();
    }
  }

  @Test
  void aCallerThatIsThrottledIsToldWhenToComeBackAndItsOpenStreamsGoOn() throws Exception {
    Mandate mandate = a.mandate("m", Limits.NONE);
    String key = a.key(mandate);
    InputStream stream = open(a, key);
    restrain(
        CallerId.of(RunningGateway.TENANT, mandate.client()), a.clock.instant().plusSeconds(90));
    HttpResponse<String> refused = a.chat(key, "");
    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(RunningGateway.code(refused)).isEqualTo("caller_throttled");
    assertThat(refused.headers().firstValue("retry-after")).hasValue("90");
    assertThat(stream.readNBytes(200)).hasSize(200);
    stream.close();
  }

  @Test
  void disablingAPersonAtOneNodeCutsTheirStreamsAtTheOther() throws Exception {
    String key = a.caller("m", Limits.NONE);
    InputStream atB = open(b, key);
    a.stores.users().setDisabled(RunningGateway.TENANT, a.user.id(), true);
    assertThat(rest(atB)).contains("mandate_suspended");
  }

  @Test
  void aCredentialThatIsRemovedAtOneNodeIsCutAtTheOther() throws Exception {
    String credential = a.credential("openai", "sk-removed-0123456789abcdef");
    String key = a.caller("m", Limits.NONE);
    InputStream atB = open(b, key);
    a.stores.credentials().delete(RunningGateway.TENANT, "openai", credential);
    assertThat(rest(atB)).contains("upstream_credential_removed").doesNotContain("[DONE]");
  }

  @Test
  void aCredentialThatIsRefusedAtOneNodeIsOutOfUseAtTheOther() {
    String refused = "sk-refused-0123456789abcdef";
    upstream.script =
        (request, out) ->
            out.write(
                String.valueOf(request.headers().get("authorization")).endsWith(refused)
                    ? RawUpstream.json(401, "{}")
                    : RawUpstream.json(200, "{\"usage\":{\"prompt_tokens\":1}}"));
    String id = a.credential("openai", refused);
    String other = a.credential("openai", "sk-good-0123456789abcdef");
    for (String one : new String[] {id, other}) {
      a.stores.credentials().weigh(RunningGateway.TENANT, "openai", one, 1, a.clock.instant());
    }
    String key = a.caller("m", Limits.NONE);
    for (int i = 0; i < 4; i++) {
      assertThat(a.chat(key, "").statusCode()).isEqualTo(200);
    }
    RunningGateway.await(() -> !a.told.all().isEmpty());
    upstream.received.clear();
    for (int i = 0; i < 4; i++) {
      RunningGateway.await(() -> b.changes.freshness().isFresh());
      assertThat(b.chat(key, "").statusCode()).isEqualTo(200);
    }
    assertThat(upstream.received)
        .noneMatch(
            request -> String.valueOf(request.headers().get("authorization")).endsWith(refused));
  }

  @Test
  void aNodeThatCannotHearRefusesNewCallsAndLaterCutsOpenOnes() throws Exception {
    try (RunningGateway deaf = new RunningGateway(folder.resolve("deaf"), upstream.url())) {
      // It has heard once, as one that shares its database, and nothing since.
      deaf.changes.freshness().heard(deaf.changes.freshness().now());
      String key = deaf.caller("m", Limits.NONE);
      InputStream stream = open(deaf, key);
      deaf.laterNanos.set(Duration.ofSeconds(6).toNanos());
      HttpResponse<String> refused = deaf.chat(key, "");
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(RunningGateway.code(refused)).isEqualTo("node_stale");
      assertThat(stream.readNBytes(200)).hasSize(200);
      deaf.laterNanos.set(Duration.ofSeconds(31).toNanos());
      assertThat(rest(stream)).contains("node_stale").doesNotContain("[DONE]");
    }
  }
}
