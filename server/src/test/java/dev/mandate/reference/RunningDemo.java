package dev.mandate.reference;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.app.DemoOptions;
import dev.mandate.app.Launch;
import dev.mandate.app.Server;
import dev.mandate.platform.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;

/// A whole server, for what only a running one knows: its routes, its metrics, its admin API.
final class RunningDemo implements AutoCloseable {
  private final Launch.Demonstration demo;

  RunningDemo(Path folder) {
    this.demo = Launch.demo(DemoOptions.alone(folder));
  }

  Server server() {
    return demo.server();
  }

  /// The admin API's own document, without what is of one server.
  ObjectNode adminDocument() throws IOException, InterruptedException {
    URI uri = URI.create(demo.server().issuer() + "/admin/v1/openapi.json");
    try (HttpClient http = HttpClient.newHttpClient()) {
      byte[] body =
          http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofByteArray())
              .body();
      ObjectNode document = (ObjectNode) Json.parse(body);
      document.remove("servers");
      ((ObjectNode) document.required("components")).remove("securitySchemes");
      return document;
    }
  }

  @Override
  public void close() throws IOException {
    demo.server().close();
    try {
      demo.simulator().close();
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException("the simulator does not end", e);
    }
  }
}
