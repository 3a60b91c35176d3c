package dev.mandate.domain.tenant;

import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.TenantPath;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Says which issuer a request speaks to, from the configured public URL and the path, never from
/// the `Host` header. That the tenant is served,
/// the listener has asked before ([dev.mandate.platform.http.Tenancy]).
public final class Issuers {
  private final Issuer root;
  private final Map<String, Issuer> bySlug = new ConcurrentHashMap<>();

  /// @param publicUrl of the server, without a trailing slash
  public Issuers(String publicUrl) {
    this.root = new Issuer(TenantId.DEFAULT, publicUrl);
  }

  /// Of the default tenant.
  public Issuer root() {
    return root;
  }

  public Issuer of(HttpRequest request) {
    return of(request.slug());
  }

  /// @param slug of a tenant that is served; null for the one at the root
  public Issuer of(@Nullable String slug) {
    if (slug == null) {
      return root;
    }
    Issuer issuer = bySlug.get(slug);
    return issuer != null ? issuer : bySlug.computeIfAbsent(slug, this::below);
  }

  public Issuer of(TenantId tenant) {
    return tenant.equals(TenantId.DEFAULT) ? root : of(tenant.value());
  }

  private Issuer below(String slug) {
    if (!TenantId.isFree(slug)) {
      throw new IllegalArgumentException("no tenant lives below /t/" + slug);
    }
    return new Issuer(new TenantId(slug), root.url(TenantPath.PREFIX + slug));
  }
}
