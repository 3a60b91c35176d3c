package dev.mandate.testing;

import dev.mandate.platform.http.Parameters;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A browser without JavaScript: keeps cookies of one origin, follows redirects only when told to.
public final class TestBrowser implements AutoCloseable {
  private static final int STEPS_MAX = 10;

  private final String base;
  private final HttpClient http =
      HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build();
  private final Map<String, String> cookies = new LinkedHashMap<>();
  private final Map<String, String> headers = new LinkedHashMap<>();

  /// @param base scheme, host and port
  public TestBrowser(String base) {
    this.base = base;
  }

  /// An answer.
  public record Answer(String url, int status, HttpResponse<String> raw) {
    public String body() {
      return raw.body();
    }

    /// Where it redirects to.
    public String location() {
      return raw.headers().firstValue("location").orElse("");
    }

    public String header(String name) {
      return raw.headers().firstValue(name).orElse("");
    }

    /// The query of where it redirects to.
    public Parameters query() {
      return Parameters.parse(URI.create(location()).getRawQuery());
    }

    public Forms.Form form(String actionEnds) {
      return Forms.form(body(), actionEnds);
    }
  }

  /// Sends this header with each request from now on.
  public TestBrowser sending(String name, String value) {
    headers.put(name, value);
    return this;
  }

  public Map<String, String> cookies() {
    return cookies;
  }

  public Answer get(String path) {
    return send(request(path).GET());
  }

  public Answer submit(Forms.Form form) {
    return post(form.action(), form.encoded());
  }

  public Answer post(String path, String encoded) {
    return send(
        request(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(encoded)));
  }

  /// Follows redirects within this origin.
  public Answer follow(Answer answer) {
    Answer at = answer;
    for (int i = 0; i < STEPS_MAX && at.status() == 303 && isHere(at.location()); i++) {
      at = get(at.location());
    }
    return at;
  }

  private boolean isHere(String location) {
    return location.startsWith("/") || location.startsWith(base + "/");
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(URI.create(path.startsWith("/") ? base + path : path));
    if (!cookies.isEmpty()) {
      StringBuilder header = new StringBuilder();
      cookies.forEach(
          (name, value) ->
              header.append(header.isEmpty() ? "" : "; ").append(name).append('=').append(value));
      builder.header("cookie", header.toString());
    }
    headers.forEach(builder::header);
    return builder;
  }

  private Answer send(HttpRequest.Builder builder) {
    HttpRequest request = builder.build();
    try {
      HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
      response.headers().allValues("set-cookie").forEach(this::keep);
      return new Answer(request.uri().toString(), response.statusCode(), response);
    } catch (IOException e) {
      throw new AssertionError(request.uri() + " did not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private void keep(String setCookie) {
    String pair = setCookie.split(";", 2)[0];
    int equals = pair.indexOf('=');
    if (setCookie.contains("Max-Age=0")) {
      cookies.remove(pair.substring(0, equals));
    } else {
      cookies.put(pair.substring(0, equals), pair.substring(equals + 1));
    }
  }

  public @Nullable String cookie(String name) {
    return cookies.get(name);
  }

  @Override
  public void close() {
    http.close();
  }
}
