package dev.mandate.domain.authorization;

import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Keeps pending authorizations.
public interface PendingStore {
  void insert(PendingAuthorization pending);

  /// The request, unless it was answered or has expired at `now`.
  @Nullable PendingAuthorization find(TenantId tenant, PendingId id, Instant now);

  /// Marks it as answered, atomically: of racing callers exactly one is told `true`.
  ///
  /// @return false when it was answered before, has expired, or never was
  boolean consume(TenantId tenant, PendingId id, Instant now);
}
