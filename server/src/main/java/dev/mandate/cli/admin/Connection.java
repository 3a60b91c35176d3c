package dev.mandate.cli.admin;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Speaks to the admin API of one issuer.
final class Connection {
  static final String URL_VARIABLE = "MANDATE_URL";
  static final String KEY_VARIABLE = "MANDATE_ADMIN_KEY";
  private static final Path DEMO_FILE = Path.of("data", "demo.json");
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  /// How often a request that is safe to repeat is sent, when no answer comes.
  private static final int TRIES = 3;

  private static final int NOT_FOUND = 404;

  private final HttpClient http =
      HttpClient.newBuilder()
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final String issuer;
  private final Secret key;

  private Connection(String issuer, Secret key) {
    this.issuer = issuer;
    this.key = key;
  }

  /// @param url of the issuer; else the environment's, else that of a demo in `./data`
  /// @param keyFile with an admin API key; else the environment's, else the demo's
  /// @throws Refused when there is none
  static Connection of(@Nullable String url, @Nullable Path keyFile, Map<String, String> env) {
    String issuer = url != null ? url : env.get(URL_VARIABLE);
    String key = keyFile != null ? text(keyFile) : env.get(KEY_VARIABLE);
    if (issuer == null && key == null && Files.exists(DEMO_FILE)) {
      JsonNode demo = Json.parse(text(DEMO_FILE));
      return new Connection(
          demo.path("issuer").asText(), Secret.of(demo.path("admin").path("api_key").asText()));
    }
    if (issuer == null || key == null) {
      throw new Refused(
          "which server? Give --url and --key-file (or %s and %s), or run it where a demo's ./data is"
              .formatted(URL_VARIABLE, KEY_VARIABLE));
    }
    URI uri = URI.create(issuer);
    if (!"https".equals(uri.getScheme()) && !isLoopback(uri)) {
      throw new Refused(
          "the key would cross the network in the clear: " + issuer + " is not https");
    }
    return new Connection(issuer.replaceFirst("/$", ""), Secret.of(key.strip()));
  }

  private static boolean isLoopback(URI uri) {
    String host = uri.getHost();
    return "http".equals(uri.getScheme())
        && ("localhost".equals(host) || "127.0.0.1".equals(host) || "[::1]".equals(host));
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new Refused("cannot read " + file + ": " + e.getMessage());
    }
  }

  /// What the server said.
  ///
  /// @param tag its ETag; null when it sent none
  record Answer(int status, JsonNode body, @Nullable String tag) {}

  Answer read(String path) {
    return send("GET", path, null, null, null, true);
  }

  /// Null when there is no such thing.
  @Nullable Answer find(String path) {
    HttpResponse<byte[]> response = sent(request("GET", path, null).build(), TRIES);
    return response.statusCode() == NOT_FOUND ? null : answer(response);
  }

  /// @param mediaType null when there is no body
  /// @param repeatable whether it may be sent again when no answer comes
  /// @throws Refused when the server says no
  Answer send(
      String method,
      String path,
      @Nullable String mediaType,
      @Nullable JsonNode body,
      @Nullable String tag,
      boolean repeatable) {
    HttpRequest.Builder request = request(method, path, body);
    if (body != null && mediaType != null) {
      request.header("content-type", mediaType);
    }
    if (tag != null) {
      request.header("if-match", tag);
    }
    if (method.equals("POST") && repeatable) {
      request.header("idempotency-key", UUID.randomUUID().toString());
    }
    return answer(sent(request.build(), repeatable ? TRIES : 1));
  }

  private HttpRequest.Builder request(String method, String path, @Nullable JsonNode body) {
    return HttpRequest.newBuilder(URI.create(issuer + "/admin/v1" + path))
        .timeout(TIMEOUT)
        .header("authorization", "Bearer " + key.reveal())
        .method(
            method,
            body == null
                ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofString(Json.write(body)));
  }

  private HttpResponse<byte[]> sent(HttpRequest request, int tries) {
    for (int left = tries - 1; ; left--) {
      try {
        return http.send(request, HttpResponse.BodyHandlers.ofByteArray());
      } catch (IOException e) {
        if (left == 0) {
          throw new Unreachable(issuer + " does not answer: " + e);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Unreachable("interrupted");
      }
    }
  }

  private static Answer answer(HttpResponse<byte[]> response) {
    JsonNode body;
    try {
      body = response.body().length == 0 ? Json.object() : Json.parse(response.body());
    } catch (Json.MalformedJson e) {
      throw new Refused(
          "%d, and the answer is not JSON: %s"
              .formatted(response.statusCode(), excerpt(response.body())));
    }
    if (response.statusCode() >= 400) {
      throw Refused.of(response.statusCode(), body);
    }
    return new Answer(
        response.statusCode(), body, response.headers().firstValue("etag").orElse(null));
  }

  private static String excerpt(byte[] body) {
    String text = new String(body, StandardCharsets.UTF_8);
    return text.substring(0, Math.min(text.length(), 200)).replaceAll("\\p{Cntrl}", " ");
  }
}
