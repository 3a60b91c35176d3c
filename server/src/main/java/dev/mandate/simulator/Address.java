package dev.mandate.simulator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.simulator.SimulatedModel.Vendor;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/// Whose API a request is for, by its path: several share one.
///
/// @param path as it is at the vendor itself
/// @param azure whether it is one of Azure's for OpenAI's API
/// @param dated whether Azure wants to know the date of the API
/// @param deployment that Azure's path names
record Address(
    Vendor vendor, String path, boolean azure, boolean dated, @Nullable String deployment) {
  /// Below which Mistral's API is served, for it shares its paths with OpenAI's.
  private static final String MISTRAL = "/mistral/";

  private static final String AZURE = "/openai/";
  private static final String UNDATED = AZURE + "v1/";
  private static final String DEPLOYMENTS = AZURE + "deployments/";

  static Address of(HttpServerRequest request) {
    String path = Exchange.path(request);
    if (path.startsWith(MISTRAL)) {
      return plain(Vendor.MISTRAL, path.substring(MISTRAL.length() - 1));
    }
    if (path.startsWith(Bedrock.PREFIX) || path.equals("/async-invoke")) {
      return plain(Vendor.BEDROCK, path);
    }
    if (path.startsWith("/v1beta/") || (path.startsWith("/v1/models/") && path.contains(":"))) {
      return plain(Vendor.GEMINI, path);
    }
    if (path.startsWith(UNDATED)) {
      return new Address(Vendor.OPENAI, path.substring(AZURE.length() - 1), true, false, null);
    }
    if (path.startsWith(DEPLOYMENTS)) {
      int end = path.indexOf('/', DEPLOYMENTS.length());
      return end < 0
          ? new Address(Vendor.OPENAI, path, true, true, null)
          : new Address(
              Vendor.OPENAI,
              "/v1" + path.substring(end),
              true,
              true,
              path.substring(DEPLOYMENTS.length(), end));
    }
    if (path.startsWith(AZURE)) {
      String own = "/v1" + path.substring(AZURE.length() - 1);
      return new Address(Vendor.OPENAI, own, true, true, null);
    }
    return plain(isAnthropic(request, path) ? Vendor.ANTHROPIC : Vendor.OPENAI, path);
  }

  private static Address plain(Vendor vendor, String path) {
    return new Address(vendor, path, false, false, null);
  }

  private static boolean isAnthropic(HttpServerRequest request, String path) {
    return path.startsWith("/v1/messages")
        || (path.startsWith("/v1/models")
            && (request.headers().contains("x-api-key")
                || request.headers().contains("anthropic-version")));
  }

  /// Azure goes by the deployment in the path, whatever the body names.
  Exchange named(Exchange exchange) {
    if (deployment != null && exchange.body() instanceof ObjectNode body) {
      body.put("model", deployment);
    }
    return exchange;
  }
}
