package dev.mandate.platform.http;

/// Answers a request. Runs on a virtual thread and may block; an exception becomes a 500 with the
/// request's id.
@FunctionalInterface
public interface Endpoint {
  HttpResponse handle(HttpRequest request);
}
