package dev.mandate.platform.metrics;

import io.micrometer.core.instrument.DistributionSummary;

/// The histograms of one amount. Places of labels as in [Timers].
public final class Amounts {
  private final Family<DistributionSummary> family;

  Amounts(Family<DistributionSummary> family) {
    this.family = family;
  }

  public void record(long amount, int a, int b, int c, int d) {
    family.at(a, b, c, d).record(amount);
  }
}
