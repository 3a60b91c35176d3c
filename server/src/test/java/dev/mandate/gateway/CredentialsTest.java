package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.credential.CredentialLifeStore;
import dev.mandate.domain.credential.CredentialPolicy;
import dev.mandate.domain.credential.CredentialState;
import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.credential.OwnCredentials;
import dev.mandate.domain.user.User;
import dev.mandate.testing.Users;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Which key a call goes out with, and what becomes of it when the provider refuses that key.
@Timeout(60)
class CredentialsTest {
  private static final String CHAT = "/openai/v1/chat/completions";
  private static final String FIRST = "sk-first-0123456789abcdef";
  private static final String SECOND = "sk-second-0123456789abcdef";
  private static final String OWN = "sk-own-canary-0123456789abcdef";
  private static final String ANSWER =
      "{\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2,\"total_tokens\":7}}";
  private static final String HELLO =
      "data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}],\"usage\":null}\n\n";

  @TempDir private Path folder;
  private RawUpstream upstream;
  private RunningGateway gateway;

  /// The status that the provider answers a key with; 200 for others.
  private final Map<String, Integer> answers = new ConcurrentHashMap<>();

  @BeforeEach
  void start() {
    upstream = new RawUpstream();
    upstream.script = this::answer;
    gateway = new RunningGateway(folder, upstream.url());
  }

  @AfterEach
  void stop() throws IOException {
    gateway.close();
    upstream.close();
  }

  private static String keyOf(RawUpstream.Received request) {
    return String.valueOf(request.headers().get("authorization")).replace("Bearer ", "");
  }

  private void answer(RawUpstream.Received request, OutputStream out) throws IOException {
    String key = keyOf(request);
    int status = answers.getOrDefault(key, 200);
    if (status == 200) {
      out.write(RawUpstream.json(200, ANSWER));
    } else {
      // As providers do: it quotes what it was sent.
      out.write(RawUpstream.json(status, "{\"error\":{\"message\":\"wrong key " + key + "\"}}"));
    }
  }

  private void endless(RawUpstream.Received request, OutputStream out)
      throws IOException, InterruptedException {
    out.write(RawUpstream.streamHead());
    while (true) {
      out.write(RawUpstream.chunk(HELLO));
      out.flush();
      Thread.sleep(20);
    }
  }

  /// Two that share the calls; their ids.
  private List<String> two(int weightOfFirst, int weightOfSecond) {
    CredentialStore store = gateway.stores.credentials();
    String first = gateway.credential("openai", FIRST);
    String second = gateway.credential("openai", SECOND);
    store.weigh(RunningGateway.TENANT, "openai", first, weightOfFirst, gateway.clock.instant());
    store.weigh(RunningGateway.TENANT, "openai", second, weightOfSecond, gateway.clock.instant());
    return List.of(first, second);
  }

  private List<String> keysSeen() {
    return upstream.received.stream()
        .filter(request -> request.line().startsWith("POST"))
        .map(CredentialsTest::keyOf)
        .toList();
  }

  private CredentialState state(String id) {
    return Objects.requireNonNull(gateway.stores.credentialLives().find(RunningGateway.TENANT, id))
        .state();
  }

  private void policy(OwnCredentials own) {
    CredentialPolicy now =
        gateway.stores.credentialPolicies().policy(RunningGateway.TENANT, "openai");
    String origin =
        Objects.requireNonNull(gateway.stores.upstreams().find(RunningGateway.TENANT, "openai"))
            .origin();
    assertThat(
            gateway
                .stores
                .credentialPolicies()
                .replace(
                    origin,
                    now,
                    new CredentialPolicy(
                        RunningGateway.TENANT, "openai", own, null, null, null, "")))
        .isTrue();
  }

  @Test
  void callsAreSpreadExactlyByWeight() {
    two(3, 1);
    String key = gateway.caller("m", Limits.NONE);
    for (int i = 0; i < 16; i++) {
      assertThat(gateway.chat(key, "").statusCode()).isEqualTo(200);
    }
    assertThat(keysSeen().stream().filter(FIRST::equals)).hasSize(12);
    // Never all of one and then all of the other.
    assertThat(keysSeen().subList(0, 4)).contains(FIRST, SECOND);
    assertThat(keysSeen()).doesNotContain(RunningGateway.OPENAI_KEY);
  }

