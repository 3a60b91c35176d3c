package dev.mandate.domain.authorization;

import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Keeps the requests of devices.
public interface DeviceStore {
  /// By which a device that polls too soon is slowed down (RFC 8628 §3.5).
  Duration SLOWER = Duration.ofSeconds(5);

  /// @param interval that the device waits between two polls, to begin with
  /// @return false when its user code is another request's
  boolean insert(DeviceRequest request, Duration interval);

  /// The request, whatever became of it.
  @Nullable DeviceRequest find(TenantId tenant, TokenHash device);

  /// The request that waits for a person with this code; null when there is none, or it is taken,
  /// refused or expired.
  @Nullable DeviceRequest waiting(TenantId tenant, TokenHash user, Instant now);

  /// One browser takes the request on; of racing ones one wins.
  ///
  /// @return false when it does not wait any more
  boolean claim(TenantId tenant, TokenHash user, PendingId pending, Instant now);

  /// The person did not start this: refuses a request that waits.
  boolean refuse(TenantId tenant, TokenHash user, Instant now);

  /// The person approved what this pending authorization asked.
  void approve(TenantId tenant, PendingId pending, MandateId mandate, Instant authenticatedAt);

  /// The person denied it.
  void deny(TenantId tenant, PendingId pending, Instant now);

  /// What a device hears when it polls.
  sealed interface Poll {
    /// Approved; to be used up with [#consume].
    record Approved(MandateId mandate, Instant authenticatedAt) implements Poll {}

    record Waiting() implements Poll {}

    /// It polled too soon; from now on it waits longer.
    record TooSoon(Duration interval) implements Poll {}

    record Denied() implements Poll {}

    record Expired() implements Poll {}

    /// Never there, or used up.
    record Unknown() implements Poll {}
  }

  /// Of racing polls one is in time.
  Poll poll(TenantId tenant, TokenHash device, Instant now);

  /// Uses an approved request up; of racing callers one wins.
  boolean consume(TenantId tenant, TokenHash device, Instant now);
}
