package dev.mandate.app;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;

/// How one caller of a [TrafficRecorder] behaves: it plans a day of calls, and what becomes of them
/// may change its plan.
abstract class TrafficHabit implements AutoCloseable {
  final Random random;
  final Deque<Instant> planned = new ArrayDeque<>();
  private Instant day;

  TrafficHabit(Instant start, long seed) {
    this.day = start.minus(Duration.ofDays(1));
    this.random = new Random(seed);
  }

  /// When it calls next.
  final Instant due() {
    while (planned.isEmpty()) {
      day = day.plus(Duration.ofDays(1));
      plan(day, Math.floorMod(Math.floorDiv(day.getEpochSecond(), 86_400) + 3, 7));
      Instant midnight = day.plus(Duration.ofDays(1));
      planned.removeIf(at -> !at.isBefore(midnight));
    }
    return planned.element();
  }

  /// Fills `planned`, in order.
  ///
  /// @param weekday 0 is Monday
  abstract void plan(Instant midnight, int weekday);

  /// Makes the call that is due.
  ///
  /// @return how many requests it took
  abstract int call(Instant now);

  final int act(Instant now) {
    planned.remove();
    return call(now);
  }

  /// A number whose logarithm is normally distributed around that of the median.
  final int about(double median, double spread) {
    return (int) Math.max(1, Math.round(median * Math.exp(random.nextGaussian() * spread)));
  }

  @Override
  public void close() {
    // Most hold nothing.
  }
}
