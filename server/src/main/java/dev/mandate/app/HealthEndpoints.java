package dev.mandate.app;

import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Router;
import org.jspecify.annotations.Nullable;

/// Whether the process runs, and whether it can serve. On the public listener in one word, because
/// a load balancer must ask the port that it sends traffic to; on the management listener with what
/// is wrong.
final class HealthEndpoints {
  private final Readiness readiness;

  HealthEndpoints(Readiness readiness) {
    this.readiness = readiness;
  }

  void mountPublic(Router router) {
    router
        .add("GET", "/healthz", HealthEndpoints::live)
        .add("GET", "/readyz", _ -> ready("not ready"));
  }

  void mountManagement(Router router) {
    router
        .addAtRoot("GET", "/health/live", HealthEndpoints::live)
        .addAtRoot("GET", "/health/ready", _ -> ready(null));
  }

  private static HttpResponse live(HttpRequest request) {
    return HttpResponse.text(200, "ok\n");
  }

  private HttpResponse ready(@Nullable String instead) {
    String failure = readiness.failure();
    return failure.isEmpty()
        ? HttpResponse.text(200, "ready\n")
        : HttpResponse.text(503, (instead == null ? failure : instead) + "\n");
  }
}
