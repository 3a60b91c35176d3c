package dev.mandate.platform.http;

import dev.mandate.platform.json.Json;
import java.nio.charset.StandardCharsets;

/// One answer, its body whole.
public record HttpResponse(int status, Headers headers, byte[] body) {
  private static final byte[] NOTHING = {};

  public static HttpResponse empty(int status) {
    return new HttpResponse(status, Headers.NONE, NOTHING);
  }

  public static HttpResponse json(int status, Object body) {
    return new HttpResponse(
        status, Headers.NONE.with("content-type", "application/json"), Json.bytes(body));
  }

  public static HttpResponse html(int status, String page) {
    return new HttpResponse(
        status,
        Headers.NONE.with("content-type", "text/html; charset=utf-8"),
        page.getBytes(StandardCharsets.UTF_8));
  }

  public static HttpResponse text(int status, String text) {
    return new HttpResponse(
        status,
        Headers.NONE.with("content-type", "text/plain; charset=utf-8"),
        text.getBytes(StandardCharsets.UTF_8));
  }

  /// 303: the client continues with a GET, whatever it sent here.
  public static HttpResponse seeOther(String location) {
    return new HttpResponse(303, Headers.NONE.with("location", location), NOTHING);
  }

  public HttpResponse with(String header, String value) {
    return new HttpResponse(status, headers.with(header, value), body);
  }

  /// Adds a header that may repeat, as `Set-Cookie` does.
  public HttpResponse and(String header, String value) {
    return new HttpResponse(status, headers.and(header, value), body);
  }

  /// Marks an answer that no cache may keep (RFC 6749 §5.1).
  public HttpResponse noStore() {
    return with("cache-control", "no-store").with("pragma", "no-cache");
  }

  @Override
  public String toString() {
    return status + " " + body.length + " bytes";
  }
}
