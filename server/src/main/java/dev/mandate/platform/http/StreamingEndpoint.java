package dev.mandate.platform.http;

import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/// Takes the raw exchange on the event loop, unread. It must not block, reads the body itself within
/// its own bound, and ends every answer.
@FunctionalInterface
public interface StreamingEndpoint {
  /// @param id the request's id, see [HttpRequest]
  /// @param slug of the tenant, see [HttpRequest]
  /// @param path decoded, without query, below the tenant's root
  void handle(String id, @Nullable String slug, String path, HttpServerRequest exchange);
}
