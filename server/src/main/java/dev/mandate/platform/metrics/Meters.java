package dev.mandate.platform.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// All metrics of one server. Families are made once, at start; recording into them is lock-free
/// and looks nothing up by name.
public final class Meters implements AutoCloseable {
  private static final String OPEN_METRICS = "application/openmetrics-text";

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT).throwExceptionOnRegistrationFailure();
  private final SortedMap<String, Metric> made = new TreeMap<>();

  /// Held, because the registry itself doesn't hold them.
  private final List<DoubleSupplier> read = new ArrayList<>();

  private @Nullable JvmGcMetrics garbage;

  /// An answer to a scrape.
  public record Scrape(String contentType, String text) {}

  /// Upper bounds of a histogram's buckets.
  public enum Buckets {
    /// From 0.1 ms: what this process does by itself.
    LOCAL(100, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 250_000, 1_000_000),
    /// From 1 ms to two minutes: what waits for others.
    REMOTE(
        1_000,
        5_000,
        10_000,
        25_000,
        50_000,
        100_000,
        250_000,
        500_000,
        1_000_000,
        2_500_000,
        5_000_000,
        10_000_000,
        30_000_000,
        120_000_000),
    /// OpenTelemetry's for `gen_ai.client.operation.duration`.
    GEN_AI_DURATION(
        10_000,
        20_000,
        40_000,
        80_000,
        160_000,
        320_000,
        640_000,
        1_280_000,
        2_560_000,
        5_120_000,
        10_240_000,
        20_480_000,
        40_960_000,
        81_920_000),
    /// OpenTelemetry's for `gen_ai.server.time_to_first_token`.
    GEN_AI_FIRST(
        1_000,
        5_000,
        10_000,
        20_000,
        40_000,
        60_000,
        80_000,
        100_000,
        250_000,
        500_000,
        750_000,
        1_000_000,
        2_500_000,
        5_000_000,
        7_500_000,
        10_000_000),
    /// OpenTelemetry's for `gen_ai.server.time_per_output_token`.
    GEN_AI_PER_TOKEN(
        10_000, 25_000, 50_000, 75_000, 100_000, 150_000, 200_000, 300_000, 400_000, 500_000,
        750_000, 1_000_000, 2_500_000);

    /// Never handed out as it is.
    @SuppressWarnings("ImmutableEnumChecker")
    private final Duration[] bounds;

    Buckets(long... micros) {
      this.bounds =
          java.util.Arrays.stream(micros)
              .mapToObj(m -> Duration.ofNanos(m * 1_000))
              .toArray(Duration[]::new);
    }
  }

  /// @param name with dots, without unit and `total`, which the exposition adds
  public Counters counters(String name, String help, Label<?>... labels) {
    describe(name, Meter.Type.COUNTER, "", help, labels);
    return new Counters(
        new Family<>(
            List.of(labels),
            pairs -> Counter.builder(name).description(help).tags(tags(pairs)).register(registry)));
  }

  /// @param name with dots, without the unit, which the exposition adds
  public Timers timers(String name, String help, Buckets buckets, Label<?>... labels) {
    describe(name, Meter.Type.TIMER, "seconds", help, labels);
    return new Timers(
        new Family<>(
            List.of(labels),
            pairs ->
                Timer.builder(name)
                    .description(help)
                    .serviceLevelObjectives(buckets.bounds.clone())
                    .tags(tags(pairs))
                    .register(registry)));
  }

  /// @param name with dots
  /// @param bounds upper bounds of the buckets
  public Amounts amounts(String name, String help, List<Double> bounds, Label<?>... labels) {
    describe(name, Meter.Type.DISTRIBUTION_SUMMARY, "", help, labels);
    double[] upper = bounds.stream().mapToDouble(Double::doubleValue).toArray();
    return new Amounts(
        new Family<>(
            List.of(labels),
            pairs ->
                DistributionSummary.builder(name)
                    .description(help)
                    .serviceLevelObjectives(upper.clone())
                    .tags(tags(pairs))
                    .register(registry)));
  }

  /// A number that is read at each scrape.
  ///
  /// @param unit empty for a plain number
  public void gauge(String name, String unit, String help, DoubleSupplier value) {
    describe(name, Meter.Type.GAUGE, unit, help);
    Gauge.builder(name, value::getAsDouble)
        .baseUnit(unit.isEmpty() ? null : unit)
        .description(help)
        .register(registry);
  }

  /// A count that somebody else keeps, read at each scrape.
  public void counted(String name, String unit, String help, DoubleSupplier value) {
    describe(name, Meter.Type.COUNTER, unit, help);
    FunctionCounter.builder(name, kept(value), DoubleSupplier::getAsDouble)
        .baseUnit(unit.isEmpty() ? null : unit)
        .description(help)
        .register(registry);
  }

  /// As [#counted], of a metric with two labels; called once a series, with the same help.
  public <A, B> void counted(
      String name, String help, Label<A> first, A a, Label<B> second, B b, DoubleSupplier value) {
    describe(name, Meter.Type.COUNTER, "", help, first, second);
    FunctionCounter.builder(name, kept(value), DoubleSupplier::getAsDouble)
        .description(help)
        .tag(first.name(), first.text(first.at(a)))
        .tag(second.name(), second.text(second.at(b)))
        .register(registry);
  }

  /// A gauge that is always 1 and says in its label what runs.
  public void info(String name, String help, String label, String text) {
    describe(name, Meter.Type.GAUGE, "", help, Label.texts(label, List.of(text)));
    Gauge.builder(name, () -> 1).description(help).tag(label, text).register(registry);
  }

  /// Memory, garbage collection, threads, processor, file descriptors and up-time of the process.
  public Meters withProcess() {
    new JvmMemoryMetrics().bindTo(registry);
    JvmGcMetrics gc = new JvmGcMetrics();
    gc.bindTo(registry);
    garbage = gc;
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    return this;
  }

  /// Every metric there is, by name.
  public List<Metric> catalogue() {
    SortedMap<String, Metric> all = new TreeMap<>();
    for (Meter meter : registry.getMeters()) {
      Meter.Id id = meter.getId();
      Metric metric =
          new Metric(
              exposed(id.getConventionName(registry.config().namingConvention()), id.getType()),
              type(id.getType()),
              id.getType() == Meter.Type.TIMER ? "seconds" : nonNull(id.getBaseUnit()),
              id.getTags().stream().map(Tag::getKey).toList(),
              nonNull(id.getDescription()));
      all.put(metric.name(), metric);
    }
    all.putAll(made);
    return List.copyOf(all.values());
  }

  /// Every metric with its value now.
  ///
  /// @param accept the client's `Accept`
  public Scrape scrape(@Nullable String accept) {
    String contentType =
        accept != null && accept.toLowerCase(Locale.ROOT).contains(OPEN_METRICS)
            ? OPEN_METRICS + "; version=1.0.0; charset=utf-8"
            : "text/plain; version=0.0.4; charset=utf-8";
    return new Scrape(contentType, registry.scrape(contentType));
  }

  private DoubleSupplier kept(DoubleSupplier value) {
    read.add(value);
    return value;
  }

  private void describe(
      String name, Meter.Type type, String unit, String help, Label<?>... labels) {
    String written =
        exposed(
            registry
                .config()
                .namingConvention()
                .name(name, type, type == Meter.Type.TIMER || unit.isEmpty() ? null : unit),
            type);
    made.put(
        written,
        new Metric(written, type(type), unit, Stream.of(labels).map(Label::name).toList(), help));
  }

  /// The convention leaves the suffix of counters to the writer.
  private static String exposed(String name, Meter.Type type) {
    return type == Meter.Type.COUNTER && !name.endsWith("_total") ? name + "_total" : name;
  }

  private static Metric.Type type(Meter.Type type) {
    return switch (type) {
      case COUNTER -> Metric.Type.COUNTER;
      case GAUGE, OTHER -> Metric.Type.GAUGE;
      case LONG_TASK_TIMER, TIMER, DISTRIBUTION_SUMMARY -> Metric.Type.HISTOGRAM;
    };
  }

  private static String nonNull(@Nullable String text) {
    return text == null ? "" : text;
  }

  private static Tags tags(List<String> pairs) {
    return Tags.of(pairs.toArray(String[]::new));
  }

  @Override
  public void close() {
    if (garbage != null) {
      garbage.close();
    }
    registry.close();
  }
}
