package dev.mandate.oauth.jwks;

import dev.mandate.domain.signingkey.SigningKeys;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;

/// `GET /oauth/jwks`: the issuer's public keys.
public final class JwksEndpoint implements Endpoint {
  /// Keys are published ahead of use, so a set that is five minutes old verifies every token.
  private static final String CACHE = "public, max-age=300";

  private final Issuers issuers;
  private final SigningKeys keys;

  public JwksEndpoint(Issuers issuers, SigningKeys keys) {
    this.issuers = issuers;
    this.keys = keys;
  }

  @Override
  public HttpResponse handle(HttpRequest request) {
    return HttpResponse.json(200, keys.jwkSet(issuers.of(request).tenant()))
        // RFC 7517 §8.5.2.
        .with("content-type", "application/jwk-set+json")
        .with("cache-control", CACHE);
  }
}
