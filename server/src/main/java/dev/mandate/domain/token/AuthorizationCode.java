package dev.mandate.domain.token;

import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An authorization code (RFC 6749 §4.1.2) as the store keeps it.
///
/// @param redirectUri as the authorization request had it; null when it had none
/// @param codeChallenge S256 (RFC 7636 §4.2)
/// @param nonce of an OpenID Connect request
/// @param resources asked for (RFC 8707)
/// @param thumbprint of the key that whoever redeems it proves to have (RFC 9449 §10); null for
///   none
/// @param authenticatedAt when the person last proved who they are
public record AuthorizationCode(
    TenantId tenant,
    TokenHash hash,
    ClientId client,
    MandateId mandate,
    @Nullable String redirectUri,
    String codeChallenge,
    @Nullable String nonce,
    List<String> resources,
    @Nullable String thumbprint,
    Instant authenticatedAt,
    Instant expiresAt) {
  public AuthorizationCode {
    resources = List.copyOf(resources);
  }
}
