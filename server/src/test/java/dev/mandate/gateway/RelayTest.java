package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.testing.Upstreams;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Bytes through in both directions, and every way in which an exchange can end.
class RelayTest {
  private static final String CHAT = "/openai/v1/chat/completions";
  private static final String STREAM = ",\"stream\":true,\"max_tokens\":100";
  private static final String HELLO =
      "data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}],\"usage\":null}\n\n";
  private static final String USAGE =
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,"
          + "\"prompt_tokens_details\":{\"cached_tokens\":2}}}\n\n";

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

  private RunningGateway second(URI url, GatewayConfig config) {
    at.close();
    return new RunningGateway(
        folder.resolve("second"),
        Upstreams.openai(RunningGateway.TENANT, url),
        Upstreams.anthropic(RunningGateway.TENANT, url),
        config);
  }

  private InputStream open(String key, String path, String body) {
    return at.http
        .sendAsync(at.post(key, path, body).build(), HttpResponse.BodyHandlers.ofInputStream())
        .join()
        .body();
  }

  private static String read(InputStream in, int bytes) throws IOException {
    return new String(in.readNBytes(bytes), StandardCharsets.UTF_8);
  }

  private LedgerEntry settled() {
    RunningGateway.await(() -> !at.ledger("m").isEmpty());
    return at.ledger("m").getFirst();
  }

  @Test
  void usageThatOnlyWeAskedForIsTakenOutAgain() throws Exception {
    upstream.script =
        (_, out) -> {
          out.write(RawUpstream.streamHead());
          String all = HELLO + USAGE + "data: [DONE]\n\n";
          for (int i = 0; i < all.length(); i += 11) {
            out.write(RawUpstream.chunk(all.substring(i, Math.min(all.length(), i + 11))));
            out.flush();
          }
          out.write(RawUpstream.lastChunk());
        };
    String key = at.caller("m", Limits.NONE);
    HttpResponse<String> response = at.chat(key, STREAM);
    assertThat(response.body())
        .isEqualTo("data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}]}\n\ndata: [DONE]\n\n");
    assertThat(upstream.next().body())
        .startsWith("{\"stream_options\":{\"include_usage\":true},\"store\":false,\"model\"");
    assertThat(settled().usage()).isEqualTo(new Usage(5, 2, 0, 0, 3));
    assertThat(settled().estimated()).isFalse();
  }

  @Test
  void aStreamWithUsageAskedForPassesByteForByte() throws Exception {
    String all = ": hi\r\n\r\n" + HELLO.replace("\n", "\r\n") + USAGE + "data: [DONE]\n\n";
    upstream.script =
        (_, out) -> {
          out.write(RawUpstream.streamHead());
          for (int i = 0; i < all.length(); i += 7) {
            out.write(RawUpstream.chunk(all.substring(i, Math.min(all.length(), i + 7))));
            out.flush();
          }
          out.write(RawUpstream.lastChunk());
        };
    String key = at.caller("m", Limits.NONE);
    String more = STREAM + ",\"stream_options\":{\"include_usage\":true},\"store\":false";
    assertThat(at.chat(key, more).body()).isEqualTo(all);
    assertThat(upstream.next().body()).isEqualTo(RunningGateway.chatBody(more));
    assertThat(settled().usage()).isEqualTo(new Usage(5, 2, 0, 0, 3));
  }

  @Test
  void includeUsageFalseIsTurnedOnUpstreamAndOffAgain() throws Exception {
    upstream.script =
        (_, out) -> {
          out.write(RawUpstream.streamHead());
          out.write(RawUpstream.chunk(HELLO + USAGE));
          out.write(RawUpstream.lastChunk());
        };
    String key = at.caller("m", Limits.NONE);
    assertThat(at.chat(key, STREAM + ",\"stream_options\":{\"include_usage\":false}").body())
        .doesNotContain("usage");
    assertThat(upstream.next().body()).contains("\"stream_options\":{\"include_usage\":true}");
  }

  @Test
  void aResponsesStreamIsReadAtItsOwnUsageOnlyAndStoreIsForcedOff() throws Exception {
    String created =
        "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"tools\":"
            + "[{\"parameters\":{\"usage\":{\"input_tokens\":0,\"output_tokens\":0}}}],"
            + "\"usage\":null}}\n\n";
    String completed =
        "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{"
            + "\"usage\":{\"input_tokens\":11,\"output_tokens\":5}}}\n\n";
    upstream.script =
        (_, out) -> {
          out.write(RawUpstream.streamHead());
          out.write(RawUpstream.chunk(created));
          out.write(RawUpstream.chunk(completed));
          out.write(RawUpstream.lastChunk());
        };
    String key = at.caller("m", Limits.NONE);
    String body = "{\"model\":\"gpt-test\",\"input\":\"Hi\",\"stream\":true}";
    assertThat(at.send(at.post(key, "/openai/v1/responses", body)).body())
        .isEqualTo(created + completed);
    assertThat(upstream.next().body()).isEqualTo("{\"store\":false," + body.substring(1));
    assertThat(settled().usage()).isEqualTo(Usage.of(11, 5));
  }

