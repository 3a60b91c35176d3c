package dev.mandate.domain.providerstate;

import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Something that a provider keeps for a caller. Only [#deletedAt] ever changes.
///
/// @param upstream that it was made at
/// @param providerId what the provider calls it
/// @param mandate that made it
/// @param payer whose key made it; null for the tenant's own
/// @param credentialId that made it: the provider finds it with keys of the same account only
/// @param expiresAt when the provider forgets it; null when it keeps it until it is deleted
public record StoredObject(
    TenantId tenant,
    String upstream,
    ObjectKind kind,
    String providerId,
    ObjectOwner owner,
    MandateId mandate,
    @Nullable UserId payer,
    String credentialId,
    Instant createdAt,
    @Nullable Instant expiresAt,
    @Nullable Instant deletedAt) {
  public StoredObjectId id() {
    return StoredObjectId.of(upstream, kind, providerId);
  }
}
