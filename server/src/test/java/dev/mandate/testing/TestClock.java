package dev.mandate.testing;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;

/// A clock that stands still until it is told to move.
public final class TestClock implements InstantSource {
  /// Where it begins, to the millisecond, as stores keep instants.
  public static final Instant START = Instant.parse("2026-11-21T10:00:00Z");

  private final AtomicReference<Instant> now;

  public TestClock() {
    this(START);
  }

  public TestClock(Instant begin) {
    this.now = new AtomicReference<>(begin);
  }

  @Override
  public Instant instant() {
    return now.get();
  }

  public Instant advance(Duration by) {
    return now.updateAndGet(instant -> instant.plus(by));
  }

  public void set(Instant to) {
    now.set(to);
  }
}