  @Test
  void anthropicUsageIsPutTogetherFromStartAndDelta() {
    String events =
        "event: message_start\n"
            + "data:"
            + " {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":10,\"cache_read_input_tokens\":4,\"cache_creation_input_tokens\":6,\"cache_creation\":{\"ephemeral_5m_input_tokens\":1,\"ephemeral_1h_input_tokens\":5},\"output_tokens\":1}}}\n\n"
            + "event: content_block_delta\n"
            + "data: {\"delta\":{\"text\":\"Hi\"}}\n\n"
            + "event: message_delta\n"
            + "data: {\"delta\":{},\"usage\":{\"output_tokens\":8}}\n\n"
            + "event: message_stop\n"
            + "data: {\"type\":\"message_stop\"}\n\n";
    upstream.script =
        (_, out) -> {
          out.write(RawUpstream.streamHead());
          out.write(RawUpstream.chunk(events));
          out.write(RawUpstream.lastChunk());
        };
    String key = at.caller("m", Limits.NONE);
    HttpResponse<String> response =
        at.send(
            at.post(
                key, "/anthropic/v1/messages", RunningGateway.messagesBody(",\"stream\":true")));
    assertThat(response.body()).isEqualTo(events);
    assertThat(settled().usage()).isEqualTo(new Usage(10, 4, 1, 5, 8));
  }

  @Test
  void aToolInputNamedUsageDoesNotCount() {
    String body =
        "{\"content\":[{\"type\":\"tool_use\",\"input\":{\"usage\":{\"input_tokens\":0,"
            + "\"output_tokens\":0}}}],\"usage\":{\"input_tokens\":9,\"output_tokens\":4},\"x\":1}";
    upstream.script = (_, out) -> out.write(RawUpstream.json(200, body));
    String key = at.caller("m", Limits.NONE);
    assertThat(
            at.send(at.post(key, "/anthropic/v1/messages", RunningGateway.messagesBody(""))).body())
        .isEqualTo(body);
    assertThat(settled().usage()).isEqualTo(Usage.of(9, 4));
  }

  @Test
  void onlyAllowedHeadersCrossInEitherDirection() throws Exception {
    upstream.script =
        (_, out) ->
            out.write(
                RawUpstream.json(
                    200,
                    "{}",
                    "set-cookie",
                    "a=b",
                    "openai-organization",
                    "acme",
                    "x-ratelimit-remaining-requests",
                    "9",
                    "x-request-id",
                    "up_1",
                    "retry-after",
                    "3"));
    String key = at.caller("m", Limits.NONE);
    HttpResponse<String> response =
        at.send(
            at.post(key, CHAT, RunningGateway.chatBody(""))
                .header("cookie", "a=b")
                .header("openai-organization", "other")
                .header("x-forwarded-for", "1.2.3.4")
                .header("accept-encoding", "gzip")
                .header("idempotency-key", "same")
                .header("x-stainless-lang", "java"));
    assertThat(response.headers().map())
        .doesNotContainKeys("set-cookie", "openai-organization", "x-ratelimit-remaining-requests")
        .containsEntry("x-upstream-request-id", List.of("up_1"))
        .containsEntry("retry-after", List.of("3"));
    RawUpstream.Received received = upstream.next();
    assertThat(received.headers())
        .containsEntry("authorization", "Bearer " + RunningGateway.OPENAI_KEY)
        .containsEntry("accept-encoding", "identity")
        .containsEntry("x-stainless-lang", "java")
        .doesNotContainKeys("cookie", "openai-organization", "x-forwarded-for", "x-api-key");
    assertThat(received.headers().get("idempotency-key")).isNotEqualTo("same");
    assertThat(received.toString()).doesNotContain(key);
  }

  @Test
  void aRejectedProviderKeyIsA502WithoutTheProvidersBody() {
    upstream.script =
        (_, out) ->
            out.write(RawUpstream.json(401, "{\"bad\":\"" + RunningGateway.OPENAI_KEY + "\"}"));
    String key = at.caller("m", Limits.NONE);
    HttpResponse<String> response = at.chat(key, "");
    assertThat(response.statusCode()).isEqualTo(502);
    assertThat(RunningGateway.code(response)).isEqualTo("upstream_credential_rejected");
    assertThat(response.body()).doesNotContain("canary");
    assertThat(settled().usage()).isEqualTo(Usage.NONE);
  }

