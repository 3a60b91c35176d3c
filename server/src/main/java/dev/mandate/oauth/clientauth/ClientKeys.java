package dev.mandate.oauth.clientauth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.mandate.domain.client.Proof;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.jose.VerifyingJwk;
import dev.mandate.platform.json.Json;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The public keys that a client registered, or publishes where it said.
public final class ClientKeys {
  private static final int KEPT_MAX = 1_000;

  private final PublishedKeys published;
  private final Cache<String, List<VerifyingJwk>> inline =
      Caffeine.newBuilder().maximumSize(KEPT_MAX).build();

  public ClientKeys(PublishedKeys published) {
    this.published = published;
  }

  /// @param kid that an assertion names; null when it names none
  /// @return those that could have signed it, none when it names one that isn't there
  List<VerifyingJwk> of(TenantId tenant, Proof.Keys proof, @Nullable String kid) {
    URI uri = proof.jwksUri();
    if (uri != null) {
      return published.of(tenant, uri, kid);
    }
    String jwks = String.valueOf(proof.jwks());
    return named(inline.get(jwks, text -> VerifyingJwk.set(Json.parse(text), true)), kid);
  }

  static List<VerifyingJwk> named(List<VerifyingJwk> keys, @Nullable String kid) {
    return kid == null ? keys : keys.stream().filter(key -> key.kid().equals(kid)).toList();
  }
}
