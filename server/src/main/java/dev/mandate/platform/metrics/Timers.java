package dev.mandate.platform.metrics;

import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;

/// The histograms of one duration. Places of labels come from [Label#at], in the labels' order; as
/// many as the metric has labels.
public final class Timers {
  private final Family<Timer> family;

  Timers(Family<Timer> family) {
    this.family = family;
  }

  public void record(long nanos) {
    family.at().record(nanos, TimeUnit.NANOSECONDS);
  }

  public void record(long nanos, int a) {
    family.at(a).record(nanos, TimeUnit.NANOSECONDS);
  }

  public void record(long nanos, int a, int b) {
    family.at(a, b).record(nanos, TimeUnit.NANOSECONDS);
  }

  public void record(long nanos, int a, int b, int c) {
    family.at(a, b, c).record(nanos, TimeUnit.NANOSECONDS);
  }

  public void record(long nanos, int a, int b, int c, int d) {
    family.at(a, b, c, d).record(nanos, TimeUnit.NANOSECONDS);
  }
}
