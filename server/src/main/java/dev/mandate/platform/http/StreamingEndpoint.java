package dev.mandate.platform.http;

import dev.mandate.platform.observe.RequestFacts;
import io.vertx.core.http.HttpServerRequest;

/// Takes the raw exchange on the event loop, paused and unread. It must not block, reads the body
/// itself within its own bound, and ends every answer. Whoever replaces the answer's close handler
/// tells the facts that they have ended.
@FunctionalInterface
public interface StreamingEndpoint {
  /// @param facts of the request, whose id is its error id; told what is found out about it
  /// @param path decoded, without query and without the prefix it was mounted at
  void handle(RequestFacts facts, String path, HttpServerRequest exchange);
}
