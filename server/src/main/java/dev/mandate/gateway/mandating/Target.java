package dev.mandate.gateway.mandating;

import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.platform.crypto.Secret;
import java.net.URI;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// An upstream with all that a call to it needs, in memory.
///
/// @param resource that access tokens name to call it
/// @param models the catalogue by name
/// @param providerKey opened; null when the tenant has none for this upstream
/// @param basePath of the base URL, without a trailing slash
public record Target(
    Upstream upstream,
    String resource,
    Map<String, Model> models,
    @Nullable Secret providerKey,
    String host,
    int port,
    boolean tls,
    String basePath) {

  static Target of(Upstream upstream, String resource, @Nullable Secret providerKey) {
    URI base = upstream.baseUrl();
    boolean tls = "https".equalsIgnoreCase(base.getScheme());
    String path = base.getRawPath() == null ? "" : base.getRawPath();
    return new Target(
        upstream,
        resource,
        new TreeMap<>(upstream.modelsByName()),
        providerKey,
        base.getHost(),
        base.getPort() > 0 ? base.getPort() : tls ? 443 : 80,
        tls,
        path.endsWith("/") ? path.substring(0, path.length() - 1) : path);
  }

  public Provider provider() {
    return upstream.provider();
  }
}
