package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.apikey.KeyBounds;
import dev.mandate.domain.apikey.LeakPlace;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.notice.Notice;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.json.Json;
import dev.mandate.platform.net.AddressRange;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// API keys at the gateway: their own bounds, where they come from, rotation and leaks.
@Timeout(60)
class ApiKeysTest {
  private static final String CHAT = "/openai/v1/chat/completions";
  private static RawUpstream upstream;
  private static RunningGateway gateway;
  private static int mandates;

  private Mandate mandate;

  @BeforeAll
  static void start(@TempDir Path folder) {
    upstream = new RawUpstream();
    gateway = RunningGateway.behindProxy(folder, upstream.url());
  }

  @AfterAll
  static void stop() throws IOException {
    gateway.close();
    upstream.close();
  }

  @BeforeEach
  void give() {
    upstream.script = ApiKeysTest::answer;
    mandate = gateway.mandate("keys_" + ++mandates, Limits.NONE);
  }

  static void answer(RawUpstream.Received request, OutputStream out) throws IOException {
    out.write(
        RawUpstream.json(
            200, "{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,\"total_tokens\":2}}"));
  }

  private ApiKeys.Shown key(KeyBounds bounds) {
    return gateway.key(mandate, bounds);
  }

  private static KeyBounds limited(Limits limits) {
    return new KeyBounds(List.of(), limits, List.of());
  }

  private static KeyBounds from(String... ranges) {
    return new KeyBounds(
        List.of(), Limits.NONE, List.of(ranges).stream().map(AddressRange::parse).toList());
  }

  private static String call(ApiKeys.Shown key) {
    return outcome(gateway.chat(key.secret().reveal(), ""));
  }

  private static String outcome(HttpResponse<String> response) {
    return response.statusCode() == 200 ? "ok" : RunningGateway.code(response);
  }

  private static ApiKey stored(ApiKeys.Shown key) {
    return Objects.requireNonNull(
        gateway.stores.apiKeys().find(RunningGateway.TENANT, key.key().id()));
  }

  @Test
  void aKeyHasWhatItsMandateAndItselfGive() {
    LlmTerms openai =
        new LlmTerms("openai", null, Set.of(Capability.EMBEDDINGS), Limits.NONE, null);
    assertThat(call(key(new KeyBounds(List.of(openai), Limits.NONE, List.of()))))
        .isEqualTo("capability_not_allowed");
    LlmTerms other = new LlmTerms("anthropic", null, null, Limits.NONE, null);
    ApiKeys.Shown elsewhere = key(new KeyBounds(List.of(other), Limits.NONE, List.of()));
    assertThat(call(elsewhere)).isEqualTo("upstream_not_allowed");
    // More than the mandate gives, had somebody stored it: what is common counts.
    LlmTerms more = new LlmTerms("openai", Set.of("gpt-elsewhere"), null, Limits.NONE, null);
    ApiKeys.Shown beyond = key(new KeyBounds(List.of(more), Limits.NONE, List.of()));
    assertThat(call(beyond)).isEqualTo("upstream_not_allowed");
    String listed =
        gateway
            .send(
                gateway
                    .request("/openai/v1/models")
                    .header("x-api-key", key(KeyBounds.NONE).secret().reveal())
                    .GET())
            .body();
    assertThat(listed).contains("gpt-test");
    assertThat(call(key(KeyBounds.NONE))).isEqualTo("ok");
  }

  @Test
  void theBudgetOfAKeyIsItsOwnAndHardWhoeverCallsAtOnce() {
    ApiKeys.Shown three = key(limited(new Limits(3L, null, null, null)));
    ApiKeys.Shown free = key(KeyBounds.NONE);
    List<CompletableFuture<HttpResponse<String>>> calls =
        Stream.generate(
                () ->
                    gateway.http.sendAsync(
                        gateway
                            .post(three.secret().reveal(), CHAT, RunningGateway.chatBody(""))
                            .build(),
                        HttpResponse.BodyHandlers.ofString()))
            .limit(12)
            .toList();
    List<String> outcomes = calls.stream().map(one -> outcome(one.join())).toList();
    assertThat(outcomes).filteredOn("ok"::equals).hasSize(3);
    assertThat(outcomes).filteredOn("budget_exhausted"::equals).hasSize(9);
    HttpResponse<String> refused = gateway.chat(three.secret().reveal(), "");
    assertThat(Json.parse(refused.body()).at("/error/limit_of").asText()).isEqualTo("api_key");
    // A rotation is no new budget.
    gateway.apiKeys.rotate(
        stored(three), Duration.ofHours(1), three.key().expiresAt(), null, gateway.clock.instant());
    assertThat(call(three)).isEqualTo("budget_exhausted");
    assertThat(call(free)).isEqualTo("ok");
    ApiKeys.Shown poor = key(limited(new Limits(null, null, null, 1L)));
    assertThat(call(poor)).isEqualTo("budget_exhausted");
    ApiKeys.Shown tokens = key(limited(new Limits(null, null, 1L, null)));
    assertThat(call(tokens)).isEqualTo("budget_exhausted");
  }

