package dev.mandate.simulator;

import static dev.mandate.simulator.RunningSimulator.events;
import static dev.mandate.simulator.RunningSimulator.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DirectiveTest {
  private static final String STREAM = ",\"stream\":true";
  private static final String STREAM_WITH_USAGE =
      STREAM + ",\"stream_options\":{\"include_usage\":true}";

  private static RunningSimulator sim;

  @BeforeAll
  static void start() {
    sim = new RunningSimulator();
  }

  @AfterAll
  static void stop() {
    sim.close();
  }

  @BeforeEach
  void reset() {
    sim.reset();
  }

  @Test
  void tokensIsTheExactNumberOfOutputTokens() {
    for (int tokens : List.of(1, 17, 123, 5_000)) {
      String text = "Hi [[sim tokens=" + tokens + "]]";
      assertThat(json(sim.chat(text, "")).at("/usage/completion_tokens").asInt()).isEqualTo(tokens);
      assertThat(json(sim.responses(text, "")).at("/usage/output_tokens").asInt())
          .isEqualTo(tokens);
      String more = ",\"max_tokens\":64000";
      String body = RunningSimulator.messagesBody(text, "").replace(",\"max_tokens\":1000", more);
      assertThat(json(sim.postAnthropic("/v1/messages", body)).at("/usage/output_tokens").asInt())
          .isEqualTo(tokens);
    }
  }

  @Test
  void chunksIsTheExactNumberOfContentChunks() {
    List<JsonNode> chat = events(sim.chat("[[sim chunks=200]]", STREAM).body());
    assertThat(chat).hasSize(1 + 200 + 1);
    List<JsonNode> claude = events(sim.messages("[[sim chunks=3]]", STREAM).body());
    assertThat(claude.stream().filter(e -> e.path("type").asText().equals("content_block_delta")))
        .hasSize(3);
  }

  @Test
  void delaysAreKept() {
    assertThat(elapsed(() -> sim.chat("[[sim delay=150]]", ""))).isGreaterThanOrEqualTo(150);
    assertThat(elapsed(() -> sim.chat("[[sim delay=60 ttfb=60]]", ""))).isGreaterThanOrEqualTo(120);
    assertThat(elapsed(() -> sim.chat("[[sim chunks=10 chunk_delay=15]]", STREAM)))
        .isGreaterThanOrEqualTo(150);
    assertThat(elapsed(() -> sim.chat("[[sim delay=100 status=500]]", "")))
        .isGreaterThanOrEqualTo(100);
  }

  private static long elapsed(Callable<HttpResponse<String>> call) {
    try {
      long start = System.nanoTime();
      call.call();
      // A timer may fire a fraction of its millisecond early.
      return Duration.ofNanos(System.nanoTime() - start).toMillis() + 2;
    } catch (Exception unexpected) {
      throw new AssertionError(unexpected);
    }
  }

  @Test
  void theFirstEventComesAfterTheHeadersByTtfb() throws IOException {
    HttpResponse<InputStream> response =
        sim.send(
            sim.openAi("/v1/chat/completions")
                .POST(
                    BodyPublishers.ofString(RunningSimulator.chatBody("[[sim ttfb=200]]", STREAM))),
            BodyHandlers.ofInputStream());
    long headers = System.nanoTime();
    assertThat(response.body().read()).isEqualTo('d');
    assertThat(Duration.ofNanos(System.nanoTime() - headers).toMillis()).isGreaterThan(100);
    response.body().close();
  }

  @Test
  void statusIsAnsweredInTheProvidersShapeAndCostsNothing() {
    for (int status : List.of(400, 401, 403, 404, 422, 429, 500, 503)) {
      HttpResponse<String> response =
          sim.chat("[[sim status=" + status + " retry_after=2]]", STREAM);
      assertThat(response.statusCode()).isEqualTo(status);
      assertThat(json(response).at("/error/message").asText()).isNotEmpty();
      assertThat(response.headers().firstValue("retry-after")).hasValue("2");
    }
    JsonNode overloaded = json(sim.messages("[[sim status=529]]", ""));
    assertThat(overloaded.at("/error/type").asText()).isEqualTo("overloaded_error");
    JsonNode quoted = json(sim.chat("[[sim status=401]]", ""));
    assertThat(quoted.at("/error/message").asText()).contains("sk-proj-***").contains("cdef");
    assertThat(sim.stats().at("/total/requests").asInt()).isZero();
    assertThat(sim.stats().at("/refused/401").asInt()).isEqualTo(2);
  }

  @Test
  void usageCanBeLeftOutAndIsCountedAllTheSame() {
    assertThat(json(sim.chat("[[sim no_usage]]", "")).has("usage")).isFalse();
    assertThat(json(sim.responses("[[sim no_usage]]", "")).has("usage")).isFalse();
    assertThat(json(sim.messages("[[sim no_usage]]", "")).has("usage")).isFalse();
    List<JsonNode> chat = events(sim.chat("[[sim no_usage]]", STREAM_WITH_USAGE).body());
    assertThat(chat).allMatch(chunk -> chunk.path("usage").isNull());
    List<JsonNode> claude = events(sim.messages("[[sim no_usage]]", STREAM).body());
    assertThat(claude).noneMatch(e -> e.has("usage") || e.path("message").has("usage"));
    List<JsonNode> responses = events(sim.responses("[[sim no_usage]]", STREAM).body());
    assertThat(responses.getLast().path("response").has("usage")).isFalse();
    assertThat(sim.stats().at("/total/completion_tokens").asInt()).isPositive();
  }

  @Test
  void aDroppedStreamEndsAfterTheChunksAskedForAndOnlyThoseAreBilled() throws IOException {
    String body = RunningSimulator.chatBody("[[sim tokens=100 chunks=50 drop_after=5]]", STREAM);
    // A socket, because Java's client throws away what it has read when a stream breaks off.
    String seen = sim.rawOpenAi("/v1/chat/completions", body);
    assertThat(seen.lines().filter(line -> line.startsWith("data: "))).hasSize(1 + 5);
    assertThat(seen).doesNotContain("[DONE]").doesNotEndWith("0\r\n\r\n");
    JsonNode tally = sim.tally("openai", "gpt-5-mini");
    assertThat(tally.path("completion_tokens").asInt()).isEqualTo(10);
    assertThat(tally.path("streams_broken").asInt()).isEqualTo(1);
    assertThat(sim.stats().path("open_streams").asInt()).isZero();
  }

  @Test
  void aDroppedWholeAnswerBreaksOffInItsBody() {
    assertThatThrownBy(() -> sim.chat("[[sim drop_after=0]]", ""))
        .isInstanceOf(UncheckedIOException.class);
    assertThat(sim.tally("openai", "gpt-5-mini").path("requests").asInt()).isEqualTo(1);
  }

  @Test
  void anErrorMidstreamEndsTheStreamInTheProvidersWay() {
    String text = "[[sim chunks=10 error_midstream=4]]";
    HttpResponse<String> chat = sim.chat(text, STREAM_WITH_USAGE);
    assertThat(chat.body()).doesNotContain("[DONE]");
    assertThat(events(chat.body())).hasSize(1 + 4 + 1);
    assertThat(events(chat.body()).getLast().at("/error/type").asText()).isEqualTo("server_error");
    List<JsonNode> responses = events(sim.responses(text, STREAM).body());
    assertThat(responses.get(responses.size() - 2).path("type").asText()).isEqualTo("error");
    assertThat(responses.getLast().path("type").asText()).isEqualTo("response.failed");
    List<JsonNode> claude = events(sim.messages(text, STREAM).body());
    assertThat(claude.getLast().at("/error/type").asText()).isEqualTo("overloaded_error");
    assertThat(sim.stats().at("/total/streams_broken").asInt()).isEqualTo(3);
  }

  @Test
  void echoAnswersWithTheBodyThatArrived() {
    String body = RunningSimulator.chatBody("grüß dich [[sim echo]]", ",\"seed\":  7");
    JsonNode answer = json(sim.postOpenAi("/v1/chat/completions", body));
    assertThat(answer.at("/choices/0/message/content").asText()).isEqualTo(body);
    String anthropic = RunningSimulator.messagesBody("[[sim echo]]", "");
    assertThat(json(sim.postAnthropic("/v1/messages", anthropic)).at("/content/0/text").asText())
        .isEqualTo(anthropic);
  }

  @Test
  void theLastRequestIsShownWithItsKeyMasked() {
    sim.send(
        sim.request("/v1/chat/completions")
            .header("authorization", "Bearer " + RunningSimulator.BOBS_KEY)
            .header("x-probe", "yes")
            .POST(BodyPublishers.ofString(RunningSimulator.chatBody("Hi", ""))));
    JsonNode last = sim.last();
    assertThat(last.path("key_label").asText()).isEqualTo("bob");
    assertThat(last.at("/headers/authorization/0").asText()).isEqualTo("Bearer ***cdef");
    assertThat(last.at("/headers/x-probe/0").asText()).isEqualTo("yes");
    assertThat(last.path("body").asText()).isEqualTo(RunningSimulator.chatBody("Hi", ""));
    assertThat(last.toString()).doesNotContain(RunningSimulator.BOBS_KEY);
    assertThat(sim.tally("bob", "gpt-5-mini").path("requests").asInt()).isEqualTo(1);
  }

  @Test
  void aPeerThatLeavesIsNoticedAndPaysForWhatWasGenerated() throws IOException {
    HttpResponse<InputStream> response =
        sim.send(
            sim.openAi("/v1/chat/completions")
                .POST(
                    BodyPublishers.ofString(
                        RunningSimulator.chatBody(
                            "[[sim tokens=10000 chunks=10000 chunk_delay=5]]", STREAM))),
            BodyHandlers.ofInputStream());
    assertThat(response.body().read()).isEqualTo('d');
    response.body().close();
    JsonNode stats = sim.awaitStats(s -> s.path("open_streams").asInt() == 0);
    assertThat(stats.at("/total/streams_aborted").asInt()).isEqualTo(1);
    assertThat(stats.at("/total/completion_tokens").asInt()).isBetween(1, 5_000);
  }

  @Test
  void aPeerThatReadsNothingHoldsTheStreamBack() throws IOException {
    HttpResponse<InputStream> response =
        sim.send(
            sim.openAi("/v1/chat/completions")
                .POST(
                    BodyPublishers.ofString(
                        RunningSimulator.chatBody("[[sim tokens=128000 chunks=128000]]", STREAM))),
            BodyHandlers.ofInputStream());
    long generated = -1;
    long before = -2;
    // Steady means held back: 128000 chunks are some 30 MB, more than sockets buffer.
    while (generated != before) {
      before = generated;
      for (int i = 0; i < 50; i++) {
        generated = sim.stats().at("/total/completion_tokens").asLong();
      }
    }
    assertThat(generated).isLessThan(128_000);
    String all = new String(response.body().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(all).endsWith("data: [DONE]\n\n");
    assertThat(sim.stats().at("/total/completion_tokens").asLong()).isEqualTo(128_000);
  }

  @Test
  void aThousandStreamsRunAtOnce() {
    int streams = 1_000;
    String body = RunningSimulator.chatBody("[[sim tokens=20 chunks=20 chunk_delay=50]]", STREAM);
    List<CompletableFuture<HttpResponse<String>>> answers =
        IntStream.range(0, streams)
            .mapToObj(
                _ ->
                    sim.sendAsync(
                        sim.openAi("/v1/chat/completions").POST(BodyPublishers.ofString(body))))
            .toList();
    for (CompletableFuture<HttpResponse<String>> answer : answers) {
      assertThat(answer.join().body()).endsWith("data: [DONE]\n\n");
    }
    JsonNode tally = sim.tally("openai", "gpt-5-mini");
    assertThat(tally.path("streams_finished").asInt()).isEqualTo(streams);
    assertThat(tally.path("completion_tokens").asInt()).isEqualTo(20 * streams);
  }
}
