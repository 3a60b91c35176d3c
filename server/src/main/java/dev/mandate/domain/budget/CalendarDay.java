package dev.mandate.domain.budget;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;

/// A day in a time zone as a span of instants, so that asking "still the same day?" is two
/// comparisons.
///
/// @param endMillis the next day's first millisecond
record CalendarDay(ZoneId zone, LocalDate date, long startMillis, long endMillis) {
  static CalendarDay at(ZoneId zone, long millis) {
    LocalDate date = Instant.ofEpochMilli(millis).atZone(zone).toLocalDate();
    // Where a clock is set back over midnight, the repeated hour stays in the day it first belonged
    // to: windows never overlap.
    while (millis >= startOf(date.plusDays(1), zone)) {
      date = date.plusDays(1);
    }
    return new CalendarDay(zone, date, startOf(date, zone), startOf(date.plusDays(1), zone));
  }

  private static long startOf(LocalDate date, ZoneId zone) {
    return date.atStartOfDay(zone).toInstant().toEpochMilli();
  }

  boolean contains(long millis) {
    return startMillis <= millis && millis < endMillis;
  }
}
