package dev.mandate.domain.budget;

import dev.mandate.domain.access.Period;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;

/// The windows that a moment lies in, in a time zone: one of each [Period]. What is charged in them
/// is decided by the moment of a call's reservation.
///
/// @param minute minutes since 1970
/// @param hour the hour since 1970 in which the calendar hour began: in some zones it begins at the
///   half
/// @param day days since 1970
public record CalendarWindows(long minute, long hour, long day) {
  static final long MINUTE_MILLIS = 60_000;
  static final long HOUR_MILLIS = 60 * MINUTE_MILLIS;
  private static final int MONTHS = 12;

  public static CalendarWindows at(ZoneId zone, Instant moment) {
    return Calendar.at(zone, moment.toEpochMilli()).windows();
  }

  /// What was written down before hours were.
  public static CalendarWindows of(long millis, long day) {
    return new CalendarWindows(
        Math.floorDiv(millis, MINUTE_MILLIS), Math.floorDiv(millis, HOUR_MILLIS), day);
  }

  /// The number of the window; unique for the period, growing with time.
  public long id(Period period) {
    return switch (period) {
      case MINUTE -> minute;
      case HOUR -> hour;
      case DAY -> day;
      case MONTH -> month(day);
      case TOTAL -> LeaseStore.Window.TOTAL;
    };
  }

  public LocalDate date() {
    return LocalDate.ofEpochDay(day);
  }

  /// The number of the month that a day is in.
  public static long month(long day) {
    LocalDate date = LocalDate.ofEpochDay(day);
    return (long) date.getYear() * MONTHS + date.getMonthValue() - 1;
  }

  /// The first day of a month.
  public static long firstDay(long month) {
    return firstOf(month).toEpochDay();
  }

  static LocalDate firstOf(long month) {
    return LocalDate.of(
        Math.toIntExact(Math.floorDiv(month, (long) MONTHS)), Math.floorMod(month, MONTHS) + 1, 1);
  }
}