  @Test
  void aRefusedKeyCostsNoCallWhereThereIsAnotherAndTakesNoneFromThen() {
    List<String> ids = two(1, 1);
    answers.put(FIRST, 401);
    String key = gateway.caller("m", Limits.NONE);
    for (int i = 0; i < 6; i++) {
      HttpResponse<String> answer = gateway.chat(key, "");
      assertThat(answer.statusCode()).isEqualTo(200);
    }
    assertThat(keysSeen().stream().filter(FIRST::equals)).hasSize(1);
    RunningGateway.await(() -> state(ids.getFirst()) == CredentialState.REJECTED);
    RunningGateway.await(() -> toldOf("credential.rejected", ids.getFirst()) == 1);
    assertThat(gateway.told.all()).hasSize(1);
    RunningGateway.await(
        () -> gateway.audit().stream().anyMatch(e -> e.type().equals("credential.rejected")));
    // One hold, one request, one entry a call: the refused attempt is no call of its own.
    assertThat(gateway.ledger("m")).hasSize(6).allMatch(e -> e.outcome().equals("ok"));
  }

  @Test
  void whenEveryKeyIsRefusedTheCallIsRepeatedOnceAndTheAnswerQuotesNothing() {
    two(1, 1);
    answers.put(FIRST, 401);
    answers.put(SECOND, 401);
    String key = gateway.caller("m", Limits.NONE);
    HttpResponse<String> answer = gateway.chat(key, "");
    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(RunningGateway.code(answer)).isEqualTo("upstream_credential_rejected");
    assertThat(answer.body()).doesNotContain("sk-");
    assertThat(keysSeen()).hasSize(2);
    RunningGateway.await(() -> gateway.told.all().size() == 2);
    // Nothing goes out any more, and nothing is held for it.
    assertThat(RunningGateway.code(gateway.chat(key, "")))
        .isEqualTo("upstream_credential_rejected");
    assertThat(keysSeen()).hasSize(2);
    assertThat(gateway.ledger("m")).singleElement().matches(e -> e.usage().total() == 0);
  }

  @Test
  void aRefusalOfWhatWasAskedForTakesNoKeyOutOfUse() {
    List<String> ids = two(1, 1);
    // Its model list is served: it is the question that it refuses.
    upstream.script =
        (request, out) ->
            out.write(
                request.line().startsWith("GET")
                    ? RawUpstream.json(200, "{\"data\":[]}")
                    : RawUpstream.json(403, "{\"error\":{}}"));
    String key = gateway.caller("m", Limits.NONE);
    assertThat(RunningGateway.code(gateway.chat(key, "")))
        .isEqualTo("upstream_credential_rejected");
    RunningGateway.await(
        () -> upstream.received.stream().filter(r -> r.line().startsWith("GET")).count() == 2);
    assertThat(RunningGateway.code(gateway.chat(key, "")))
        .isEqualTo("upstream_credential_rejected");
    assertThat(ids).allMatch(id -> state(id) == CredentialState.ACTIVE);
    // However often a caller provokes it, the provider is not asked again.
    assertThat(upstream.received.stream().filter(r -> r.line().startsWith("GET"))).hasSize(2);
    assertThat(gateway.told.all()).isEmpty();
  }

  @Test
  void aRejectedKeyComesBackWhenATestFindsItGood() {
    String id = gateway.credential("openai", FIRST);
    answers.put(FIRST, 401);
    String key = gateway.caller("m", Limits.NONE);
    assertThat(gateway.chat(key, "").statusCode()).isEqualTo(502);
    RunningGateway.await(() -> state(id) == CredentialState.REJECTED);
    answers.remove(FIRST);
    gateway.upkeep.tick();
    assertThat(state(id)).isEqualTo(CredentialState.REJECTED);
    gateway.clock.advance(CredentialLifeStore.RETRY_FIRST);
    gateway.upkeep.tick();
    assertThat(state(id)).isEqualTo(CredentialState.ACTIVE);
    assertThat(gateway.chat(key, "").statusCode()).isEqualTo(200);
  }

  @Test
  void aDrainingKeyTakesNoNewCallAndIsRetiredWhenItsLastCallHasEnded() throws Exception {
    upstream.script = this::endless;
    String first = gateway.credential("openai", FIRST);
    String key = gateway.caller("m", Limits.NONE);
    InputStream open = stream(key);
    gateway.credential("openai", SECOND);
    gateway.clock.advance(CredentialLifeStore.DRAIN_QUIET);
    gateway.upkeep.tick();
    assertThat(state(first)).isEqualTo(CredentialState.DRAINING);
    assertThat(open.readNBytes(200)).hasSize(200);
    stream(key).close();
    assertThat(keysSeen()).containsExactly(FIRST, SECOND);
    open.close();
    RunningGateway.await(() -> gateway.gateway.openCredentials().isEmpty());
    gateway.clock.advance(CredentialLifeStore.DRAIN_QUIET);
    gateway.upkeep.tick();
    assertThat(state(first)).isEqualTo(CredentialState.RETIRED);
  }

  @Test
  void drainingHasAnEndThatCutsWhatIsStillOpen() throws Exception {
    upstream.script = this::endless;
    String first = gateway.credential("openai", FIRST);
    InputStream open = stream(gateway.caller("m", Limits.NONE));
    gateway
        .stores
        .credentials()
        .drain(RunningGateway.TENANT, "openai", first, gateway.clock.instant());
    gateway.clock.advance(CredentialStore.DRAIN_MAX);
    gateway.upkeep.tick();
    assertThat(rest(open)).contains("upstream_credential_removed").doesNotContain("[DONE]");
  }

