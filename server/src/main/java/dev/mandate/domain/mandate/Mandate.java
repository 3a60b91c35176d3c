package dev.mandate.domain.mandate;

import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// A delegation. Only [#revokedAt] ever changes.
///
/// @param client that may act
/// @param user on whose behalf; null when the tenant itself gave it to a service
/// @param scopes granted
/// @param access granted; an entry's place in the list names its budget, so the order never changes
/// @param parent of a mandate that was delegated onward
public record Mandate(
    TenantId tenant,
    MandateId id,
    ClientId client,
    @Nullable UserId user,
    SortedSet<String> scopes,
    List<LlmAccess> access,
    Instant createdAt,
    Instant expiresAt,
    @Nullable Instant revokedAt,
    @Nullable MandateId parent) {
  public Mandate {
    scopes = java.util.Collections.unmodifiableSortedSet(new TreeSet<>(scopes));
    access = List.copyOf(access);
  }

  /// What became of a mandate by itself; its rights also hang on its client and its user.
  public enum Status {
    ACTIVE,
    EXPIRED,
    REVOKED;

    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    public static Status ofWire(String wire) {
      return valueOf(wire.toUpperCase(Locale.ROOT));
    }
  }

  public Status status(Instant now) {
    if (isRevoked()) {
      return Status.REVOKED;
    }
    return isExpired(now) ? Status.EXPIRED : Status.ACTIVE;
  }

  public boolean isRevoked() {
    return revokedAt != null;
  }

  public boolean isExpired(Instant now) {
    return !now.isBefore(expiresAt);
  }
}
