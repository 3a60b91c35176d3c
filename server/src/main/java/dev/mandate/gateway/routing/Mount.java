package dev.mandate.gateway.routing;

import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.gateway.snapshot.TenantKey;

/// Where an upstream is reached.
///
/// @param issuer of the tenant whose upstream it is
/// @param key of the upstream
/// @param prefix of its paths below the issuer, `/{name}/`
public record Mount(Issuer issuer, TenantKey<String> key, Provider provider, String prefix) {
  static Mount of(Issuer issuer, Upstream upstream) {
    return new Mount(
        issuer,
        new TenantKey<>(issuer.tenant(), upstream.name()),
        upstream.provider(),
        "/" + upstream.name() + "/");
  }

  public String upstream() {
    return key.key();
  }
}
