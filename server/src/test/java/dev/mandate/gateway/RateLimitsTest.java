package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.ratelimit.RateHolder;
import dev.mandate.domain.ratelimit.RateLimit;
import dev.mandate.domain.ratelimit.Rates;
import dev.mandate.platform.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Callers are held to their rate limits, are told how those stand, and a refused call costs
/// nothing.
class RateLimitsTest {
  private static final String CHAT = "/openai/v1/chat/completions";

  @TempDir private Path folder;
  private RawUpstream upstream;
  private RunningGateway at;
  private int limits;

  @BeforeEach
  void start() {
    upstream = new RawUpstream();
    upstream.script =
        (_, out) ->
            out.write(
                RawUpstream.json(
                    200,
                    "{\"usage\":{\"prompt_tokens\":30,\"completion_tokens\":10}}",
                    "x-ratelimit-remaining-requests",
                    "999999",
                    "anthropic-ratelimit-tokens-limit",
                    "999999",
                    "ratelimit",
                    "\"theirs\";r=999999"));
    at = new RunningGateway(folder, upstream.url());
  }

  @AfterEach
  void stop() throws IOException {
    at.close();
    upstream.close();
  }

  private RateLimit limit(RateHolder holder, @Nullable String subject, Rates rates) {
    return limit(holder, subject, null, rates);
  }

  private RateLimit limit(
      RateHolder holder, @Nullable String subject, @Nullable String model, Rates rates) {
    RateLimit limit =
        new RateLimit(
            RunningGateway.TENANT,
            "rl_" + limits++,
            holder,
            subject,
            model,
            rates,
            false,
            at.clock.instant());
    at.stores.rateLimits().insert(limit);
    return limit;
  }

  private static String field(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }

  private static void assertLimited(HttpResponse<String> response, String limit, String of) {
    assertThat(RunningGateway.code(response)).isEqualTo("rate_limited");
    assertThat(response.statusCode()).isEqualTo(429);
    var error = Json.parse(response.body()).path("error");
    assertThat(error.path("type").asText()).isEqualTo("rate_limit_error");
    assertThat(error.path("limit").asText()).isEqualTo(limit);
    assertThat(error.path("limit_of").asText()).isEqualTo(of);
  }

  @Test
  void requestsRunOutAndComeBackAndTheAnswerSaysWhen() {
    String key = at.caller("m", Limits.NONE);
    limit(RateHolder.USER, null, new Rates(2L, null, null));
    HttpResponse<String> first = at.chat(key, "");
    assertThat(first.statusCode()).isEqualTo(200);
    assertThat(field(first, "ratelimit-policy")).isEqualTo("\"user-requests\";q=2;w=60");
    assertThat(field(first, "ratelimit")).isEqualTo("\"user-requests\";r=1;t=30");
    assertThat(field(first, "x-ratelimit-limit-requests")).isEqualTo("2");
    assertThat(field(first, "x-ratelimit-remaining-requests")).isEqualTo("1");
    assertThat(field(first, "x-ratelimit-reset-requests")).isEqualTo("30s");
    assertThat(at.chat(key, "").statusCode()).isEqualTo(200);
    HttpResponse<String> refused = at.chat(key, "");
    assertLimited(refused, "requests_per_minute", "user");
    assertThat(Long.parseLong(field(refused, "retry-after"))).isBetween(1L, 30L);
    assertThat(Long.parseLong(field(refused, "retry-after-ms"))).isBetween(1L, 30_000L);
    assertThat(refused.headers().firstValue("x-should-retry")).isEmpty();
    assertThat(field(refused, "ratelimit")).startsWith("\"user-requests\";r=0;t=");
    assertThat(at.ledger("m")).hasSize(2);
    assertThat(upstream.requests).hasValue(2);
    at.laterNanos.addAndGet(Duration.ofSeconds(30).toNanos());
    assertThat(at.chat(key, "").statusCode()).isEqualTo(200);
    assertThat(at.meters.scrape(null).text())
        .contains(
            "mandate_gateway_rate_refusals_total{limit=\"requests_per_minute\",limit_of=\"user\"}"
                + " 1.0");
  }

  @Test
  void withoutLimitsNothingIsToldAndWhatTheProviderSaysNeverPasses() {
    String key = at.caller("m", Limits.NONE);
    HttpResponse<String> free = at.chat(key, "");
    assertThat(free.headers().map().keySet()).noneMatch(name -> name.contains("ratelimit"));
    limit(RateHolder.TENANT, null, new Rates(100L, null, null));
    HttpResponse<String> limited = at.chat(key, "");
    assertThat(limited.headers().allValues("x-ratelimit-remaining-requests")).containsExactly("99");
    assertThat(limited.headers().allValues("ratelimit")).hasSize(1);
    assertThat(limited.headers().map().toString()).doesNotContain("999999");
  }

