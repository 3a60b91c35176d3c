package dev.mandate.domain.apikey;

import java.time.Duration;

/// What an operator decides about keys.
///
/// @param lifetimeMax from its making or its renewal
/// @param grace of a rotation that names none: how long the secret before still works
/// @param livePerMandateMax keys of one mandate that are live at a time
/// @param revokesLeaked whether a key that comes in a URL is revoked; one that is reported always
///   is
public record ApiKeyPolicy(
    Duration lifetimeMax, Duration grace, int livePerMandateMax, boolean revokesLeaked) {
  /// No setting goes beyond.
  public static final Duration LIFETIME_CEILING = Duration.ofDays(366);

  public static final Duration GRACE_MAX = Duration.ofDays(7);

  public static final ApiKeyPolicy STANDARD =
      new ApiKeyPolicy(Duration.ofDays(90), Duration.ofDays(1), 20, false);

  public ApiKeyPolicy {
    if (!lifetimeMax.isPositive() || lifetimeMax.compareTo(LIFETIME_CEILING) > 0) {
      throw new IllegalArgumentException(
          "keys that last %s, expected up to %s".formatted(lifetimeMax, LIFETIME_CEILING));
    }
    if (grace.isNegative() || grace.compareTo(GRACE_MAX) > 0) {
      throw new IllegalArgumentException(
          "a grace of %s, expected 0 to %s".formatted(grace, GRACE_MAX));
    }
  }
}
