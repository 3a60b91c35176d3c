package dev.mandate.oauth;

import dev.mandate.domain.origin.AllowedOrigins;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import java.util.List;

/// Lets pages in a browser read answers (Fetch standard, "CORS protocol"). Public documents are
/// open to all; the others to the origins that a client of the tenant is registered with. An origin
/// is never echoed unchecked, credentials are never allowed.
public final class Cors {
  private static final String ALLOW_ORIGIN = "access-control-allow-origin";
  private static final String PREFLIGHT_SECONDS = "600";

  private final Issuers issuers;
  private final AllowedOrigins origins;

  public Cors(Issuers issuers, AllowedOrigins origins) {
    this.issuers = issuers;
    this.origins = origins;
  }

  /// Wraps an endpoint whose answers are public.
  public static Endpoint open(Endpoint endpoint) {
    return request -> endpoint.handle(request).with(ALLOW_ORIGIN, "*");
  }

  /// Answers the `OPTIONS` before a request to such an endpoint.
  public static Endpoint openPreflight() {
    return _ ->
        HttpResponse.empty(204)
            .with(ALLOW_ORIGIN, "*")
            .with("access-control-allow-methods", "GET")
            .with("access-control-allow-headers", "*")
            .with("access-control-max-age", PREFLIGHT_SECONDS);
  }

  /// Wraps an endpoint whose answers only pages of registered origins may read.
  public Endpoint registered(Endpoint endpoint) {
    return request -> {
      HttpResponse response = endpoint.handle(request).and("vary", "Origin");
      String origin = allowed(request);
      return origin.isEmpty()
          ? response
          : response
              .with(ALLOW_ORIGIN, origin)
              .with(
                  "access-control-expose-headers",
                  "www-authenticate, retry-after, x-request-id, dpop-nonce");
    };
  }

  /// Answers the `OPTIONS` before a `POST` to such an endpoint.
  public Endpoint registeredPreflight() {
    return request -> {
      HttpResponse response = HttpResponse.empty(204).and("vary", "Origin");
      String origin = allowed(request);
      return origin.isEmpty()
          ? response
          : response
              .with(ALLOW_ORIGIN, origin)
              .with("access-control-allow-methods", "POST")
              .with("access-control-allow-headers", "authorization, content-type, dpop")
              .with("access-control-max-age", PREFLIGHT_SECONDS);
    };
  }

  /// The request's origin when it is registered, otherwise empty.
  private String allowed(HttpRequest request) {
    List<String> sent = request.headers().all("origin");
    return sent.size() == 1 && origins.allows(issuers.of(request).tenant(), sent.getFirst())
        ? sent.getFirst()
        : "";
  }
}
