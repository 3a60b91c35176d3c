package dev.mandate.app;

import dev.mandate.domain.revocation.Freshness;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Router;
import dev.mandate.storage.Stores;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `/healthz`: the process runs. `/readyz`: it can serve, because its database answers and it hears the
/// revocations of other nodes.
final class HealthEndpoints {
  private static final Logger log = LoggerFactory.getLogger(HealthEndpoints.class);

  private final Stores stores;
  private final Freshness freshness;

  HealthEndpoints(Stores stores, Freshness freshness) {
    this.stores = stores;
    this.freshness = freshness;
  }

  void mount(Router router) {
    router
        .addAtRoot("GET", "/healthz", _ -> HttpResponse.text(200, "ok\n"))
        .addAtRoot("GET", "/readyz", this::ready);
  }

  private HttpResponse ready(HttpRequest request) {
    // First, for it waits for nothing.
    if (!freshness.isFresh()) {
      return HttpResponse.text(503, "revocations of other nodes cannot be heard\n");
    }
    try {
      return stores.answers()
          ? HttpResponse.text(200, "ready\n")
          : HttpResponse.text(503, "the database does not answer\n");
    } catch (RuntimeException e) {
      log.error("{} the database does not answer", request, e);
      return HttpResponse.text(503, "the database does not answer\n");
    }
  }
}
