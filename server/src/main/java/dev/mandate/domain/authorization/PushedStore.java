package dev.mandate.domain.authorization;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Keeps pushed authorization requests.
public interface PushedStore {
  void insert(PushedRequest request);

  /// What became of a `request_uri`. A used one is remembered until it expires.
  sealed interface Found {
    record Waiting(PushedRequest request) implements Found {}

    /// A browser brought it before.
    ///
    /// @param browser hash of that browser's cookie
    /// @param pending what it became
    record Used(PushedRequest request, TokenHash browser, PendingId pending) implements Found {}
  }

  /// Null when there is none or it has expired at `now`.
  @Nullable Found find(TenantId tenant, TokenHash hash, Instant now);

  /// Uses it up, atomically: of racing callers exactly one is told `true`.
  ///
  /// @param browser that brought it
  /// @param pending what it becomes
  /// @return false when it was used before, has expired, or never was
  boolean consume(
      TenantId tenant, TokenHash hash, TokenHash browser, PendingId pending, Instant now);
}
