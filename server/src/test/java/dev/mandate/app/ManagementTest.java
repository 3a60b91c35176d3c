package dev.mandate.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.platform.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The management listener of a whole server, and what the public one says of health.
class ManagementTest {
  @TempDir private static Path folder;
  private static Launch.Demonstration demo;
  private static final HttpClient http = HttpClient.newHttpClient();

  @BeforeAll
  static void start() {
    demo = Launch.demo(DemoOptions.alone(folder.resolve("data")).managed(0));
  }

  @AfterAll
  static void stop() throws Exception {
    http.shutdownNow();
    demo.server().close();
    demo.simulator().close();
  }

  private static HttpResponse<String> send(int port, String method, String path, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .method(method, HttpRequest.BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }

  private static HttpResponse<String> management(String method, String path, String... headers)
      throws IOException, InterruptedException {
    return send(demo.server().managementPort(), method, path, headers);
  }

  @Test
  void metricsAreServedInTheFormatThatIsAccepted() throws Exception {
    HttpResponse<String> text = management("GET", "/metrics");
    assertThat(text.statusCode()).isEqualTo(200);
    assertThat(text.headers().firstValue("content-type").orElse("")).startsWith("text/plain");
    assertThat(text.body())
        .contains("mandate_build_info{version=")
        .contains("mandate_gateway_open_calls 0")
        .contains("mandate_budget_reservations_open 0")
        .contains("mandate_database_commits_total ")
        .contains("mandate_audit_lost_total 0")
        .contains("jvm_memory_used_bytes")
        .contains("process_files_open_files");
    HttpResponse<String> open =
        management("GET", "/metrics", "accept", "application/openmetrics-text;version=1.0.0");
    assertThat(open.headers().firstValue("content-type").orElse(""))
        .startsWith("application/openmetrics-text");
    assertThat(open.body()).endsWith("# EOF\n");
    HttpResponse<String> head = management("HEAD", "/metrics");
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /health/live, 200",
    "GET, /health/ready, 200",
    "HEAD, /health/ready, 200",
    "POST, /metrics, 405",
    "DELETE, /health/live, 405",
    "OPTIONS, /metrics, 405",
    "GET, /, 404",
    "GET, /healthz, 404",
    "GET, /oauth/jwks, 404",
    "GET, /signin, 404",
    "GET, /admin/v1/mandates, 404",
    "GET, /openai/v1/models, 404",
    "GET, /metrics/, 404"
  })
  void itServesMetricsAndHealthAndNothingElse(String method, String path, int status)
      throws Exception {
    assertThat(management(method, path).statusCode()).isEqualTo(status);
  }

  @ParameterizedTest
  @CsvSource({
    "/healthz, 200",
    "/readyz, 200",
    "/metrics, 404",
    "/health/live, 404",
    "/health/ready, 404"
  })
  void thePublicListenerSaysWhetherItIsReadyAndNoMore(String path, int status) throws Exception {
    int port = demo.server().port();
    assertThat(send(port, "GET", path).statusCode()).isEqualTo(status);
  }

  private static String series() throws IOException, InterruptedException {
    return management("GET", "/metrics")
        .body()
        .lines()
        .filter(line -> !line.contains("_bucket{") && !line.contains("jvm_"))
        .collect(java.util.stream.Collectors.joining("\n"));
  }

  @Test
  void aCallIsCountedAndNothingOfItsTenantShows() throws Exception {
    String basic = DemoFile.SERVICE_CLIENT + ":" + demo.file().serviceSecret().reveal();
    HttpResponse<String> token =
        http.send(
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + demo.server().port() + "/oauth/token"))
                .header("content-type", "application/x-www-form-urlencoded")
                .header(
                    "authorization",
                    "Basic "
                        + java.util.Base64.getEncoder()
                            .encodeToString(
                                basic.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .POST(HttpRequest.BodyPublishers.ofString("grant_type=client_credentials"))
                .build(),
            BodyHandlers.ofString());
    assertThat(token.statusCode()).as(token.body()).isEqualTo(200);
    String bearer = Json.parse(token.body()).path("access_token").asText();
    HttpResponse<String> call =
        http.send(
            HttpRequest.newBuilder(
                    URI.create(
                        "http://127.0.0.1:" + demo.server().port() + "/openai/v1/chat/completions"))
                .header("content-type", "application/json")
                .header("authorization", "Bearer " + bearer)
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        "{\"model\":\""
                            + demo.openaiModel()
                            + "\",\"max_completion_tokens\":20,"
                            + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"))
                .build(),
            BodyHandlers.ofString());
    assertThat(call.statusCode()).as(call.body()).isEqualTo(200);
    String metrics = series();
    // The answer is whole before its call is counted.
    long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    while (!metrics.contains("mandate_gateway_calls_total{") && System.nanoTime() < deadline) {
      metrics = series();
    }
    assertThat(metrics)
        .contains(
            "mandate_token_requests_total{grant_type=\"client_credentials\",outcome=\"ok\"} 1.0")
        .contains(
            "mandate_gateway_calls_total{endpoint=\"chat_completions\",outcome=\"ok\","
                + "provider=\"openai\",streamed=\"false\"} 1.0")
        .contains("mandate_gateway_tokens_total{direction=\"output\",provider=\"openai\"")
        .contains("mandate_cache_requests_total{cache=\"callers\",result=\"miss\"} 1.0")
        .contains("route=\"/{upstream}/v1/chat/completions\"")
        .contains("route=\"/oauth/token\"")
        .doesNotContain(bearer)
        .doesNotContain(DemoFile.SERVICE_CLIENT)
        // OpenTelemetry's metrics name models of the catalogue, and nothing else of a tenant.
        .contains("gen_ai_request_model=\"" + demo.openaiModel() + "\"")
        .doesNotContain("mina");
  }

  @Test
  void readinessFailsWithinItsBoundAndRunsOneRoundAtATime() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    AtomicInteger rounds = new AtomicInteger();
    Readiness hanging =
        new Readiness(
            List.of(
                new Readiness.Check(
                    "hangs",
                    () -> {
                      rounds.incrementAndGet();
                      try {
                        never.await();
                      } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                      }
                      return true;
                    })),
            task -> Thread.ofVirtual().start(task),
            Duration.ofMillis(50));
    for (int i = 0; i < 5; i++) {
      assertThat(hanging.failure()).contains("did not end within 50 ms");
    }
    assertThat(rounds).hasValue(1);
    never.countDown();
    Readiness broken =
        new Readiness(
            List.of(
                new Readiness.Check("fine", () -> true),
                new Readiness.Check("the feed is stale", () -> false)),
            Runnable::run);
    assertThat(broken.failure()).isEqualTo("the feed is stale");
    Readiness throwing =
        new Readiness(
            List.of(
                new Readiness.Check(
                    "the database does not answer",
                    () -> {
                      throw new IllegalStateException("secret detail");
                    })),
            Runnable::run);
    assertThat(throwing.failure()).isEqualTo("the database does not answer");
  }
}
