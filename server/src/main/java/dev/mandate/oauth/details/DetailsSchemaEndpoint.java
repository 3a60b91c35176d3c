package dev.mandate.oauth.details;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.json.Json;

/// `GET /oauth/authorization-details/{type}.json`, a route for each type.
public final class DetailsSchemaEndpoint implements Endpoint {
  private static final String CACHE = "public, max-age=300";

  private final Issuers issuers;
  private final String type;
  private final ObjectNode schema;

  public DetailsSchemaEndpoint(Issuers issuers, String type, ObjectNode schema) {
    this.issuers = issuers;
    this.type = type;
    this.schema = schema;
  }

  public static String path(String type) {
    return "/oauth/authorization-details/" + type + ".json";
  }

  @Override
  public HttpResponse handle(HttpRequest request) {
    ObjectNode published =
        Json.object().put("$id", issuers.of(request).url(path(type))).setAll(schema);
    return HttpResponse.json(200, published)
        .with("content-type", "application/schema+json")
        .with("cache-control", CACHE);
  }
}
