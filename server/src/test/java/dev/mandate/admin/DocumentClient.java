package dev.mandate.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.platform.json.Json;
import dev.mandate.platform.json.JsonSchema;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// A client that knows an API by its OpenAPI document alone, and holds each answer to it: status,
/// media type, body and headers are as documented, or the test fails.
final class DocumentClient {
  final JsonNode document;
  final Samples samples;
  private final String server;
  private final HttpClient http = HttpClient.newHttpClient();
  private final Map<JsonNode, JsonSchema> compiled = new LinkedHashMap<>();

  /// The operation of a method at a path.
  record Operation(String path, String method, JsonNode node, JsonNode pathItem) {
    String id() {
      return node.path("operationId").asText();
    }

    @Nullable JsonNode bodySchema() {
      JsonNode content = node.path("requestBody").path("content");
      return content.isEmpty() ? null : content.iterator().next().path("schema");
    }

    String mediaType() {
      return node.path("requestBody").path("content").fieldNames().next();
    }

    boolean requiresIfMatch() {
      for (JsonNode parameter : node.path("parameters")) {
        if (parameter.path("name").asText().equals("If-Match")
            && parameter.path("required").asBoolean()) {
          return true;
        }
      }
      return false;
    }
  }

  /// What is sent; changed by the `with…` methods.
  record Request(
      Map<String, String> path, String query, Map<String, String> headers, @Nullable String body) {
    static Request of(Map<String, String> path) {
      return new Request(path, "", Map.of(), null);
    }

    Request body(String json) {
      return new Request(path, query, headers, json);
    }

    Request query(String text) {
      return new Request(path, text, headers, body);
    }

    Request header(String name, String value) {
      Map<String, String> more = new LinkedHashMap<>(headers);
      more.put(name, value);
      return new Request(path, query, more, body);
    }
  }

  record Answer(int status, JsonNode json, HttpResponse<String> http) {
    String header(String name) {
      return http.headers().firstValue(name).orElse("");
    }

    boolean succeeded() {
      return status < 300;
    }
  }

  DocumentClient(String documentUrl, long seed) {
    HttpResponse<String> read =
        exchange(HttpRequest.newBuilder(URI.create(documentUrl)).GET().build());
    document = Json.parse(read.body());
    server = document.at("/servers/0/url").asText();
    JsonNode components = strict(document.path("components"));
    samples = new Samples(components, new Random(seed));
  }

  /// Answers may gain members in a later release; those of this one are all documented.
  private static JsonNode strict(JsonNode components) {
    ObjectNode strict = components.deepCopy();
    for (JsonNode schema : strict.path("schemas")) {
      if (!schema.path("properties").isEmpty() && !schema.has("additionalProperties")) {
        ((ObjectNode) schema).put("additionalProperties", false);
      }
    }
    return strict;
  }

  List<Operation> operations() {
    List<Operation> all = new ArrayList<>();
    for (var path : document.path("paths").properties()) {
      for (var method : path.getValue().properties()) {
        if (method.getValue().has("operationId")) {
          all.add(
              new Operation(path.getKey(), method.getKey(), method.getValue(), path.getValue()));
        }
      }
    }
    return all;
  }

  Operation operation(String id) {
    return operations().stream().filter(o -> o.id().equals(id)).findFirst().orElseThrow();
  }

  /// Sends with this credential in front, null for none.
  Answer send(Operation operation, Request request, @Nullable String credential) {
    String path = operation.path();
    for (var parameter : request.path().entrySet()) {
      path = path.replace("{" + parameter.getKey() + "}", encoded(parameter.getValue()));
    }
    String query = request.query().isEmpty() ? "" : "?" + request.query();
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(URI.create(server + path + query))
            .method(
                operation.method().toUpperCase(java.util.Locale.ROOT),
                request.body() == null
                    ? BodyPublishers.noBody()
                    : BodyPublishers.ofString(request.body()));
    if (credential != null) {
      builder.header("authorization", "Bearer " + credential);
    }
    if (request.body() != null && !request.headers().containsKey("content-type")) {
      builder.header("content-type", operation.mediaType());
    }
    request.headers().forEach(builder::header);
    HttpResponse<String> response = exchange(builder.build());
    String text = response.body();
    Answer answer =
        new Answer(response.statusCode(), text.isEmpty() ? Json.object() : parsed(text), response);
    hold(operation, request, answer);
    return answer;
  }

  private static JsonNode parsed(String text) {
    return Json.parse(text);
  }

  private void hold(Operation operation, Request request, Answer answer) {
    String what =
        operation.method() + " " + operation.path() + " " + request + " gave " + answer.json();
    assertThat(answer.status()).as(what).isLessThan(500);
    JsonNode documented = operation.node().path("responses").path("" + answer.status());
    assertThat(documented.isMissingNode())
        .as("status " + answer.status() + " is documented: " + what)
        .isFalse();
    JsonNode content = documented.path("content");
    if (content.isMissingNode()) {
      assertThat(answer.http().body()).as(what).isEmpty();
      return;
    }
    assertThat(content.has(answer.header("content-type"))).as(what).isTrue();
    JsonNode schema = content.path(answer.header("content-type")).path("schema");
    assertThat(compiled.computeIfAbsent(schema, samples::compiled).violations(answer.json()))
        .as(what)
        .isEmpty();
    if (answer.succeeded()) {
      documented
          .path("headers")
          .fieldNames()
          .forEachRemaining(
              name -> {
                if (!name.equals("Idempotency-Replayed")) {
                  assertThat(answer.header(name)).as(name + " of " + what).isNotEmpty();
                }
              });
    }
  }

  private static String encoded(String segment) {
    return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private HttpResponse<String> exchange(HttpRequest request) {
    try {
      return http.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  void close() {
    http.close();
  }
}
