package dev.mandate.platform.metrics;

import io.micrometer.core.instrument.Counter;

/// The counters of one metric. Places of labels come from [Label#at], in the labels' order; as many
/// as the metric has labels.
public final class Counters {
  private final Family<Counter> family;

  Counters(Family<Counter> family) {
    this.family = family;
  }

  public void add(long count) {
    family.at().increment((double) count);
  }

  public void add(long count, int a) {
    family.at(a).increment((double) count);
  }

  public void add(long count, int a, int b) {
    family.at(a, b).increment((double) count);
  }

  public void add(long count, int a, int b, int c) {
    family.at(a, b, c).increment((double) count);
  }

  public void add(long count, int a, int b, int c, int d) {
    family.at(a, b, c, d).increment((double) count);
  }
}
