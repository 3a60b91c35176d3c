package dev.mandate.domain.tenant;

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

  public boolean isSecure() {
    return url.startsWith("https:");
  }
}
