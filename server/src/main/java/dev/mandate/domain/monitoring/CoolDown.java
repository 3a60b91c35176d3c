package dev.mandate.domain.monitoring;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// How long a caller that does the same unusual thing again is not reported again.
final class CoolDown {
  static final Duration ONCE = Duration.ofDays(1);

  /// After the second time in a week.
  static final Duration AGAIN = Duration.ofDays(3);

  /// What takes weeks needs no word each day.
  static final Duration CREEP = Duration.ofDays(14);

  /// How far back one has to look.
  static final Duration LOOKS_BACK = Duration.ofDays(14);

  private static final Duration WEEK = Duration.ofDays(7);

  private CoolDown() {}

  /// @param before when the same kind was found of the same caller
  static boolean admits(Finding.Kind kind, List<Instant> before, Instant now) {
    if (before.isEmpty()) {
      return true;
    }
    long thisWeek = before.stream().filter(at -> at.isAfter(now.minus(WEEK))).count();
    Duration pause = kind == Finding.Kind.CREEP ? CREEP : thisWeek >= 2 ? AGAIN : ONCE;
    return before.stream().noneMatch(at -> at.isAfter(now.minus(pause)));
  }
}
