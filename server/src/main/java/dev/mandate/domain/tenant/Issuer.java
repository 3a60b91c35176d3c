package dev.mandate.domain.tenant;

import java.net.URI;

/// A tenant as the outside knows it (RFC 8414 §2).
///
/// @param url without a trailing slash; compared byte by byte wherever it appears
public record Issuer(TenantId tenant, String url) {
  /// An absolute URL below the issuer.
  ///
  /// @param path with its leading slash
  public String url(String path) {
    return url + path;
  }

  /// The path that links of our own pages begin with: empty, or without a trailing slash.
  public String root() {
    String path = URI.create(url).getRawPath();
    return path == null ? "" : path;
  }

  /// Scheme, host and port: what a browser's `Origin` header says of our own pages.
  public String origin() {
    URI uri = URI.create(url);
    return uri.getScheme() + "://" + uri.getRawAuthority();
  }

  public boolean isSecure() {
    return url.startsWith("https:");
  }
}
