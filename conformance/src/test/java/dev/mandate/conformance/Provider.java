package dev.mandate.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// An LLM provider outside of every node, for the demo's own goes with the demo's first node.
final class Provider implements AutoCloseable {
  private static final String ID = "chatcmpl-outside";

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  Provider() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 512);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/v1/chat/completions", Provider::answer);
    server.start();
  }

  private static void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String model = Http.parse(new String(body, StandardCharsets.UTF_8)).path("model").asText();
      String answer =
          """
          {"id":"%s","object":"chat.completion","created":1790000000,"model":"%s",\
          "choices":[{"index":0,"message":{"role":"assistant","content":"Hello."},"finish_reason":"stop"}],\
          "usage":{"prompt_tokens":8,"completion_tokens":2,"total_tokens":10}}\
          """
              .formatted(ID, model);
      byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("content-type", "application/json");
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  /// Takes the place of the tenant's `openai`, with the key that was there: an upstream moves only
  /// without a credential.
  void takeOver(DemoTenant tenant) {
    String base = "http://127.0.0.1:" + server.getAddress().getPort();
    takeOver(tenant, "openai", base, tenant.text("/upstream/openai_key"));
  }

  /// As [#takeOver(DemoTenant)], by the one at this URL.
  static void takeOver(DemoTenant tenant, String name, String base, String key) {
    String upstream = "/admin/v1/upstreams/" + name;
    for (JsonNode credential :
        Admin.send(tenant, "GET", upstream + "/credentials", "").path("items")) {
      Admin.send(tenant, "DELETE", upstream + "/credentials/" + credential.path("id").asText(), "");
    }
    Admin.send(tenant, "PATCH", upstream, "{\"base_url\":\"" + base + "\"}");
    Admin.send(tenant, "POST", upstream + "/credentials", "{\"secret\":\"" + key + "\"}");
  }

  /// Whether it is this one that has answered.
  static boolean isOf(Http.Answer answer) {
    return answer.status() == 200 && answer.json().path("id").asText().equals(ID);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
