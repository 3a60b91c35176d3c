package dev.mandate.domain.monitoring;

import java.util.Arrays;

/// How much of something is still usual, from the peaks of past days: a multiple of their median.
/// Peaks of one caller spread over orders of magnitude, so their logarithms are measured; median
/// and median deviation (MAD), so that half of the days may be spoiled.
///
/// @param most what is still usual; [Long#MAX_VALUE] while nobody knows
record Measure(long most) {
  static final Measure UNKNOWN = new Measure(Long.MAX_VALUE);

  /// A steady caller may do thrice its usual, the most erratic one fifteen times.
  static final double FACTOR_MIN = 3;

  static final double FACTOR_MAX = 15;

  /// Standard deviations.
  private static final double DEVIATIONS = 4;

  /// From MAD to the standard deviation, were it a normal distribution.
  private static final double MAD_TO_SIGMA = 1.4826;

  /// @param floor below which nothing is worth a word
  static Measure of(long[] peaks, long floor) {
    double[] logs = Arrays.stream(peaks).mapToDouble(peak -> Math.log(Math.max(peak, 1))).toArray();
    double median = median(logs);
    double mad = median(Arrays.stream(logs).map(log -> Math.abs(log - median)).toArray());
    double factor = Math.clamp(Math.exp(DEVIATIONS * MAD_TO_SIGMA * mad), FACTOR_MIN, FACTOR_MAX);
    return new Measure(Math.max(floor, Math.round(Math.exp(median) * factor)));
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  boolean isExceededBy(long value) {
    return value > most;
  }

  /// The larger peak, but none that is beyond the measure.
  long clipped(long peak, long value) {
    return Math.max(peak, Math.min(value, most));
  }
}
