package dev.mandate.platform.http;

import dev.mandate.platform.observe.RequestFacts;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/// Takes the raw exchange on the event loop, unread. It must not block, reads the body itself
/// within its own bound, and ends every answer. Whoever replaces the answer's close handler tells
/// the facts that they have ended.
@FunctionalInterface
public interface StreamingEndpoint {
  /// @param facts of the request, whose id is its error id; told its route, and what else is found
  ///   out about it
  /// @param slug of the tenant, see [HttpRequest]
  /// @param path decoded, without query, below the tenant's root
  void handle(RequestFacts facts, @Nullable String slug, String path, HttpServerRequest exchange);
}