  @Test
  void aNewCredentialIsUsedAtOnce() throws Exception {
    String key = at.caller("m", Limits.NONE);
    at.chat(key, "");
    upstream.next();
    at.clock.advance(Duration.ofSeconds(1));
    at.credential("openai", "sk-second");
    at.chat(key, "");
    assertThat(upstream.next().headers()).containsEntry("authorization", "Bearer sk-second");
  }

  @Test
  void anUnreachableUpstreamIsA502AndCostsNothing() throws IOException {
    int port;
    try (ServerSocket taken = new ServerSocket(0)) {
      port = taken.getLocalPort();
    }
    at = second(URI.create("http://127.0.0.1:" + port), GatewayConfig.DEFAULT);
    String key = at.caller("m", new Limits(1L, null, null, null));
    assertThat(RunningGateway.code(at.chat(key, ""))).isEqualTo("upstream_unreachable");
    assertThat(RunningGateway.code(at.chat(key, ""))).isEqualTo("upstream_unreachable");
    assertThat(at.ledger("m")).isEmpty();
  }

  @Test
  void aSilentUpstreamIsA504ThatIsChargedAtTheReserve() {
    upstream.script = (_, _) -> new CompletableFuture<Void>().join();
    at =
        second(
            upstream.url(),
            GatewayConfig.DEFAULT.withTimeouts(
                Duration.ofMinutes(1), Duration.ofMillis(300), Duration.ofMillis(300)));
    String key = at.caller("m", Limits.NONE);
    HttpResponse<String> response = at.chat(key, ",\"max_tokens\":10");
    assertThat(response.statusCode()).isEqualTo(504);
    assertThat(RunningGateway.code(response)).isEqualTo("upstream_timeout");
    assertThat(settled().usage()).isEqualTo(Usage.of(57, 10));
    assertThat(settled().estimated()).isTrue();
  }

  @Test
  void aStreamThatStallsEndsWithTheProvidersErrorEvent() {
    upstream.script =
        (_, out) -> {
          out.write(RawUpstream.streamHead());
          out.write(RawUpstream.chunk(HELLO + "data: {\"half"));
          out.flush();
          new CompletableFuture<Void>().join();
        };
    at =
        second(
            upstream.url(),
            GatewayConfig.DEFAULT.withTimeouts(
                Duration.ofMinutes(1), Duration.ofMinutes(1), Duration.ofMillis(300)));
    String key = at.caller("m", Limits.NONE);
    String body = at.chat(key, STREAM).body();
    assertThat(body).contains("Hello").doesNotContain("half", "[DONE]");
    assertThat(body.substring(body.indexOf("\n\n") + 2))
        .startsWith("data: {\"error\":{")
        .contains("upstream_timeout");
  }

  @Test
  void aCallerThatHangsUpCancelsTheStreamAndPaysForWhatItMayHaveCost() throws Exception {
    upstream.script =
        (_, out) -> {
          out.write(RawUpstream.streamHead());
          while (true) {
            out.write(RawUpstream.chunk(HELLO));
            out.flush();
            Thread.sleep(5);
          }
        };
    String key = at.caller("m", Limits.NONE);
    InputStream in = open(key, CHAT, RunningGateway.chatBody(STREAM));
    assertThat(read(in, 5)).isEqualTo("data:");
    in.close();
    upstream.disconnected.get(60, TimeUnit.SECONDS);
    assertThat(settled().outcome()).isEqualTo("hung_up");
    assertThat(settled().estimated()).isTrue();
    assertThat(settled().usage().input()).isEqualTo(57);
    assertThat(settled().usage().output()).isEqualTo(100);
    RunningGateway.await(() -> at.gateway.openCalls() == 0);
  }

