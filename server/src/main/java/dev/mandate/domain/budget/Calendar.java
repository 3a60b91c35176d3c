package dev.mandate.domain.budget;

import dev.mandate.domain.access.Period;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;

/// The windows that are open in a time zone, and until when, so that asking "still the same
/// minute?" is two comparisons.
///
/// @param startMillis the first millisecond that it holds for
/// @param endMillis the first that it doesn't hold for any more
/// @param hourEnd the next hour's first millisecond
/// @param dayEnd the next day's first millisecond
record Calendar(
    ZoneId zone,
    CalendarWindows windows,
    long startMillis,
    long endMillis,
    long hourEnd,
    long dayEnd) {
  private static final long MINUTE = CalendarWindows.MINUTE_MILLIS;
  private static final long HOUR = CalendarWindows.HOUR_MILLIS;

  static Calendar at(ZoneId zone, long millis) {
    Instant instant = Instant.ofEpochMilli(millis);
    LocalDate date = instant.atZone(zone).toLocalDate();
    // Where a clock is set back over midnight, the repeated hour stays in the day it first belonged
    // to: windows never overlap.
    while (millis >= startOf(date.plusDays(1), zone)) {
      date = date.plusDays(1);
    }
    long offset = zone.getRules().getOffset(instant).getTotalSeconds() * 1000L;
    long hourStart = Math.floorDiv(millis + offset, HOUR) * HOUR - offset;
    long minuteStart = Math.floorDiv(millis, MINUTE) * MINUTE;
    long dayEnd = startOf(date.plusDays(1), zone);
    CalendarWindows windows =
        new CalendarWindows(
            Math.floorDiv(millis, MINUTE), Math.floorDiv(hourStart, HOUR), date.toEpochDay());
    return new Calendar(
        zone,
        windows,
        Math.max(minuteStart, startOf(date, zone)),
        Math.min(minuteStart + MINUTE, dayEnd),
        hourStart + HOUR,
        dayEnd);
  }

  private static long startOf(LocalDate date, ZoneId zone) {
    return date.atStartOfDay(zone).toInstant().toEpochMilli();
  }

  boolean contains(long millis) {
    return startMillis <= millis && millis < endMillis;
  }

  /// When the window ends that is open now; never, for the one without an end.
  long endMillis(Period period) {
    return switch (period) {
      case MINUTE -> endMillis;
      case HOUR -> hourEnd;
      case DAY -> dayEnd;
      case MONTH -> startOf(CalendarWindows.firstOf(windows.id(Period.MONTH)).plusMonths(1), zone);
      case TOTAL -> Long.MAX_VALUE;
    };
  }
}