  @Test
  void aRemovedKeyIsCutAtOnce() throws Exception {
    upstream.script = this::endless;
    String first = gateway.credential("openai", FIRST);
    String key = gateway.caller("m", Limits.NONE);
    InputStream open = stream(key);
    gateway.stores.credentials().delete(RunningGateway.TENANT, "openai", first);
    assertThat(rest(open)).contains("upstream_credential_removed").doesNotContain("[DONE]");
    assertThat(RunningGateway.code(gateway.chat(key, ""))).isEqualTo("upstream_not_configured");
  }

  private InputStream stream(String key) throws Exception {
    HttpResponse<InputStream> response =
        gateway.http.send(
            gateway
                .post(key, CHAT, RunningGateway.chatBody(",\"stream\":true,\"max_tokens\":100"))
                .build(),
            HttpResponse.BodyHandlers.ofInputStream());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body().read()).isEqualTo('d');
    return response.body();
  }

  private static String rest(InputStream in) throws IOException {
    return new String(in.readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void aPersonsOwnKeyPaysForTheirMandatesAndForNobodyElses() {
    policy(OwnCredentials.ALLOWED);
    User bob = Users.member(RunningGateway.TENANT, "bob");
    gateway.stores.users().insert(bob);
    gateway.credential("openai", FIRST);
    gateway.own("openai", OWN, gateway.user);
    String ada = gateway.caller("ada", Limits.NONE);
    String bobsKey = gateway.key(gateway.mandate("bobs", bob));
    assertThat(gateway.chat(ada, "").statusCode()).isEqualTo(200);
    assertThat(gateway.chat(bobsKey, "").statusCode()).isEqualTo(200);
    assertThat(keysSeen()).containsExactly(OWN, FIRST);
    // The provider refuses it: the tenant's does not step in, for the person was told who pays.
    answers.put(OWN, 401);
    assertThat(RunningGateway.code(gateway.chat(ada, "")))
        .isEqualTo("upstream_credential_rejected");
    assertThat(gateway.chat(bobsKey, "").statusCode()).isEqualTo(200);
    assertThat(keysSeen()).containsExactly(OWN, FIRST, OWN, FIRST);
  }

  @Test
  void whereAnOwnKeyIsRequiredThereIsNoCallWithoutOne() {
    policy(OwnCredentials.REQUIRED);
    gateway.credential("openai", FIRST);
    String ada = gateway.caller("ada", Limits.NONE);
    HttpResponse<String> refused = gateway.chat(ada, "");
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(RunningGateway.code(refused)).isEqualTo("own_credential_required");
    gateway.own("openai", OWN, gateway.user);
    assertThat(gateway.chat(ada, "").statusCode()).isEqualTo(200);
    assertThat(keysSeen()).containsExactly(OWN);
  }

  @Test
  void whoIsDisabledTakesTheirKeyAndItsStreamsWithThem() throws Exception {
    upstream.script = this::endless;
    policy(OwnCredentials.ALLOWED);
    gateway.own("openai", OWN, gateway.user);
    InputStream open = stream(gateway.caller("ada", Limits.NONE));
    gateway.stores.users().setDisabled(RunningGateway.TENANT, gateway.user.id(), true);
    assertThat(rest(open)).doesNotContain("[DONE]");
    assertThat(gateway.stores.credentials().own(RunningGateway.TENANT, gateway.user.id()))
        .isEmpty();
  }

  @Test
  void useIsTold() {
    String id = gateway.credential("openai", FIRST);
    gateway.chat(gateway.caller("m", Limits.NONE), "");
    gateway.clock.advance(Duration.ofMinutes(2));
    gateway.upkeep.tick();
    assertThat(
            Objects.requireNonNull(
                    gateway.stores.credentials().find(RunningGateway.TENANT, "openai", id))
                .lastUsedAt())
        .isNotNull();
  }

  @Test
  void oldKeysAreToldOfOnceAPeriod() {
    String id = gateway.credential("openai", FIRST);
    for (int day = 1; day < 89; day++) {
      gateway.clock.advance(Duration.ofDays(1));
      gateway.upkeep.tick();
    }
    assertThat(gateway.told.all()).isEmpty();
    for (int day = 89; day < 130; day++) {
      gateway.clock.advance(Duration.ofDays(1));
      gateway.upkeep.tick();
    }
    assertThat(toldOf("credential.old", id)).isEqualTo(2);
  }

  private long toldOf(String kind, String subject) {
    return gateway.told.all().stream()
        .filter(one -> one.kind().wire().equals(kind) && one.subject().equals(subject))
        .count();
  }
}
