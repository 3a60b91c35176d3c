package dev.mandate.domain.monitoring;

import java.util.List;
import java.util.function.ToLongFunction;

/// What is still usual for a caller, of everything that is measured.
///
/// @param learned whether it was watched for long enough to say
record Measures(
    boolean learned,
    Measure slotCalls,
    Measure hourCalls,
    Measure refusals,
    Measure hourCost,
    Measure dayCost) {
  /// Days on which it called, and days since it was first seen, before anything is unusual.
  static final int LEARNING_DAYS = 7;

  /// Of the past, this many days with calls are the measure.
  static final int DAYS = 28;

  static final long SLOT_CALLS_FLOOR = 60;
  static final long HOUR_CALLS_FLOOR = 240;
  static final long REFUSALS_FLOOR = 30;

  /// In millionths of the tenant's currency.
  static final long HOUR_COST_FLOOR = 200_000;

  static final long DAY_COST_FLOOR = 1_000_000;

  static final Measures NONE =
      new Measures(
          false,
          Measure.UNKNOWN,
          Measure.UNKNOWN,
          Measure.UNKNOWN,
          Measure.UNKNOWN,
          Measure.UNKNOWN);

  /// @param firstDay since when it is watched
  /// @param past days that are over
  static Measures of(long firstDay, List<Day> past) {
    if (past.size() < LEARNING_DAYS || past.getLast().day() - firstDay < LEARNING_DAYS - 1) {
      return NONE;
    }
    List<Day> last = past.subList(Math.max(0, past.size() - DAYS), past.size());
    return new Measures(
        true,
        measure(last, Day::peakCalls, SLOT_CALLS_FLOOR),
        measure(last, Day::peakHourCalls, HOUR_CALLS_FLOOR),
        measure(last, Day::peakRefusals, REFUSALS_FLOOR),
        measure(last, Day::peakHourCost, HOUR_COST_FLOOR),
        measure(last, Day::costMicros, DAY_COST_FLOOR));
  }

  private static Measure measure(List<Day> days, ToLongFunction<Day> what, long floor) {
    return Measure.of(days.stream().mapToLong(what).toArray(), floor);
  }
}
