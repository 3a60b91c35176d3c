package dev.mandate.app;

import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.http.Router;
import dev.mandate.platform.metrics.Meters;

/// The routes of the management listener: metrics and health, and nothing else. It authenticates
/// nobody, so it tells nothing about tenants and their people, and belongs on an address that only
/// operators reach.
final class Management {
  private Management() {}

  static Router table(Meters meters, HealthEndpoints health) {
    Router router = new Router().addAtRoot("GET", "/metrics", request -> metrics(meters, request));
    health.mountManagement(router);
    return router;
  }

  private static HttpResponse metrics(Meters meters, HttpRequest request) {
    Meters.Scrape scrape = meters.scrape(request.headers().first("accept"));
    return HttpResponse.text(200, scrape.text()).with("content-type", scrape.contentType());
  }
}