  @Test
  void anthropicsFieldsAndErrorHaveTheShapeOfAnthropic() {
    String key = at.caller("m", Limits.NONE);
    upstream.script =
        (_, out) ->
            out.write(
                RawUpstream.json(200, "{\"usage\":{\"input_tokens\":3,\"output_tokens\":4}}"));
    limit(RateHolder.MANDATE, "m", new Rates(1L, 10_000L, 5L));
    HttpResponse<String> first =
        at.send(at.post(key, "/anthropic/v1/messages", RunningGateway.messagesBody("")));
    assertThat(first.statusCode()).isEqualTo(200);
    assertThat(field(first, "anthropic-ratelimit-requests-limit")).isEqualTo("1");
    assertThat(field(first, "anthropic-ratelimit-requests-remaining")).isEqualTo("0");
    assertThat(Instant.parse(field(first, "anthropic-ratelimit-requests-reset")))
        .isEqualTo(at.clock.instant().plusSeconds(60));
    assertThat(field(first, "anthropic-ratelimit-tokens-limit")).isEqualTo("10000");
    assertThat(Long.parseLong(field(first, "anthropic-ratelimit-tokens-remaining")))
        .isBetween(9_000L, 9_990L);
    assertThat(field(first, "ratelimit-policy"))
        .isEqualTo(
            "\"mandate-requests\";q=1;w=60, \"mandate-tokens\";q=10000;qu=\"tokens\";w=60,"
                + " \"mandate-calls\";q=5;qu=\"concurrent-requests\"");
    HttpResponse<String> refused =
        at.send(at.post(key, "/anthropic/v1/messages", RunningGateway.messagesBody("")));
    assertLimited(refused, "requests_per_minute", "mandate");
    assertThat(Json.parse(refused.body()).path("type").asText()).isEqualTo("error");
  }

  @Test
  void tokensCountAtTheirBoundAndThenAsTheProviderCounted() {
    String key = at.caller("m", Limits.NONE);
    limit(RateHolder.CLIENT, at.client.id().value(), new Rates(null, 200L, null));
    // The prompt is bounded by 57, and 143 are asked for.
    assertThat(at.chat(key, ",\"max_tokens\":143").statusCode()).isEqualTo(200);
    // The provider counted 40.
    assertLimited(at.chat(key, ",\"max_tokens\":143"), "tokens_per_minute", "client");
    assertThat(at.ledger("m")).hasSize(1);
    HttpResponse<String> second = at.chat(key, ",\"max_tokens\":100");
    assertThat(second.statusCode()).isEqualTo(200);
    assertThat(Long.parseLong(field(second, "x-ratelimit-remaining-tokens"))).isBetween(3L, 60L);
  }

  @Test
  void aModelOfItsOwnLimitIsNamedInTheRefusalButNotInAField() {
    String key = at.caller("m", Limits.NONE);
    limit(RateHolder.TENANT, null, "gpt-test", new Rates(1L, null, null));
    assertThat(field(at.chat(key, ""), "ratelimit")).startsWith("\"tenant-model-requests\";r=0;t=");
    HttpResponse<String> refused = at.chat(key, "");
    assertLimited(refused, "requests_per_minute", "tenant");
    assertThat(refused.body()).contains("for gpt-test");
  }

  @Test
  void aCallThatIsRefusedForAnotherReasonCostsNothingOfTheRate() {
    String key = at.caller("m", new Limits(1L, null, null, null));
    limit(RateHolder.TENANT, null, new Rates(2L, 500L, 1L));
    assertThat(at.chat(key, "").statusCode()).isEqualTo(200);
    for (int i = 0; i < 5; i++) {
      assertThat(RunningGateway.code(at.chat(key, ""))).isEqualTo("budget_exhausted");
      assertThat(
              RunningGateway.code(
                  at.send(at.post(key, CHAT, RunningGateway.chatBody(",\"model\":1")))))
          .isEqualTo("invalid_request_body");
    }
    String other = at.caller("n", Limits.NONE);
    assertThat(at.chat(other, "").statusCode()).isEqualTo(200);
    assertThat(RunningGateway.code(at.chat(other, ""))).isEqualTo("rate_limited");
  }

  @Test
  void aCallThatCouldNotBeSentGivesBackWhatItTook() throws IOException {
    String key = at.caller("m", Limits.NONE);
    limit(RateHolder.TENANT, null, new Rates(1L, null, 1L));
    upstream.close();
    for (int i = 0; i < 3; i++) {
      assertThat(RunningGateway.code(at.chat(key, ""))).isEqualTo("upstream_unreachable");
    }
  }

