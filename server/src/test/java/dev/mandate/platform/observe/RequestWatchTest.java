package dev.mandate.platform.observe;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.http.HttpListener;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.ListenerConfig;
import dev.mandate.platform.http.Router;
import dev.mandate.platform.http.Tenancy;
import dev.mandate.platform.metrics.Meters;
import dev.mandate.platform.trace.Tracing;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.slf4j.LoggerFactory;

/// What is counted and logged of requests, over a real listener.
@Isolated("takes the access log")
class RequestWatchTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

  private final Vertx vertx = Vertx.vertx();
  private final Meters meters = new Meters();
  private final HttpClient http = HttpClient.newHttpClient();
  private final BlockingQueue<Map<String, Object>> lines = new LinkedBlockingQueue<>();
  private final CountDownLatch slow = new CountDownLatch(1);
  private final Logger access = (Logger) LoggerFactory.getLogger(RequestWatch.ACCESS_LOGGER);
  private final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          Map<String, Object> fields = new LinkedHashMap<>();
          ((LogFields) event.getArgumentArray()[0]).fields(fields::put);
          lines.add(fields);
        }
      };
  private HttpListener listener;

  @BeforeEach
  void start() {
    appender.start();
    access.setLevel(Level.INFO);
    access.setAdditive(false);
    access.addAppender(appender);
    listen(AccessLog.ALL);
  }

  private void listen(AccessLog which) {
    Router router =
        new Router()
            .add("GET", "/things/{id}", request -> answer(request.pathParameter("id")))
            .add("GET", "/slow", _ -> slow());
    listener =
        new HttpListener(
                vertx,
                new ListenerConfig(
                    "127.0.0.1", 0, 1024, 16_384, Duration.ofSeconds(30), List.of(), 1, null),
                router,
                Tenancy.NONE,
                new TokenSource(new SecureRandom(), InstantSource.system()),
                new RequestWatch(meters, Tracing.OFF, which))
            .start();
  }

  private static HttpResponse answer(String id) {
    RequestFacts.current().tenant("acme").client("app").mandate("mnd_1");
    if (id.equals("broken")) {
      RequestFacts.current().code("invalid_thing");
      return HttpResponse.text(400, "no");
    }
    return HttpResponse.text(200, "yes");
  }

  private HttpResponse slow() {
    try {
      var _ = slow.await(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return HttpResponse.text(200, "late");
  }

  @AfterEach
  void stop() {
    slow.countDown();
    access.detachAppender(appender);
    access.setAdditive(true);
    access.setLevel(null);
    http.shutdownNow();
    listener.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private void send(String method, String path) throws IOException, InterruptedException {
    http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + listener.port() + path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .header("traceparent", "00-" + TRACE + "-00f067aa0ba902b7-01")
            .build(),
        BodyHandlers.discarding());
  }

  private Map<String, Object> line() throws InterruptedException {
    Map<String, Object> line = lines.poll(60, TimeUnit.SECONDS);
    assertThat(line).as("an access line").isNotNull();
    return line;
  }

  private List<String> counted() {
    return meters
        .scrape(null)
        .text()
        .lines()
        .filter(l -> l.startsWith("mandate_http_request_seconds_count{"))
        .toList();
  }

  @Test
  void aRequestIsCountedByItsTemplateAndLoggedWithItsIds() throws Exception {
    send("GET", "/things/secret-thing?code=secret-code");
    Map<String, Object> line = line();
    assertThat(line)
        .containsEntry("method", "GET")
        .containsEntry("route", "/things/{id}")
        .containsEntry("status", 200)
        .containsEntry("tenant", "acme")
        .containsEntry("client_id", "app")
        .containsEntry("mandate_id", "mnd_1")
        .containsEntry("trace_id", TRACE)
        .containsKeys("request_id", "duration_ms")
        .doesNotContainKeys("code", "span_id");
    assertThat(line.toString()).doesNotContain("secret");
    assertThat(counted())
        .containsExactly(
            "mandate_http_request_seconds_count"
                + "{method=\"GET\",route=\"/things/{id}\",status=\"2xx\"} 1");
  }

  @Test
  void pathsAndMethodsThatClientsInventMakeNoSeries() throws Exception {
    for (int i = 0; i < 1_000; i++) {
      send("INVENTED" + i, "/invented/" + i);
    }
    for (int i = 0; i < 1_000; i++) {
      line();
    }
    assertThat(counted())
        .containsExactly(
            "mandate_http_request_seconds_count"
                + "{method=\"OTHER\",route=\"none\",status=\"4xx\"} 1000");
  }

  @Test
  void onlyErrorsAreLoggedWhereThatIsSet() throws Exception {
    listener.close();
    listen(AccessLog.ERRORS);
    send("GET", "/things/fine");
    send("GET", "/things/broken");
    assertThat(line()).containsEntry("status", 400).containsEntry("code", "invalid_thing");
    assertThat(lines).isEmpty();
  }

  @Test
  void aClientThatLeavesBeforeItsAnswerIsCountedOnce() throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), listener.port())) {
      socket
          .getOutputStream()
          .write("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      socket.setSoTimeout(300);
      // Until the request has arrived for certain: the answer doesn't come.
      assertThat(
              org.assertj.core.api.Assertions.catchThrowable(() -> socket.getInputStream().read()))
          .isInstanceOf(IOException.class);
    }
    assertThat(line()).containsEntry("status", 0).containsEntry("route", "/slow");
    slow.countDown();
    send("GET", "/things/fine");
    assertThat(line()).containsEntry("route", "/things/{id}");
    assertThat(lines).isEmpty();
  }
}
