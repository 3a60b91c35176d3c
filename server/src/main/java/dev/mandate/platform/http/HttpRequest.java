package dev.mandate.platform.http;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One request, its body read whole (bounded by the listener).
///
/// @param id unique for this request; also the error id of its answer and in every log line
/// @param method upper case
/// @param slug of the tenant at whose root the request arrived; null for the tenant at the server's
///   own root. The listener has made sure that this tenant is served
/// @param path below the tenant's root, decoded once, without query; `.` and `..` segments and encoded slashes never reach
///   an endpoint
/// @param pathParameters what stood at `{name}` in the route's template
/// @param rawQuery the query as sent, null when there is none
/// @param remoteAddress the peer, or what a trusted proxy says of it
/// @param secure whether the client spoke TLS, to us or to a trusted proxy
public record HttpRequest(
    String id,
    String method,
    @Nullable String slug,
    String path,
    Map<String, String> pathParameters,
    @Nullable String rawQuery,
    Headers headers,
    byte[] body,
    String remoteAddress,
    boolean secure) {

  private static final String FORM = "application/x-www-form-urlencoded";

  public Parameters query() {
    return Parameters.parse(rawQuery);
  }

  /// The body as form parameters.
  ///
  /// @throws BadRequest when the media type is another
  public Parameters form() {
    String type = headers.first("content-type");
    String media = type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    if (!media.equals(FORM)) {
      throw new BadRequest("content-type is '" + media + "', expected " + FORM);
    }
    return Parameters.parse(new String(body, StandardCharsets.UTF_8));
  }

  public String pathParameter(String name) {
    String value = pathParameters.get(name);
    if (value == null) {
      throw new IllegalStateException("the route has no {" + name + "}");
    }
    return value;
  }

  /// The value of the cookie with this name; the first when a client sends several.
  public @Nullable String cookie(String name) {
    for (String header : headers.all("cookie")) {
      for (String pair : header.split(";", -1)) {
        int equals = pair.indexOf('=');
        if (equals > 0 && pair.substring(0, equals).strip().equals(name)) {
          return pair.substring(equals + 1).strip();
        }
      }
    }
    return null;
  }

  public HttpRequest withPathParameters(Map<String, String> parameters) {
    return new HttpRequest(
        id, method, slug, path, parameters, rawQuery, headers, body, remoteAddress, secure);
  }

  /// Neither query nor headers nor body: any of them can hold a secret.
  @Override
  public String toString() {
    return id + " " + method + " " + (slug == null ? "" : TenantPath.PREFIX + slug) + path;
  }
}
