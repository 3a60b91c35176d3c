package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.upstream.Usage;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Odd providers and callers who mean harm: what is charged and what is sent stays right.
@org.junit.jupiter.api.Timeout(40)
class HostileTest {
  private static final String CHAT = "/openai/v1/chat/completions";

  @TempDir private Path folder;
  private RawUpstream upstream;
  private RunningGateway at;

  @BeforeEach
  void start() {
    upstream = new RawUpstream();
    at = new RunningGateway(folder, upstream.url());
  }

  @AfterEach
  void stop() throws IOException {
    at.close();
    upstream.close();
  }

  private LedgerEntry settled() {
    RunningGateway.await(() -> !at.ledger("m").isEmpty());
    return at.ledger("m").getFirst();
  }

  private static RawUpstream.Script stream(String events) {
    return (_, out) -> {
      out.write(RawUpstream.streamHead());
      out.write(RawUpstream.chunk(events));
      out.write(RawUpstream.lastChunk());
    };
  }

  private static String chunk(String content, int tokens) {
    return "data: {\"choices\":[{\"delta\":{\"content\":\""
        + content
        + "\"}}],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":"
        + tokens
        + "}}\n\n";
  }

  @Test
  void usageThatRunsAlongInEachChunkIsChargedAtItsLastWord() {
    upstream.script = stream(chunk("a", 1) + chunk("b", 2) + chunk("c", 90) + "data: [DONE]\n\n");
    String key = at.caller("m", Limits.NONE);
    at.chat(key, ",\"stream\":true,\"max_tokens\":100");
    assertThat(settled().usage()).isEqualTo(Usage.of(7, 90));
    assertThat(settled().estimated()).isFalse();
  }

  @Test
  void numbersInsideAUsageDoNotReplaceItsTotals() {
    upstream.script =
        (_, out) ->
            out.write(
                RawUpstream.json(
                    200,
                    "{\"usage\":{\"input_tokens\":50,\"output_tokens\":9,\"iterations\":["
                        + "{\"input_tokens\":1,\"output_tokens\":1}]}}"));
    String key = at.caller("m", Limits.NONE);
    at.send(at.post(key, "/anthropic/v1/messages", RunningGateway.messagesBody("")));
    assertThat(settled().usage()).isEqualTo(Usage.of(50, 9));
  }

  @Test
  void usageWithoutOutputSettlesAtTheReserve() {
    upstream.script =
        (_, out) -> out.write(RawUpstream.json(200, "{\"usage\":{\"prompt_tokens\":4}}"));
    String key = at.caller("m", Limits.NONE);
    at.chat(key, ",\"max_tokens\":10");
    assertThat(settled().usage()).isEqualTo(Usage.of(57, 10));
    assertThat(settled().estimated()).isTrue();
  }

  @Test
  void absurdUsageSettlesAndEndsTheCall() {
    upstream.script =
        (_, out) ->
            out.write(
                RawUpstream.json(
                    200,
                    "{\"usage\":{\"prompt_tokens\":9000000000000000000,"
                        + "\"completion_tokens\":9000000000000000000}}"));
    String key = at.caller("m", new Limits(null, null, null, 1_000L));
    assertThat(at.chat(key, ",\"max_tokens\":10").statusCode()).isEqualTo(200);
    RunningGateway.await(() -> at.gateway.openCalls() == 0);
    assertThat(RunningGateway.code(at.chat(key, ",\"max_tokens\":10")))
        .isEqualTo("budget_exhausted");
  }

  @Test
  void aRefusalAfterTheProvidersHeadHasTheLengthOfItsOwnBody() throws Exception {
    CompletableFuture<Void> sent = new CompletableFuture<>();
    upstream.script =
        (_, out) -> {
          out.write(
              "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nretry-after: 7\r\ncontent-length: 5000\r\n\r\n"
                  .getBytes(StandardCharsets.UTF_8));
          out.flush();
          sent.complete(null);
          throw new IOException("gone");
        };
    String key = at.caller("m", Limits.NONE);
    HttpResponse<String> response = at.chat(key, ",\"max_tokens\":10");
    assertThat(response.statusCode()).isEqualTo(502);
    assertThat(RunningGateway.code(response)).isEqualTo("upstream_unreachable");
    assertThat(response.headers().firstValueAsLong("content-length"))
        .hasValue(response.body().length());
    assertThat(response.headers().firstValue("retry-after")).isEmpty();
  }

  @Test
  void aHalfAnswerBreaksItsOwnStreamOfAnHttp2ConnectionAndNoOther() throws Exception {
    CompletableFuture<Void> go = new CompletableFuture<>();
    upstream.script =
        (request, out) -> {
          if (request.body().contains("half")) {
            out.write(RawUpstream.json(200, "{\"choices\":[]}".repeat(10)), 0, 120);
            out.flush();
            throw new IOException("gone");
          }
          go.join();
          out.write(
              RawUpstream.json(200, "{\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":2}}"));
        };
    String key = at.caller("m", Limits.NONE);
    try (HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
      HttpResponse<String> first =
          http.send(
              at.request("/openai/v1/models").header("x-api-key", key).build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(first.version()).isEqualTo(HttpClient.Version.HTTP_2);
      CompletableFuture<HttpResponse<String>> other =
          http.sendAsync(
              at.post(key, CHAT, RunningGateway.chatBody("")).build(),
              HttpResponse.BodyHandlers.ofString());
      upstream.next();
      CompletableFuture<HttpResponse<String>> half =
          http.sendAsync(
              at.post(key, CHAT, RunningGateway.chatBody(",\"user\":\"half\"")).build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(half.handle((_, failure) -> failure).join()).isNotNull();
      go.complete(null);
      assertThat(other.join().statusCode()).isEqualTo(200);
    }
  }
}
