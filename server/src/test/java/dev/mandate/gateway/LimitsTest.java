package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.platform.json.Json;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Limits hold exactly, also when calls race, and a refused call costs nothing.
class LimitsTest {
  @TempDir private Path folder;
  private RawUpstream upstream;
  private RunningGateway at;

  @BeforeEach
  void start() {
    upstream = new RawUpstream();
    upstream.script =
        (_, out) ->
            out.write(
                RawUpstream.json(
                    200, "{\"usage\":{\"prompt_tokens\":30,\"completion_tokens\":10}}"));
    at = new RunningGateway(folder, upstream.url());
  }

  @AfterEach
  void stop() throws IOException {
    at.close();
    upstream.close();
  }

  private static void assertExhausted(HttpResponse<String> response, String limit) {
    assertThat(RunningGateway.code(response)).isEqualTo("budget_exhausted");
    assertThat(response.statusCode()).isEqualTo(429);
    assertThat(Json.parse(response.body()).path("error").path("limit").asText()).isEqualTo(limit);
    assertThat(response.headers().firstValue("x-should-retry")).hasValue("false");
  }

  @Test
  void requestsRunOutExactly() {
    String key = at.caller("m", new Limits(3L, null, null, null));
    for (int i = 0; i < 3; i++) {
      assertThat(at.chat(key, "").statusCode()).isEqualTo(200);
    }
    assertExhausted(at.chat(key, ""), "requests");
    assertThat(at.chat(key, "").headers().firstValue("retry-after")).isEmpty();
    assertThat(at.ledger("m")).hasSize(3);
    assertThat(upstream.requests).hasValue(3);
  }

