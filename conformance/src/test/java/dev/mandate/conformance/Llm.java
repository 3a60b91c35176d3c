package dev.mandate.conformance;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Calls to the two providers' APIs through the gateway.
final class Llm {
  private final DemoTenant server;

  Llm(DemoTenant server) {
    this.server = server;
  }

  String openaiModel() {
    return server.text("/models/openai/0");
  }

  String anthropicModel() {
    return server.text("/models/anthropic/0");
  }

  String embeddingModel() {
    for (var model : server.file().path("models").path("openai")) {
      if (model.asText().contains("embedding")) {
        return model.asText();
      }
    }
    throw new IllegalStateException("the demo has no embedding model");
  }

  URI openai(String path) {
    return URI.create(server.text("/gateway/openai") + path);
  }

  URI anthropic(String path) {
    return URI.create(server.text("/gateway/anthropic") + path);
  }

  Http.Answer chat(String bearer, String prompt) {
    return chat(bearer, prompt, "");
  }

  /// @param more members of the body, each with a leading comma
  Http.Answer chat(String bearer, String prompt, String more) {
    return Http.postJson(
        openai("/chat/completions"), chatBody(prompt, more), "authorization", bearer);
  }

  String chatBody(String prompt, String more) {
    return """
    {"model":"%s","messages":[{"role":"user","content":"%s"}]%s}\
    """
        .formatted(openaiModel(), prompt, more);
  }

  Http.Answer message(String token, String prompt, String more) {
    return Http.postJson(
        anthropic("/v1/messages"),
        messageBody(prompt, more),
        "x-api-key",
        token,
        "anthropic-version",
        "2023-06-01");
  }

  String messageBody(String prompt, String more) {
    return """
    {"model":"%s","max_tokens":100,"messages":[{"role":"user","content":"%s"}]%s}\
    """
        .formatted(anthropicModel(), prompt, more);
  }

  HttpResponse<InputStream> chatStream(String bearer, String prompt) {
    return Http.stream(
        openai("/chat/completions"), chatBody(prompt, ",\"stream\":true"), "authorization", bearer);
  }

  HttpResponse<InputStream> messageStream(String token, String prompt) {
    return Http.stream(
        anthropic("/v1/messages"),
        messageBody(prompt, ",\"stream\":true"),
        "x-api-key",
        token,
        "anthropic-version",
        "2023-06-01");
  }

  /// The lines of a stream until it ends.
  static List<String> lines(HttpResponse<InputStream> response) {
    List<String> lines = new ArrayList<>();
    try (BufferedReader reader = reader(response)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(line);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return lines;
  }

  static BufferedReader reader(HttpResponse<InputStream> response) {
    return new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
  }
}
