package dev.mandate.domain.signingkey;

import java.time.Duration;

/// When a tenant's signing keys follow one another.
///
/// @param period for which a key signs
public record KeyRotation(Duration period) {
  /// How long a key is published before it signs: longer than any node or verifier keeps a key set.
  public static final Duration AHEAD = Duration.ofDays(1);

  /// How long a key is published after the next one began to sign: twice the longest life of
  /// anything that is signed, for the clocks of nodes differ.
  public static final Duration BEHIND = Duration.ofHours(2);

  public static final Duration PERIOD_MIN = Duration.ofDays(2);
  public static final Duration PERIOD_MAX = Duration.ofDays(730);
  public static final KeyRotation STANDARD = new KeyRotation(Duration.ofDays(90));

  public KeyRotation {
    if (period.compareTo(PERIOD_MIN) < 0 || period.compareTo(PERIOD_MAX) > 0) {
      throw new IllegalArgumentException(
          "signing-key-period is %s, expected %s to %s".formatted(period, PERIOD_MIN, PERIOD_MAX));
    }
  }
}
