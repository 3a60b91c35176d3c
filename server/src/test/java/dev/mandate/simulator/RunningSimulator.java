package dev.mandate.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.simulator.SimulatedModel.Vendor;
import dev.mandate.simulator.SimulatorConfig.Account;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/// A simulator on a free port, and an HTTP client that knows its keys.
final class RunningSimulator implements AutoCloseable {
  static final String OPENAI_KEY = "sk-proj-simulator-0123456789abcdef";
  static final String ANTHROPIC_KEY = "sk-ant-api03-simulator-0123456789";
  static final String BOBS_KEY = "sk-proj-bob-0123456789abcdef";
  static final int MAX_BODY = 1 << 20;

  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  final SimulatedProvider provider;
  private final Vertx vertx = Vertx.vertx();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  RunningSimulator() {
    provider =
        SimulatedProvider.start(
            vertx,
            new SimulatorConfig(
                "127.0.0.1",
                0,
                Secret.of(OPENAI_KEY),
                Secret.of(ANTHROPIC_KEY),
                List.of(new Account("bob", Vendor.OPENAI, Secret.of(BOBS_KEY))),
                SimulatedModel.DEFAULTS,
                MAX_BODY,
                InstantSource.fixed(Instant.parse("2026-11-21T12:00:00Z"))));
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(provider.baseUrl() + path));
  }

  HttpRequest.Builder openAi(String path) {
    return request(path).header("authorization", "Bearer " + OPENAI_KEY);
  }

  HttpRequest.Builder anthropic(String path) {
    return request(path)
        .header("x-api-key", ANTHROPIC_KEY)
        .header("anthropic-version", "2023-06-01");
  }

  HttpResponse<String> send(HttpRequest.Builder request) {
    return send(request, HttpResponse.BodyHandlers.ofString());
  }

  <T> HttpResponse<T> send(HttpRequest.Builder request, HttpResponse.BodyHandler<T> handler) {
    try {
      return http.send(request.timeout(PATIENCE).build(), handler);
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
  }

  CompletableFuture<HttpResponse<String>> sendAsync(HttpRequest.Builder request) {
    return http.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> postOpenAi(String path, String body) {
    return send(openAi(path).POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  HttpResponse<String> postAnthropic(String path, String body) {
    return send(anthropic(path).POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  /// A chat completion of one user message; `more` are further members, each with a comma first.
  HttpResponse<String> chat(String text, String more) {
    return postOpenAi("/v1/chat/completions", chatBody(text, more));
  }

  static String chatBody(String text, String more) {
    return "{\"model\":\"gpt-5-mini\",\"messages\":[{\"role\":\"user\",\"content\":%s}]%s}"
        .formatted(quoted(text), more);
  }

  HttpResponse<String> responses(String text, String more) {
    return postOpenAi(
        "/v1/responses", "{\"model\":\"gpt-5-mini\",\"input\":%s%s}".formatted(quoted(text), more));
  }

  HttpResponse<String> messages(String text, String more) {
    return postAnthropic("/v1/messages", messagesBody(text, more));
  }

  static String messagesBody(String text, String more) {
    return ("{\"model\":\"claude-haiku-4-5\",\"max_tokens\":1000,"
            + "\"messages\":[{\"role\":\"user\",\"content\":%s}]%s}")
        .formatted(quoted(text), more);
  }

  /// All bytes until the server closes the connection.
  String rawOpenAi(String path, String body) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), provider.port())) {
      String head =
          "POST %s HTTP/1.1\r\nhost: x\r\nauthorization: Bearer %s\r\ncontent-length: %d\r\n\r\n"
              .formatted(path, OPENAI_KEY, body.length());
      socket.getOutputStream().write((head + body).getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  JsonNode stats() {
    return json(send(request("/sim/stats")).body());
  }

  JsonNode tally(String key, String model) {
    return stats().path("keys").path(key).path("models").path(model);
  }

  JsonNode last() {
    return json(send(request("/sim/last")).body());
  }

  void reset() {
    send(request("/sim/reset").POST(HttpRequest.BodyPublishers.noBody()));
  }

  /// Asks again until the counters are as wanted.
  JsonNode awaitStats(Predicate<JsonNode> wanted) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    JsonNode stats = stats();
    while (!wanted.test(stats)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("never as wanted: " + stats);
      }
      Thread.onSpinWait();
      stats = stats();
    }
    return stats;
  }

  static JsonNode json(HttpResponse<String> response) {
    return json(response.body());
  }

  static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException notJson) {
      throw new AssertionError("not JSON: " + text, notJson);
    }
  }

  static String quoted(String text) {
    return TextNode.valueOf(text).toString();
  }

  /// The `data` of each event but `[DONE]`, which must come last if it comes.
  static List<JsonNode> events(String stream) {
    List<JsonNode> events = new ArrayList<>();
    for (String event : stream.split("\n\n", -1)) {
      String data =
          event.substring(
              event.indexOf("data: ") < 0 ? event.length() : event.indexOf("data: ") + 6);
      if (!data.isEmpty() && !data.equals("[DONE]")) {
        events.add(json(data));
      }
    }
    return events;
  }

  @Override
  public void close() {
    http.close();
    provider.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
