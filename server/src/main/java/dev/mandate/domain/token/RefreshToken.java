package dev.mandate.domain.token;

import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A refresh token as the store keeps it. The tokens of one code redemption form a family.
///
/// @param family shared by a token and its successors
/// @param resources that access tokens from it may name (RFC 8707)
/// @param thumbprint of the key that whoever presents it proves to have (RFC 9449 §5); null for
///   none
public record RefreshToken(
    TenantId tenant,
    TokenHash hash,
    String family,
    ClientId client,
    MandateId mandate,
    List<String> resources,
    Instant expiresAt,
    @Nullable String thumbprint) {
  public RefreshToken {
    resources = List.copyOf(resources);
  }
}
