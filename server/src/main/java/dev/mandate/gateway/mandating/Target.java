package dev.mandate.gateway.mandating;

import dev.mandate.domain.credential.OwnCredentials;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.gateway.line.Line;
import java.net.URI;
import java.util.Map;
import java.util.TreeMap;

/// An upstream with all that a call to it needs, in memory.
///
/// @param resource that access tokens name to call it
/// @param models the catalogue by name
/// @param keys the tenant's, opened
/// @param ownCredentials whether people's own keys pay for their mandates
/// @param line on which its calls go
/// @param basePath of the base URL, without a trailing slash
public record Target(
    Upstream upstream,
    String resource,
    Map<String, Model> models,
    ProviderKeys keys,
    OwnCredentials ownCredentials,
    String host,
    int port,
    boolean tls,
    String basePath,
    Line line) {

  static Target of(
      Upstream upstream, String resource, ProviderKeys keys, OwnCredentials ownCredentials, Line line) {
    URI base = upstream.baseUrl();
    boolean tls = "https".equalsIgnoreCase(base.getScheme());
    String path = base.getRawPath() == null ? "" : base.getRawPath();
    return new Target(
        upstream,
        resource,
        new TreeMap<>(upstream.modelsByName()),
        keys,
        ownCredentials,
        base.getHost(),
        base.getPort() > 0 ? base.getPort() : tls ? 443 : 80,
        tls,
        path.endsWith("/") ? path.substring(0, path.length() - 1) : path,
        line);
  }

  public Provider provider() {
    return upstream.provider();
  }
}
