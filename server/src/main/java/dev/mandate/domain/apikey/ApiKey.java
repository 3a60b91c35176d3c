package dev.mandate.domain.apikey;

import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// An API key as the store keeps it.
///
/// @param hash of the whole key
/// @param hint its last four characters, for people to tell keys apart
/// @param owner who made it; null for the tenant's own
/// @param mandate that it spends; null when it calls the admin API instead
/// @param scopes of the admin API, empty when it is bound to a mandate
/// @param lastUsedAt to the minute
public record ApiKey(
    TenantId tenant,
    ApiKeyId id,
    TokenHash hash,
    String hint,
    String name,
    @Nullable UserId owner,
    @Nullable MandateId mandate,
    Set<String> scopes,
    Instant createdAt,
    Instant expiresAt,
    @Nullable Instant revokedAt,
    @Nullable Instant lastUsedAt) {
  public ApiKey {
    scopes = Set.copyOf(scopes);
  }

  public boolean isLive(Instant now) {
    return revokedAt == null && now.isBefore(expiresAt);
  }
}