  private static String callFrom(ApiKeys.Shown key, String... forwarded) {
    var request = gateway.post(key.secret().reveal(), CHAT, RunningGateway.chatBody(""));
    for (String one : forwarded) {
      request.header("x-forwarded-for", one);
    }
    return outcome(gateway.send(request));
  }

  @Test
  void aKeyIsTakenFromItsAddressesOnlyAndAsTheProxySaysThem() {
    ApiKeys.Shown key = key(from("192.0.2.0/24", "2001:db8::/32"));
    assertThat(callFrom(key, "192.0.2.9")).isEqualTo("ok");
    assertThat(callFrom(key, "2001:db8:1::9")).isEqualTo("ok");
    assertThat(callFrom(key, "198.51.100.1")).isEqualTo("address_not_allowed");
    assertThat(callFrom(key)).isEqualTo("address_not_allowed");
    // The last entry of the last line is the proxy's word; all before it the caller's own.
    assertThat(callFrom(key, "192.0.2.9, 198.51.100.1")).isEqualTo("address_not_allowed");
    assertThat(callFrom(key, "192.0.2.9", "198.51.100.1")).isEqualTo("address_not_allowed");
    assertThat(callFrom(key, "garbage")).isEqualTo("address_not_allowed");
    HttpResponse<String> refused = gateway.chat(key.secret().reveal(), "");
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(refused.body())
        .doesNotContain("192.0.2")
        .doesNotContain(mandate.id().value())
        .doesNotContain(key.key().id().value());
    // Whatever became of the mandate: who calls from elsewhere hears the same.
    gateway.stores.mandates().revoke(RunningGateway.TENANT, mandate.id(), gateway.clock.instant());
    assertThat(callFrom(key, "198.51.100.1")).isEqualTo("address_not_allowed");
    assertThat(callFrom(key, "192.0.2.9")).isEqualTo("mandate_revoked");
  }

  @Test
  void whoIsNotBehindAProxyCannotSayWhereItComesFrom(@TempDir Path folder) {
    try (RunningGateway open = new RunningGateway(folder, upstream.url())) {
      ApiKeys.Shown key = open.key(open.mandate("m", Limits.NONE), from("192.0.2.0/24"));
      ApiKeys.Shown here = open.key(open.mandate("n", Limits.NONE), from("127.0.0.1"));
      var request = open.post(key.secret().reveal(), CHAT, RunningGateway.chatBody(""));
      assertThat(outcome(open.send(request.header("x-forwarded-for", "192.0.2.9"))))
          .isEqualTo("address_not_allowed");
      var plain = open.post(here.secret().reveal(), CHAT, RunningGateway.chatBody(""));
      assertThat(outcome(open.send(plain.header("x-forwarded-for", "192.0.2.9")))).isEqualTo("ok");
    }
  }

  @Test
  void whenAndFromWhereAKeyWasUsedIsKeptToTheMinute() {
    ApiKeys.Shown key = key(KeyBounds.NONE);
    assertThat(callFrom(key, "192.0.2.9")).isEqualTo("ok");
    RunningGateway.await(() -> stored(key).lastUse() != null);
    assertThat(stored(key).lastUse())
        .isEqualTo(
            new ApiKey.Use(gateway.clock.instant().truncatedTo(ChronoUnit.MINUTES), "192.0.2.9"));
  }

