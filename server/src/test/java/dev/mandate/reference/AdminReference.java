package dev.mandate.reference;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.app.DemoOptions;
import dev.mandate.app.Launch;
import dev.mandate.platform.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;

/// The admin API's own document, as a running server answers it, without what is of one server.
final class AdminReference {
  private AdminReference() {}

  static String document() throws IOException {
    Launch.Demonstration demo =
        Launch.demo(DemoOptions.alone(Files.createTempDirectory("mandate-reference-")));
    try (HttpClient http = HttpClient.newHttpClient();
        var server = demo.server();
        var _ = demo.simulator()) {
      URI uri = URI.create(server.issuer() + "/admin/v1/openapi.json");
      byte[] body =
          http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofByteArray())
              .body();
      ObjectNode document = (ObjectNode) Json.parse(body);
      document.remove("servers");
      ((ObjectNode) document.required("components")).remove("securitySchemes");
      return document.toPrettyString() + "\n";
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
