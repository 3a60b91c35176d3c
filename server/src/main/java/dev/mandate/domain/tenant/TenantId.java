package dev.mandate.domain.tenant;

import dev.mandate.platform.http.TenantPath;

/// Names a tenant. The first parameter of every store call, so that no query can forget it.
///
/// Also the slug in the tenant's issuer, `{base}/t/{slug}`, for every tenant but the one at the
/// root: neither can change, because every client compares the issuer byte by byte.
public record TenantId(String value) {
  /// The tenant that lives at the root of the server.
  public static final TenantId DEFAULT = new TenantId("default");

  /// Whether a tenant may be made with this slug. `default` would be a second name of the root.
  public static boolean isFree(String slug) {
    return TenantPath.isSlug(slug) && !slug.equals(DEFAULT.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
