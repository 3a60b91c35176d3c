package dev.mandate.domain.tenant;

import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.observe.RequestFacts;

/// Says which issuer a request speaks to, from the configured public URL and the path, never from
/// the `Host` header.
public final class Issuers {
  private final Issuer root;

  /// @param publicUrl of the server, without a trailing slash
  public Issuers(String publicUrl) {
    this.root = new Issuer(TenantId.DEFAULT, publicUrl);
  }

  public Issuer root() {
    return root;
  }

  /// The issuer at this path. Every path belongs to the default tenant until tenants have paths of
  /// their own.
  public Issuer of(HttpRequest request) {
    RequestFacts.current().tenant(root.tenant().value());
    return root;
  }
}