  @Test
  void aCallThatDoesNotStreamIsLetFinishForACallerThatLeft() throws Exception {
    CompletableFuture<Void> go = new CompletableFuture<>();
    upstream.script =
        (_, out) -> {
          go.join();
          out.write(
              RawUpstream.json(200, "{\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":2}}"));
        };
    String key = at.caller("m", Limits.NONE);
    String body = RunningGateway.chatBody("");
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), at.port())) {
      socket
          .getOutputStream()
          .write(
              ("POST "
                      + CHAT
                      + " HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nx-api-key: "
                      + key
                      + "\r\ncontent-length: "
                      + body.length()
                      + "\r\n\r\n"
                      + body)
                  .getBytes(StandardCharsets.UTF_8));
      upstream.next();
    }
    go.complete(null);
    assertThat(settled().usage()).isEqualTo(Usage.of(4, 2));
    assertThat(settled().estimated()).isFalse();
  }

  @Test
  void revokingTheMandateCutsItsOpenStreamWithTheProvidersErrorEvent() throws Exception {
    upstream.script = RelayTest::endless;
    Mandate mandate = at.mandate("m", Limits.NONE);
    String key = at.key(mandate);
    InputStream in = open(key, CHAT, RunningGateway.chatBody(STREAM));
    assertThat(read(in, 5)).isEqualTo("data:");
    at.stores.mandates().revoke(RunningGateway.TENANT, mandate.id(), at.clock.instant());
    String rest = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    assertThat(rest).contains("\"code\":\"mandate_revoked\"").doesNotContain("[DONE]");
    assertThat(rest).endsWith("}}\n\n");
    upstream.disconnected.get(60, TimeUnit.SECONDS);
    assertThat(settled().outcome()).isEqualTo("cut");
  }

  @Test
  void expiryDisablingAndNarrowingCutOpenStreamsToo() throws Exception {
    upstream.script = RelayTest::endless;
    Mandate mandate = at.mandate("m", Limits.NONE);
    String key = at.key(mandate);
    String body = RunningGateway.messagesBody(",\"stream\":true");
    InputStream disabled = open(key, "/anthropic/v1/messages", body);
    read(disabled, 5);
    at.stores.users().setDisabled(RunningGateway.TENANT, at.user.id(), true);
    assertThat(new String(disabled.readAllBytes(), StandardCharsets.UTF_8))
        .contains("event: error\ndata: {\"type\":\"error\"", "mandate_suspended");
    at.stores.users().setDisabled(RunningGateway.TENANT, at.user.id(), false);
    InputStream narrowed = open(key, CHAT, RunningGateway.chatBody(STREAM));
    read(narrowed, 5);
    at.stores.users().saveEntitlements(RunningGateway.TENANT, at.user.role(), List.of());
    assertThat(new String(narrowed.readAllBytes(), StandardCharsets.UTF_8))
        .contains("model_not_allowed");
    at.stores
        .users()
        .saveEntitlements(
            RunningGateway.TENANT,
            at.user.role(),
            List.of(dev.mandate.domain.access.LlmTerms.unbounded("openai")));
    InputStream expired = open(key, CHAT, RunningGateway.chatBody(STREAM));
    read(expired, 5);
    at.clock.set(mandate.expiresAt());
    assertThat(new String(expired.readAllBytes(), StandardCharsets.UTF_8))
        .contains("mandate_expired");
  }

  private static void endless(RawUpstream.Received request, java.io.OutputStream out)
      throws IOException, InterruptedException {
    out.write(RawUpstream.streamHead());
    while (true) {
      out.write(RawUpstream.chunk(HELLO));
      out.flush();
      Thread.sleep(5);
    }
  }

  @Test
  void aCallerThatReadsSlowlyHoldsTheProviderBack() throws Exception {
    AtomicLong written = new AtomicLong();
    String megabyte = "data: \"" + "x".repeat(1 << 16) + "\"\n\n";
    upstream.script =
        (_, out) -> {
          out.write(RawUpstream.streamHead());
          while (true) {
            out.write(RawUpstream.chunk(megabyte));
            written.addAndGet(megabyte.length());
          }
        };
    String key = at.caller("m", Limits.NONE);
    InputStream in = open(key, CHAT, RunningGateway.chatBody(STREAM));
    assertThat(read(in, 5)).isEqualTo("data:");
    AtomicLong before = new AtomicLong(-1);
    AtomicLong same = new AtomicLong();
    RunningGateway.await(
        () -> {
          long now = written.get();
          same.set(before.getAndSet(now) == now ? same.get() + 1 : 0);
          return same.get() > 500;
        });
    // Socket buffers take some; without back-pressure it would be gigabytes.
    assertThat(written.get()).isLessThan(64L << 20);
    in.close();
    assertThat(settled().usage().output()).isEqualTo(100);
  }

  @Test
  void anAnswerThatBreaksOffIsNotMadeToLookWhole() {
    upstream.script =
        (_, out) -> {
          out.write(RawUpstream.json(200, "{\"choices\":[]}".repeat(10)), 0, 120);
          out.flush();
          throw new IOException("gone");
        };
    String key = at.caller("m", Limits.NONE);
    org.assertj.core.api.Assertions.assertThatThrownBy(() -> at.chat(key, ",\"max_tokens\":10"))
        .isInstanceOf(java.io.UncheckedIOException.class);
    assertThat(settled().usage()).isEqualTo(Usage.of(57, 10));
  }
}
