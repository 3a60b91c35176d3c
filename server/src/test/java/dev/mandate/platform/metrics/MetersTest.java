package dev.mandate.platform.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.ref.WeakReference;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class MetersTest {
  private enum Colour {
    RED,
    BLUE
  }

  private final Meters meters = new Meters();

  private List<String> lines(String metric) {
    return meters.scrape(null).text().lines().filter(l -> l.startsWith(metric + "{")).toList();
  }

  @Test
  void aSeriesAppearsWithItsFirstUse() {
    Label<Colour> colour = Label.of("colour", Colour.class, Enum::name);
    Counters counters = meters.counters("test.hits", "Hits", colour, Label.flag("wet"));
    assertThat(lines("test_hits_total")).isEmpty();
    counters.add(2, colour.at(Colour.BLUE), 1);
    counters.add(1, colour.at(null), 0);
    assertThat(lines("test_hits_total"))
        .containsExactlyInAnyOrder(
            "test_hits_total{colour=\"BLUE\",wet=\"true\"} 2.0",
            "test_hits_total{colour=\"none\",wet=\"false\"} 1.0");
  }

  @Test
  void aThousandNamesMakeAsManySeriesAsWereAllowed() {
    Label<String> name = Label.first("name", 3);
    Counters counters = meters.counters("test.names", "Names", name);
    for (int i = 0; i < 1_000; i++) {
      counters.add(1, name.at("name-" + i));
    }
    counters.add(1, name.at("name-0"));
    assertThat(lines("test_names_total"))
        .containsExactlyInAnyOrder(
            "test_names_total{name=\"name-0\"} 2.0",
            "test_names_total{name=\"name-1\"} 1.0",
            "test_names_total{name=\"name-2\"} 1.0",
            "test_names_total{name=\"other\"} 997.0");
  }

  @Test
  void threadsThatRaceForPlacesAndSeriesLoseNoCount() throws InterruptedException {
    Label<String> name = Label.first("name", 4);
    Counters counters = meters.counters("test.race", "Race", name);
    CountDownLatch done = new CountDownLatch(8);
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (int t = 0; t < 8; t++) {
        threads.execute(
            () -> {
              for (int i = 0; i < 1_000; i++) {
                counters.add(1, name.at("n" + i % 10));
              }
              done.countDown();
            });
      }
      done.await();
    }
    List<String> lines = lines("test_race_total");
    assertThat(lines).hasSize(5);
    assertThat(
            lines.stream()
                .mapToDouble(l -> Double.parseDouble(l.substring(l.lastIndexOf(' '))))
                .sum())
        .isEqualTo(8_000);
  }

  @Test
  void aDurationFallsIntoItsBucket() {
    Timers timers = meters.timers("test.wait", "Wait", Meters.Buckets.LOCAL);
    timers.record(300_000);
    String text = meters.scrape(null).text();
    assertThat(text)
        .contains("test_wait_seconds_bucket{le=\"2.5E-4\"} 0")
        .contains("test_wait_seconds_bucket{le=\"5.0E-4\"} 1")
        .contains("test_wait_seconds_count 1");
  }

  @Test
  void theFormatIsTheOneThatTheScraperAccepts() {
    meters.counters("test.hits", "Hits").add(1);
    assertThat(meters.scrape("text/plain").contentType()).startsWith("text/plain; version=0.0.4");
    Meters.Scrape open = meters.scrape("application/openmetrics-text; version=1.0.0, */*;q=0.1");
    assertThat(open.contentType()).startsWith("application/openmetrics-text");
    assertThat(open.text()).endsWith("# EOF\n");
  }

  @Test
  void theCatalogueNamesEveryMetricOfTheExposition() {
    meters.withProcess();
    Label<Colour> colour = Label.of("colour", Colour.class, Enum::name);
    meters.counters("test.hits", "Hits", colour).add(1, 0);
    meters.timers("test.wait", "Wait", Meters.Buckets.LOCAL).record(1);
    meters.gauge("test.size", "bytes", "Size", () -> 7);
    meters.counted("test.spent", "seconds", "Spent", () -> 7);
    List<String> names = meters.catalogue().stream().map(Metric::name).toList();
    assertThat(meters.catalogue())
        .contains(
            new Metric("test_hits_total", Metric.Type.COUNTER, "", List.of("colour"), "Hits"),
            new Metric("test_wait_seconds", Metric.Type.HISTOGRAM, "seconds", List.of(), "Wait"),
            new Metric("test_size_bytes", Metric.Type.GAUGE, "bytes", List.of(), "Size"),
            new Metric(
                "test_spent_seconds_total", Metric.Type.COUNTER, "seconds", List.of(), "Spent"));
    List<String> exposed =
        meters
            .scrape(null)
            .text()
            .lines()
            .filter(l -> l.startsWith("# TYPE "))
            .map(l -> l.split(" ", -1)[2].replaceFirst("_max$", ""))
            .distinct()
            .toList();
    // The JVM's own maxima are named so; all others stand beside their histogram.
    assertThat(names)
        .anyMatch(n -> n.startsWith("jvm_memory_used"))
        .containsAll(
            exposed.stream()
                .filter(n -> names.stream().noneMatch(m -> m.equals(n + "_max")))
                .toList());
  }

  @Test
  void aCountThatSomebodyElseKeepsOutlivesTheGarbageCollector() {
    long[] count = {7};
    meters.counted("test.kept", "", "Kept", () -> count[0]);
    WeakReference<Object> gone = new WeakReference<>(new Object());
    while (gone.get() != null) {
      System.gc();
    }
    assertThat(meters.scrape(null).text()).contains("test_kept_total 7.0");
  }

  @Test
  void aMissingLabelIsAMistakeAndNotAnotherSeries() {
    Label<Colour> colour = Label.of("colour", Colour.class, Enum::name);
    Counters counters = meters.counters("test.two", "Two", colour, colour);
    assertThatThrownBy(() -> counters.add(1, 0)).hasMessageContaining("expected 2");
  }
}
