package dev.mandate.domain.notice;

import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// One notice on its way to one place.
///
/// @param target id of a webhook, or a mail address
/// @param attempts that were begun
/// @param nextAt when it is tried again; null once it has ended
/// @param problem of the last attempt; empty when there was none
public record Delivery(
    TenantId tenant,
    String id,
    String notice,
    Channel channel,
    String target,
    State state,
    int attempts,
    @Nullable Instant nextAt,
    String problem,
    Instant createdAt,
    @Nullable Instant endedAt) {

  /// By which way.
  public enum Channel {
    WEBHOOK,
    MAIL
  }

  /// What became of it.
  public enum State {
    /// Tried, or tried again, at its time.
    WAITING,
    DELIVERED,
    /// Not tried any more.
    DEAD
  }
}
