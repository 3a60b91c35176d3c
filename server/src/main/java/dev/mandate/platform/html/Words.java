package dev.mandate.platform.html;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/// Numbers, money and time as people read them.
public final class Words {
  private static final int MICROS_DIGITS = 6;
  private static final int CENTS_DIGITS = 2;
  private static final int SMALL_DIGITS = 4;
  private static final long MILLION = 1_000_000;
  private static final DateTimeFormatter MOMENT =
      DateTimeFormatter.ofPattern("d MMMM uuuu, HH:mm", Locale.ENGLISH);

  private Words() {}

  /// `12,345`.
  public static String number(long value) {
    return new DecimalFormat("#,##0", DecimalFormatSymbols.getInstance(Locale.ROOT)).format(value);
  }

  /// `$5.00`; more digits only where there is something behind the cents.
  public static String money(long micros) {
    BigDecimal amount = units(micros);
    return "$"
        + new DecimalFormat("#,##0.00####", DecimalFormatSymbols.getInstance(Locale.ROOT))
            .format(amount);
  }

  /// What was spent: to the cent, rounded up so that it never looks like less, and finer only below
  /// a dollar.
  public static String spent(long micros) {
    int digits = micros < MILLION ? SMALL_DIGITS : CENTS_DIGITS;
    return money(
        BigDecimal.valueOf(micros, MICROS_DIGITS)
            .setScale(digits, RoundingMode.UP)
            .movePointRight(MICROS_DIGITS)
            .longValueExact());
  }

  /// `5.00`, as a number field takes it.
  public static String decimal(long micros) {
    return units(micros).toPlainString();
  }

  private static BigDecimal units(long micros) {
    BigDecimal amount = BigDecimal.valueOf(micros, MICROS_DIGITS).stripTrailingZeros();
    return amount.scale() < CENTS_DIGITS
        ? amount.setScale(CENTS_DIGITS, RoundingMode.UNNECESSARY)
        : amount;
  }

  /// `1 hour`, `30 days`, `2 days 6 hours`: the two largest parts, rounded down.
  public static String duration(Duration duration) {
    StringBuilder words = new StringBuilder();
    int parts = 0;
    for (Part part :
        List.of(
            new Part(duration.toDays(), "day"),
            new Part(duration.toHoursPart(), "hour"),
            new Part(duration.toMinutesPart(), "minute"),
            new Part(duration.toSecondsPart(), "second"))) {
      if (part.count > 0 && parts < 2) {
        words.append(words.isEmpty() ? "" : " ").append(count(part.count, part.unit));
        parts++;
      } else if (parts > 0) {
        break;
      }
    }
    return words.isEmpty() ? "less than a second" : words.toString();
  }

  private record Part(long count, String unit) {}

  /// `1 request`, `1,000 requests`.
  public static String count(long count, String noun) {
    return number(count) + " " + noun + (count == 1 ? "" : "s");
  }

  /// `21 December 2026, 14:00 CET`.
  public static String moment(Instant instant, ZoneId zone) {
    return MOMENT.format(instant.atZone(zone))
        + " "
        + DateTimeFormatter.ofPattern("zzz", Locale.ENGLISH).format(instant.atZone(zone));
  }

  /// `5 minutes ago`.
  public static String ago(Instant then, Instant now) {
    Duration since = Duration.between(then, now);
    if (since.toMinutes() < 1) {
      return "just now";
    }
    if (since.toHours() < 1) {
      return count(since.toMinutes(), "minute") + " ago";
    }
    return since.toDays() < 1
        ? count(since.toHours(), "hour") + " ago"
        : count(since.toDays(), "day") + " ago";
  }

  /// `a, b and c`.
  public static String list(List<String> items) {
    if (items.size() < 2) {
      return String.join("", items);
    }
    return String.join(", ", items.subList(0, items.size() - 1)) + " and " + items.getLast();
  }
}
