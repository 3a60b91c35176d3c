package dev.mandate.domain.token;

import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Instant;
import java.util.List;

/// A refresh token as the store keeps it. The tokens of one code redemption form a family.
///
/// @param family shared by a token and its successors
/// @param resources that access tokens from it may name (RFC 8707)
public record RefreshToken(
    TenantId tenant,
    TokenHash hash,
    String family,
    ClientId client,
    MandateId mandate,
    List<String> resources,
    Instant expiresAt) {
  public RefreshToken {
    resources = List.copyOf(resources);
  }
}