  @Test
  void aStreamHoldsItsPlaceUntilItsEndAndAHangUpFreesItOnce() throws Exception {
    upstream.script = NodesTest::endless;
    String key = at.caller("m", Limits.NONE);
    limit(RateHolder.API_KEY, null, new Rates(null, null, 2L));
    InputStream first = NodesTest.open(at, key);
    InputStream second = NodesTest.open(at, key);
    HttpResponse<String> refused = at.chat(key, "");
    assertLimited(refused, "concurrent_calls", "api_key");
    assertThat(field(refused, "retry-after")).isEqualTo("1");
    assertThat(field(refused, "ratelimit")).isEqualTo("\"api_key-calls\";r=0");
    first.close();
    RunningGateway.await(() -> at.gateway.openCalls() == 1);
    try (InputStream third = NodesTest.open(at, key)) {
      assertLimited(at.chat(key, ""), "concurrent_calls", "api_key");
      assertThat(third.read()).isNotNegative();
    }
    second.close();
  }

  @Test
  void aLimitThatIsRaisedLoweredOrTakenAwayHoldsForTheNextCall() {
    String key = at.caller("m", Limits.NONE);
    RateLimit limit = limit(RateHolder.USER, at.user.id().value(), new Rates(1L, null, null));
    assertThat(at.chat(key, "").statusCode()).isEqualTo(200);
    assertLimited(at.chat(key, ""), "requests_per_minute", "user");
    Rates two = new Rates(2L, null, null);
    assertThat(at.stores.rateLimits().replace(limit, two)).isTrue();
    assertThat(at.chat(key, "").statusCode()).isEqualTo(200);
    assertThat(at.stores.rateLimits().replace(limit.withRates(two), new Rates(0L, null, null)))
        .isTrue();
    HttpResponse<String> never = at.chat(key, "");
    assertLimited(never, "requests_per_minute", "user");
    assertThat(field(never, "x-should-retry")).isEqualTo("false");
    assertThat(never.headers().firstValue("retry-after")).isEmpty();
    at.stores.rateLimits().delete(RunningGateway.TENANT, limit.id());
    assertThat(at.chat(key, "").statusCode()).isEqualTo(200);
  }

  @Test
  void aPersonsKeysAndTokensShareThePersonsLimitAndNoFieldOfARequestChangesThat() {
    Mandate one = at.mandate("m", Limits.NONE);
    limit(RateHolder.USER, null, new Rates(3L, null, null));
    int went = 0;
    for (int i = 0; i < 4; i++) {
      for (String key : new String[] {at.key(one), at.caller("n" + i, Limits.NONE)}) {
        HttpResponse<String> answer =
            at.send(
                at.post(key, CHAT, RunningGateway.chatBody(",\"user\":\"u" + i + "\""))
                    .header("x-forwarded-for", "203.0.113." + i)
                    .header("x-ratelimit-limit-requests", "1000000")
                    .header("ratelimit-policy", "\"user-requests\";q=1000000;w=1")
                    .header("ratelimit", "\"user-requests\";r=1000000"));
        went += answer.statusCode() == 200 ? 1 : 0;
      }
    }
    assertThat(went).isEqualTo(3);
  }

  @Test
  void callsThatRaceForTheLastPlacesAreAsManyAsThereAre() {
    String key = at.caller("m", Limits.NONE);
    limit(RateHolder.TENANT, null, new Rates(5L, null, null));
    var calls =
        java.util.stream.IntStream.range(0, 30)
            .mapToObj(
                _ ->
                    at.http.sendAsync(
                        at.post(key, CHAT, RunningGateway.chatBody("")).build(),
                        HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8)))
            .toList();
    assertThat(calls.stream().map(CompletableFuture::join).filter(r -> r.statusCode() == 200))
        .hasSize(5);
    assertThat(upstream.requests).hasValue(5);
  }

  @Test
  void theListOfModelsCountsAsARequest() {
    String key = at.caller("m", Limits.NONE);
    limit(RateHolder.TENANT, null, new Rates(1L, null, 1L));
    var list = at.request("/openai/v1/models").header("authorization", "Bearer " + key).GET();
    HttpResponse<String> first = at.send(list);
    assertThat(first.statusCode()).isEqualTo(200);
    assertThat(field(first, "x-ratelimit-remaining-requests")).isEqualTo("0");
    assertLimited(at.send(list), "requests_per_minute", "tenant");
  }
}
