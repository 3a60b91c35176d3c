package dev.mandate.domain.monitoring;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A baseline as people read it.
///
/// @param days with calls
/// @param measures what is still usual, by what is measured; empty while nobody knows
/// @param networks in the usual notation
/// @param hours of the day in UTC
public record Usual(
    CallerId caller,
    boolean learned,
    int days,
    Map<String, Long> measures,
    List<String> networks,
    List<String> models,
    List<Integer> hours) {
  /// Days with calls before anything is unusual.
  public static final int LEARNING_DAYS = Measures.LEARNING_DAYS;

  private static final int HOURS = 24;

  /// Null for a caller that was never seen.
  public static @Nullable Usual of(CallerId caller, @Nullable Baseline baseline) {
    return baseline == null ? null : of(new MonitoringStore.Known(caller, baseline));
  }

  public static Usual of(MonitoringStore.Known known) {
    Baseline baseline = known.baseline();
    int hours =
        baseline.days().stream()
            .mapToInt(Day::hours)
            .reduce(baseline.today().hours(), (a, b) -> a | b);
    return new Usual(
        known.caller(),
        baseline.measures().learned(),
        baseline.days().size(),
        measures(baseline.measures()),
        baseline.networks().keySet().stream().map(Network::text).toList(),
        List.copyOf(baseline.models().keySet()),
        IntStream.range(0, HOURS).filter(hour -> (hours & 1 << hour) != 0).boxed().toList());
  }

  /// Of a caller that is learned anew.
  public static Usual none(CallerId caller) {
    return new Usual(caller, false, 0, Map.of(), List.of(), List.of(), List.of());
  }

  private static Map<String, Long> measures(Measures measures) {
    Map<String, Long> named = new LinkedHashMap<>();
    if (measures.learned()) {
      named.put("calls_per_5_minutes_max", measures.slotCalls().most());
      named.put("calls_per_hour_max", measures.hourCalls().most());
      named.put("refusals_per_5_minutes_max", measures.refusals().most());
      named.put("cost_micros_per_hour_max", measures.hourCost().most());
      named.put("cost_micros_per_day_max", measures.dayCost().most());
    }
    return named;
  }
}
