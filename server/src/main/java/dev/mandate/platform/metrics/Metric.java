package dev.mandate.platform.metrics;

import java.util.List;

/// One metric as its reader sees it, for `docs/reference/metrics.md`.
///
/// @param name in the exposition, without the suffixes of a histogram's series
/// @param unit empty for a plain number
/// @param labels by name
public record Metric(String name, Type type, String unit, List<String> labels, String help) {
  /// In the words of Prometheus. A histogram also has a gauge of its recent maximum, `{name}_max`.
  public enum Type {
    COUNTER,
    GAUGE,
    HISTOGRAM
  }

  public Metric {
    labels = List.copyOf(labels);
  }
}
