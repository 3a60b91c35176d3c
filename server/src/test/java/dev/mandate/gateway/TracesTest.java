package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limits;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.trace.TraceConfig;
import dev.mandate.platform.trace.Tracing;
import dev.mandate.testing.TraceCollector;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a trace collector is told of calls, and what it is not.
class TracesTest {
  private static final String CHAT = "/openai/v1/chat/completions";
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String CALLER = "00f067aa0ba902b7";
  private static final String ANSWER =
      "{\"id\":\"chatcmpl-1\",\"model\":\"gpt-test-2026\",\"choices\":[{\"message\":{\"content\":"
          + "\"canary-answer \\\"finish_reason\\\":\\\"length\\\" \\\"id\\\":\\\"canary-id\\\"\","
          + "\"id\":\"canary-inner\"},\"finish_reason\":\"stop\"}],"
          + "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}";

  @TempDir private Path folder;
  private final TraceCollector collector = new TraceCollector();
  private final RawUpstream upstream = new RawUpstream();

  @SuppressWarnings("NullAway.Init") // start() sets it, first in each test.
  private RunningGateway at;

  private int starts;

  private void start(double sampling, boolean followCallers, boolean propagateUpstream) {
    start(collector.url(), sampling, followCallers, propagateUpstream);
  }

  private void start(URI to, double sampling, boolean followCallers, boolean propagateUpstream) {
    at =
        new RunningGateway(
            folder.resolve("run-" + ++starts),
            upstream.url(),
            Tracing.of(
                new TraceConfig(
                    to,
                    Secret.of("Bearer collector"),
                    sampling,
                    followCallers,
                    propagateUpstream,
                    100),
                "test",
                "node"));
    upstream.script = (_, out) -> out.write(RawUpstream.json(200, ANSWER));
  }

  @AfterEach
  void stop() throws IOException {
    at.close();
    upstream.close();
    collector.close();
  }

  private HttpResponse<String> call(String key, String traceparent) {
    return at.send(
        at.post(key, CHAT, RunningGateway.chatBody("").replace("Hi", "canary-prompt"))
            .header("traceparent", traceparent));
  }

  private static String traceparent(String flags) {
    return "00-" + TRACE + "-" + CALLER + "-" + flags;
  }

  private List<TraceCollector.Span> spans(int count) {
    RunningGateway.await(() -> collector.spans().size() >= count);
    return collector.spans();
  }

  @Test
  void aCallIsASpanOfTheCallersTraceWithTheUpstreamsBelow() throws Exception {
    start(1, false, false);
    String key = at.caller("m", Limits.NONE);
    assertThat(call(key, traceparent("01")).statusCode()).isEqualTo(200);
    List<TraceCollector.Span> spans = spans(2);
    TraceCollector.Span request =
        spans.stream().filter(s -> s.parentId().equals(CALLER)).findFirst().orElseThrow();
    TraceCollector.Span below =
        spans.stream().filter(s -> s.parentId().equals(request.spanId())).findFirst().orElseThrow();
    assertThat(spans).allMatch(s -> s.traceId().equals(TRACE));
    assertThat(request.name()).isEqualTo("POST /{upstream}/v1/chat/completions");
    assertThat(request.attributes())
        .containsEntry("http.route", "/{upstream}/v1/chat/completions")
        .containsEntry("http.response.status_code", "200")
        .containsEntry("mandate.mandate_id", "m");
    assertThat(below.name()).isEqualTo("chat gpt-test");
    assertThat(below.attributes())
        .containsEntry("gen_ai.provider.name", "openai")
        .containsEntry("gen_ai.operation.name", "chat")
        .containsEntry("gen_ai.request.model", "gpt-test")
        .containsEntry("gen_ai.usage.input_tokens", "7")
        .containsEntry("gen_ai.usage.output_tokens", "3")
        .containsEntry("gen_ai.usage.cache_read.input_tokens", "0")
        .containsEntry("gen_ai.response.id", "chatcmpl-1")
        .containsEntry("gen_ai.response.model", "gpt-test-2026")
        .containsKey("gen_ai.response.finish_reasons");
    assertThat(collector.authorizations).contains("Bearer collector");
    // Not told: it would link our callers' traffic for the provider.
    assertThat(upstream.next().headers()).doesNotContainKey("traceparent");
    assertThat(at.audit().getFirst().details()).containsEntry("trace_id", TRACE);
  }

  @Test
  void neitherKeysNorWordsAreInATrace() {
    start(1, false, false);
    String key = at.caller("m", Limits.NONE);
    call(key, traceparent("01"));
    at.send(at.request(CHAT + "?key=canary-query").header("x-secret", "canary-header").GET());
    at.send(at.post("canary-token", CHAT, "{}"));
    spans(4);
    assertThat(collector.everything())
        .contains("gpt-test")
        .doesNotContain(key)
        .doesNotContain(RunningGateway.OPENAI_KEY)
        .doesNotContain("canary-");
  }

  @Test
  void whatACallerSaysOfItsTraceDecidesNothing() {
    start(0, false, false);
    String key = at.caller("m", Limits.NONE);
    HttpResponse<String> sampled = call(key, traceparent("01"));
    assertThat(sampled.statusCode()).isEqualTo(200);
    // Closing sends what waits.
    at.close();
    assertThat(collector.spans()).isEmpty();
    start(1, false, false);
  }

  @Test
  void aTrustedCallersDecisionIsFollowedWhereThatIsSet() {
    start(0, true, true);
    String key = at.caller("m", Limits.NONE);
    call(key, traceparent("00"));
    call(key, traceparent("01"));
    assertThat(spans(2)).hasSize(2).allMatch(s -> s.traceId().equals(TRACE));
  }

  @Test
  void theProviderIsToldTheTraceWhereThatIsSet() throws Exception {
    start(1, false, true);
    call(at.caller("m", Limits.NONE), traceparent("01"));
    String told = upstream.next().headers().get("traceparent");
    assertThat(told).startsWith("00-" + TRACE + "-").endsWith("-01").doesNotContain(CALLER);
  }

  @Test
  void aCollectorThatRefusesOrIsAwayHurtsNoCall() {
    start(1, false, false);
    collector.status.set(500);
    String key = at.caller("m", Limits.NONE);
    for (int i = 0; i < 300; i++) {
      assertThat(call(key, "nonsense").statusCode()).isEqualTo(200);
    }
    RunningGateway.await(() -> collector.requests.get() > 0);
    collector.close();
    assertThat(call(key, traceparent("01")).statusCode()).isEqualTo(200);
  }
}
