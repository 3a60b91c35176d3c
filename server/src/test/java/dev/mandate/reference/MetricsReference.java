package dev.mandate.reference;

import dev.mandate.platform.metrics.Metric;
import java.util.List;
import java.util.Locale;

/// `metrics.md`: every metric of our own; those of the Java process depend on the machine.
final class MetricsReference {
  private static final String OURS = "mandate_";
  private static final String HEAD =
      """
      # Metrics

      What `/metrics` of the management listener shows, beside the Java process (`jvm_*`, `process_*`, `system_*`). Labels have
      closed or bounded sets of values. A histogram has `_bucket`, `_count` and `_sum`, and a gauge `_max` beside it.

      """;

  private MetricsReference() {}

  static String write(List<Metric> metrics) {
    Table table = new Table("Metric", "Type", "Unit", "Labels", "What it is");
    for (Metric metric : metrics) {
      if (metric.name().startsWith(OURS)) {
        table.row(
            "`" + metric.name() + "`",
            metric.type().name().toLowerCase(Locale.ROOT),
            metric.unit(),
            String.join(", ", metric.labels()),
            metric.help());
      }
    }
    return HEAD + table;
  }
}
