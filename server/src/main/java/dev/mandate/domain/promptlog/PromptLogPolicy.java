package dev.mandate.domain.promptlog;

import java.time.Duration;

/// What a tenant wants kept.
///
/// @param perMille of a mandate's calls, chosen by chance; 0 keeps none
/// @param kept how long
public record PromptLogPolicy(int perMille, Duration kept) {
  public static final Duration KEPT_MAX = Duration.ofDays(30);
  public static final Duration KEPT_DEFAULT = Duration.ofDays(7);
  public static final int ALL = 1_000;
  public static final PromptLogPolicy OFF = new PromptLogPolicy(0, KEPT_DEFAULT);

  public PromptLogPolicy {
    if (perMille < 0 || perMille > ALL) {
      throw new IllegalArgumentException(perMille + " of a thousand calls, expected 0 to " + ALL);
    }
    if (!kept.isPositive() || kept.compareTo(KEPT_MAX) > 0) {
      throw new IllegalArgumentException("kept for " + kept + ", expected up to " + KEPT_MAX);
    }
  }

  public boolean isOn() {
    return perMille > 0;
  }
}
