package dev.mandate.gateway;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.gateway.limiting.RateFields;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The CORS protocol (Fetch standard) for the gateway's routes.
final class Cors {
  private static final Set<String> HEADERS =
      Set.of(
          "authorization",
          "x-api-key",
          "api-key",
          "x-goog-api-key",
          "accept",
          "content-type",
          "anthropic-version",
          "anthropic-beta",
          "anthropic-dangerous-direct-browser-access",
          "idempotency-key",
          "dpop",
          "x-client-request-id");
  private static final String SDK_PREFIX = "x-stainless-";
  private static final String EXPOSED =
      "x-request-id, request-id, x-upstream-request-id, retry-after, retry-after-ms,"
          + " mandate-upstream,"
          + " x-should-retry, dpop-nonce, "
          + String.join(", ", RateFields.NAMES);
  private static final int NAMES_MAX = 50;

  private final CorsPolicy policy;

  Cors(CorsPolicy policy) {
    this.policy = policy;
  }

  /// Puts the fields for an allowed origin on the answer.
  ///
  /// @return whether this was a preflight, which is answered now
  boolean apply(TenantId tenant, HttpServerRequest exchange) {
    String origin = exchange.getHeader("origin");
    if (origin == null) {
      return false;
    }
    HttpServerResponse response = exchange.response();
    response.putHeader("vary", "origin");
    boolean allowed = policy.allows(tenant, origin);
    if (allowed) {
      response.putHeader("access-control-allow-origin", origin);
      response.putHeader("access-control-expose-headers", EXPOSED);
    }
    String method = exchange.getHeader("access-control-request-method");
    if (!exchange.method().equals(HttpMethod.OPTIONS) || method == null) {
      return false;
    }
    if (allowed) {
      response.putHeader("access-control-allow-methods", "GET, POST, DELETE");
      response.putHeader(
          "access-control-allow-headers",
          allowed(exchange.getHeader("access-control-request-headers")));
      response.putHeader("access-control-max-age", "600");
    }
    response.setStatusCode(204);
    var _ = response.end();
    return true;
  }

  /// Those of the names asked for that may be sent.
  private static String allowed(@Nullable String asked) {
    if (asked == null) {
      return "";
    }
    StringBuilder names = new StringBuilder();
    int count = 0;
    for (String part : asked.split(",", -1)) {
      String name = part.strip().toLowerCase(Locale.ROOT);
      if ((HEADERS.contains(name) || name.matches(SDK_PREFIX + "[a-z-]{1,40}"))
          && count++ < NAMES_MAX) {
        names.append(names.isEmpty() ? "" : ", ").append(name);
      }
    }
    return names.toString();
  }
}