  @Test
  void requestsRunOutExactlyWhenFiftyCallsRace() {
    String key = at.caller("m", new Limits(10L, null, null, null));
    List<CompletableFuture<HttpResponse<String>>> calls = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      calls.add(
          at.http.sendAsync(
              at.post(key, "/openai/v1/chat/completions", RunningGateway.chatBody("")).build(),
              HttpResponse.BodyHandlers.ofString()));
    }
    List<Integer> statuses = calls.stream().map(c -> c.join().statusCode()).toList();
    assertThat(statuses).filteredOn(s -> s == 200).hasSize(10);
    assertThat(statuses).filteredOn(s -> s == 429).hasSize(40);
    assertThat(upstream.requests).hasValue(10);
    assertThat(at.ledger("m")).hasSize(10);
  }

  @Test
  void aCapThatDoesNotFitTheTokensOfOneRequestIsRefused() {
    String key = at.caller("m", new Limits(null, 100L, null, null));
    // 57 bound the prompt: 17 bytes of text and names, 8 for the message, 32 for the template.
    assertExhausted(at.chat(key, ",\"max_tokens\":44"), "tokens_per_request");
    assertThat(upstream.requests).hasValue(0);
    assertThat(at.chat(key, ",\"max_tokens\":43").statusCode()).isEqualTo(200);
    assertExhausted(at.chat(key, ",\"max_tokens\":22,\"n\":2"), "tokens_per_request");
    assertThat(at.ledger("m")).hasSize(1);
  }

  @Test
  void withoutACapTheLargestThatFitsIsPutIn() throws InterruptedException {
    String key = at.caller("m", new Limits(null, 100L, null, null));
    assertThat(at.chat(key, "").statusCode()).isEqualTo(200);
    assertThat(upstream.next().body())
        .isEqualTo(
            RunningGateway.chatBody("")
                .replaceFirst("\\{", "{\"store\":false,\"max_completion_tokens\":43,"));
    assertThat(at.chat(key, ",\"max_completion_tokens\":null").statusCode()).isEqualTo(200);
    assertThat(upstream.next().body())
        .isEqualTo(
            RunningGateway.chatBody(",\"max_completion_tokens\":43")
                .replaceFirst("\\{", "{\"store\":false,"));
  }

  @Test
  void whereTheModelsMaximumFitsTheBodyPassesAsSent() throws InterruptedException {
    String key = at.caller("m", Limits.NONE);
    String body = RunningGateway.chatBody(" , \"user\" : \"\\u0061\"  ");
    at.send(at.post(key, "/openai/v1/chat/completions", body));
    assertThat(upstream.next().body()).isEqualTo(body.replaceFirst("\\{", "{\"store\":false,"));
  }

  @Test
  void aDaysTokensRunOutAndComeBackTheNextDay() {
    String key = at.caller("m", new Limits(null, null, 140L, null));
    assertThat(at.chat(key, ",\"max_tokens\":83").statusCode()).isEqualTo(200);
    // 40 are spent, 100 are left.
    HttpResponse<String> refused = at.chat(key, ",\"max_tokens\":44");
    assertExhausted(refused, "tokens_per_day");
    assertThat(refused.headers().firstValueAsLong("retry-after").orElse(0)).isPositive();
    assertThat(at.chat(key, ",\"max_tokens\":43").statusCode()).isEqualTo(200);
    at.clock.advance(java.time.Duration.ofDays(1));
    assertThat(at.chat(key, ",\"max_tokens\":83").statusCode()).isEqualTo(200);
  }

  @Test
  void moneyRunsOutAtTheWorstCase() {
    // Worst: 57 tokens at 2 (the dearest input), 10 at 4 dollars a million: 154 micros.
    String key = at.caller("m", new Limits(null, null, null, 223L));
    assertThat(at.chat(key, ",\"max_tokens\":10").statusCode()).isEqualTo(200);
    // 70 are spent: 30 at 1 and 10 at 4.
    assertThat(at.ledger("m").getFirst().costMicros()).isEqualTo(70);
    assertExhausted(at.chat(key, ",\"max_tokens\":10"), "cost_micros");
    assertThat(at.chat(key, ",\"max_tokens\":9").statusCode()).isEqualTo(200);
  }

  @Test
  void anErrorOfTheProviderCostsTheRequestAndNothingElse() {
    upstream.script =
        (_, out) -> out.write(RawUpstream.json(400, "{\"error\":{\"message\":\"x\"}}"));
    String key = at.caller("m", new Limits(1L, null, null, null));
    HttpResponse<String> response = at.chat(key, "");
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).isEqualTo("{\"error\":{\"message\":\"x\"}}");
    LedgerEntry entry = at.ledger("m").getFirst();
    assertThat(entry.usage()).isEqualTo(Usage.NONE);
    assertThat(entry.outcome()).isEqualTo("upstream_error");
    assertExhausted(at.chat(key, ""), "requests");
  }

  @Test
  void missingUsageSettlesAtTheReserve() {
    upstream.script = (_, out) -> out.write(RawUpstream.json(200, "{\"choices\":[]}"));
    String key = at.caller("m", Limits.NONE);
    at.chat(key, ",\"max_tokens\":10");
    // Without usage the call is booked at its end, which the caller may see first.
    RunningGateway.await(() -> !at.ledger("m").isEmpty());
    LedgerEntry entry = at.ledger("m").getFirst();
    assertThat(entry.usage()).isEqualTo(Usage.of(57, 10));
    assertThat(entry.costMicros()).isEqualTo(154);
    assertThat(entry.estimated()).isTrue();
  }

  @Test
  void countingTokensTakesARequestOnly() {
    upstream.script = (_, out) -> out.write(RawUpstream.json(200, "{\"input_tokens\":9}"));
    String key = at.caller("m", new Limits(1L, 5L, null, null));
    String body =
        "{\"model\":\"claude-test\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
    assertThat(at.send(at.post(key, "/anthropic/v1/messages/count_tokens", body)).body())
        .isEqualTo("{\"input_tokens\":9}");
    assertThat(at.ledger("m").getFirst().usage()).isEqualTo(Usage.NONE);
    assertThat(at.ledger("m").getFirst().estimated()).isFalse();
    assertExhausted(at.send(at.post(key, "/anthropic/v1/messages/count_tokens", body)), "requests");
  }

  @Test
  void embeddingsReserveTheirInput() {
    upstream.script =
        (_, out) -> out.write(RawUpstream.json(200, "{\"usage\":{\"prompt_tokens\":4}}"));
    String key = at.caller("m", new Limits(null, 60L, null, null));
    String tokens = "{\"model\":\"embedding-test\",\"input\":[1,2,3,4]}";
    // 4 tokens, 2 items, the fixed part.
    assertThat(at.send(at.post(key, "/openai/v1/embeddings", tokens)).statusCode()).isEqualTo(200);
    assertThat(at.ledger("m").getFirst().usage()).isEqualTo(Usage.of(4, 0));
    String text = "{\"model\":\"embedding-test\",\"input\":\"" + "x".repeat(40) + "\"}";
    assertExhausted(at.send(at.post(key, "/openai/v1/embeddings", text)), "tokens_per_request");
  }

  @Test
  void tooManyOpenCallsOfAMandateAreRefusedAndCostNothing() throws Exception {
    at.close();
    CompletableFuture<Void> go = new CompletableFuture<>();
    upstream.script =
        (_, out) -> {
          go.join();
          out.write(RawUpstream.json(200, "{\"usage\":{\"prompt_tokens\":1}}"));
        };
    at =
        new RunningGateway(
            folder.resolve("second"),
            dev.mandate.testing.Upstreams.openai(RunningGateway.TENANT, upstream.url()),
            dev.mandate.testing.Upstreams.anthropic(RunningGateway.TENANT, upstream.url()),
            GatewayConfig.DEFAULT.withOpenCalls(10, 1));
    String key = at.caller("m", Limits.NONE);
    var first =
        at.http.sendAsync(
            at.post(key, "/openai/v1/chat/completions", RunningGateway.chatBody("")).build(),
            HttpResponse.BodyHandlers.ofString());
    upstream.next();
    assertThat(RunningGateway.code(at.chat(key, ""))).isEqualTo("too_many_streams");
    go.complete(null);
    assertThat(first.join().statusCode()).isEqualTo(200);
    RunningGateway.await(() -> at.gateway.openCalls() == 0);
    assertThat(at.chat(key, "").statusCode()).isEqualTo(200);
    // This upstream reports no usage, so the call is booked when its answer has ended, which may be
    // a moment after the caller has read the last byte.
    RunningGateway.await(() -> at.gateway.openCalls() == 0);
    assertThat(at.ledger("m")).hasSize(2);
  }
}
