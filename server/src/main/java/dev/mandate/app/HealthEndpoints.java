package dev.mandate.app;

import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Router;
import dev.mandate.storage.Stores;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `/healthz`: the process runs. `/readyz`: it can serve, because its database answers.
final class HealthEndpoints {
  private static final Logger log = LoggerFactory.getLogger(HealthEndpoints.class);

  private final Stores stores;

  HealthEndpoints(Stores stores) {
    this.stores = stores;
  }

  void mount(Router router) {
    router
        .addAtRoot("GET", "/healthz", _ -> HttpResponse.text(200, "ok\n"))
        .addAtRoot("GET", "/readyz", this::ready);
  }

  private HttpResponse ready(HttpRequest request) {
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
