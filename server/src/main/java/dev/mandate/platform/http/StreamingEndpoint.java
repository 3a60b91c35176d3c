package dev.mandate.platform.http;

import io.vertx.core.http.HttpServerRequest;

/// Takes the raw exchange on the event loop, paused and unread. It must not block, reads the body
/// itself within its own bound, and ends every answer.
@FunctionalInterface
public interface StreamingEndpoint {
  /// @param id the request's id, see [HttpRequest]
  /// @param path decoded, without query and without the prefix it was mounted at
  void handle(String id, String path, HttpServerRequest exchange);
}