  @Test
  void aKeyInAUrlIsRefusedWrittenDownAndItsOwnerToldAndStandsNowhere() {
    ApiKeys.Shown key = key(KeyBounds.NONE);
    String text = key.secret().reveal();
    for (String query :
        List.of("?api_key=" + text, "?anything=" + text, "?x=%6dandate_" + text.substring(8))) {
      HttpResponse<String> refused =
          gateway.send(gateway.post(text, CHAT + query, RunningGateway.chatBody("")));
      assertThat(RunningGateway.code(refused)).isEqualTo("credential_in_url");
      assertThat(refused.body()).doesNotContain(text);
    }
    RunningGateway.await(() -> stored(key).leak() != null);
    assertThat(Objects.requireNonNull(stored(key).leak()).place()).isEqualTo(LeakPlace.GATEWAY_URL);
    RunningGateway.await(
        () ->
            gateway.told.all().stream()
                .anyMatch(one -> one.subject().equals(key.key().id().value())));
    assertThat(gateway.told.all())
        .filteredOn(one -> one.subject().equals(key.key().id().value()))
        .singleElement()
        .matches(one -> one.kind() == Notice.Kind.API_KEY_LEAKED)
        .matches(one -> gateway.user.id().equals(one.person()))
        .matches(one -> !one.text().contains(text));
    RunningGateway.await(
        () -> gateway.audit().stream().filter(e -> e.type().equals("api_key.leaked")).count() >= 1);
    assertThat(gateway.audit().toString()).doesNotContain(text).contains("gateway_url");
    // Nobody's tool stops for a slip in a URL, unless the operator wants that.
    assertThat(call(key)).isEqualTo("ok");
    String unknown =
        ApiKeyFormat.generate(new TokenSource(new SecureRandom(), gateway.clock)).reveal();
    HttpResponse<String> same =
        gateway.send(
            gateway.post(unknown, CHAT + "?api_key=" + unknown, RunningGateway.chatBody("")));
    assertThat(RunningGateway.code(same)).isEqualTo("credential_in_url");
  }

  @Test
  void noCallFailsWhileAKeyIsRotatedUnderLoad() throws Exception {
    AtomicReference<Secret> current = new AtomicReference<>(key(KeyBounds.NONE).secret());
    AtomicBoolean done = new AtomicBoolean();
    AtomicInteger calls = new AtomicInteger();
    List<String> failed = new CopyOnWriteArrayList<>();
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      callers.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    while (!done.get()) {
                      String outcome = outcome(gateway.chat(current.get().reveal(), ""));
                      calls.incrementAndGet();
                      if (!outcome.equals("ok")) {
                        failed.add(outcome);
                      }
                    }
                  }));
    }
    for (int i = 0; i < 5; i++) {
      int before = calls.get();
      RunningGateway.await(() -> calls.get() > before + 4);
      ApiKey now =
          Objects.requireNonNull(
              gateway.stores.apiKeys().ofMandate(RunningGateway.TENANT, mandate.id()).getFirst());
      var rotated =
          (ApiKeys.Rotated.New)
              gateway.apiKeys.rotate(
                  now, Duration.ofHours(1), now.expiresAt(), null, gateway.clock.instant());
      // The old secret goes on being used for a while, as tools do.
      int after = calls.get();
      RunningGateway.await(() -> calls.get() > after + 4);
      current.set(rotated.shown().secret());
      int settled = calls.get();
      RunningGateway.await(() -> calls.get() > settled + 8);
    }
    done.set(true);
    for (Thread caller : callers) {
      caller.join();
    }
    assertThat(failed).isEmpty();
    assertThat(calls.get()).isGreaterThan(50);
  }

  @Test
  void aFormerSecretEndsWithItsGraceAndWithoutOneAtOnceWithItsStreams() throws Exception {
    ApiKeys.Shown key = key(KeyBounds.NONE);
    assertThat(call(key)).isEqualTo("ok");
    gateway.apiKeys.rotate(
        stored(key), Duration.ofHours(1), key.key().expiresAt(), null, gateway.clock.instant());
    assertThat(call(key)).isEqualTo("ok");
    gateway.clock.advance(Duration.ofHours(1));
    assertThat(call(key)).isEqualTo("invalid_token");

    upstream.script = NodesTest::endless;
    ApiKeys.Shown streaming = key(KeyBounds.NONE);
    InputStream stream = NodesTest.open(gateway, streaming.secret().reveal());
    var rotated =
        (ApiKeys.Rotated.New)
            gateway.apiKeys.rotate(
                stored(streaming),
                Duration.ZERO,
                streaming.key().expiresAt(),
                null,
                gateway.clock.instant());
    assertThat(new String(stream.readAllBytes(), StandardCharsets.UTF_8))
        .contains("\"code\":\"invalid_token\"")
        .doesNotContain("[DONE]");
    assertThat(call(streaming)).isEqualTo("invalid_token");
    upstream.script = ApiKeysTest::answer;
    assertThat(call(rotated.shown())).isEqualTo("ok");
  }
}
