package dev.mandate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.util.concurrent.TimeUnit;

/// A tenant's administrator, by the admin API.
final class Admin {
  private static final long WITHIN = TimeUnit.SECONDS.toNanos(10);

  private Admin() {}

  /// The answer's body, when all went well.
  static JsonNode send(DemoTenant tenant, String method, String path, String body) {
    HttpRequest.Builder request =
        Http.to(tenant.uri(path))
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .header("authorization", "Bearer " + tenant.text("/admin/api_key"));
    if (!method.equals("GET")) {
      request.header("content-type", "application/json").header("if-match", "*");
    }
    Http.Answer answer = Http.send(request);
    assertThat(answer.status()).as(method + " " + path + "\n" + answer.body()).isBetween(200, 299);
    return Http.parse(answer.body().isEmpty() ? "{}" : answer.body());
  }

  /// Waits until the upstream's credential is out of use, for its provider has answered 401, and
  /// puts it back: else the calls of other tests would be refused for a while.
  static void useAgain(DemoTenant tenant, String upstream) throws InterruptedException {
    String path = "/admin/v1/upstreams/" + upstream + "/credentials";
    long deadline = System.nanoTime() + WITHIN;
    String id = rejected(tenant, path);
    while (id.isEmpty()) {
      if (System.nanoTime() > deadline) {
        // On a slow machine the server itself was first: it tests a rejected one again.
        return;
      }
      Thread.sleep(20);
      id = rejected(tenant, path);
    }
    send(tenant, "POST", path + "/" + id + "/activate", "");
  }

  private static String rejected(DemoTenant tenant, String path) {
    for (JsonNode credential : send(tenant, "GET", path, "").path("items")) {
      if (credential.path("state").asText().equals("rejected")) {
        return credential.path("id").asText();
      }
    }
    return "";
  }
}
