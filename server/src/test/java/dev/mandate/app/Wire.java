package dev.mandate.app;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.platform.http.Parameters;
import dev.mandate.platform.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/// Requests without a browser's help: nothing is added, followed or cleaned up.
final class Wire {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private Wire() {}

  /// An answer.
  record Answer(int status, String body, HttpResponse<String> raw) {
    JsonNode json() {
      return Json.parse(body.getBytes(StandardCharsets.UTF_8));
    }

    String text(String pointer) {
      return json().at(pointer).asText();
    }

    String header(String name) {
      return raw.headers().firstValue(name).orElse("");
    }
  }

  /// @param headers name, value, name, value …
  static Answer send(String method, String url, String body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url))
            .method(method, HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      HttpResponse<String> raw =
          HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
      return new Answer(raw.statusCode(), raw.body(), raw);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  static Answer get(String url, String... headers) {
    return send("GET", url, "", headers);
  }

  /// @param pairs name, value, name, value …
  static Answer post(String url, String... pairs) {
    Map<String, String> form = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      form.put(pairs[i], pairs[i + 1]);
    }
    return send(
        "POST", url, Parameters.encode(form), "content-type", "application/x-www-form-urlencoded");
  }

  /// The whole answer to a request whose target and headers no client library would send.
  ///
  /// @param lines after the request line
  static String raw(int port, String target, String... lines) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      String head =
          "GET " + target + " HTTP/1.1\r\n" + String.join("\r\n", lines) + "\r\nconnection: close";
      socket.getOutputStream().write((head + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
