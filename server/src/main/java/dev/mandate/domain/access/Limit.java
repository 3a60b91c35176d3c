package dev.mandate.domain.access;

import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A kind of upper bound: a unit and the period it is counted over. The one that has no period
/// bounds each call by itself and is no balance.
///
/// Ordinals are places in arrays that are never stored.
@SuppressWarnings("EnumOrdinal")
public enum Limit {
  REQUESTS(Unit.REQUESTS, Period.TOTAL),
  TOKENS_PER_REQUEST(Unit.TOKENS, null),
  TOKENS_PER_DAY(Unit.TOKENS, Period.DAY),
  COST_MICROS(Unit.COST_MICROS, Period.TOTAL),
  REQUESTS_PER_MINUTE(Unit.REQUESTS, Period.MINUTE),
  REQUESTS_PER_HOUR(Unit.REQUESTS, Period.HOUR),
  REQUESTS_PER_DAY(Unit.REQUESTS, Period.DAY),
  REQUESTS_PER_MONTH(Unit.REQUESTS, Period.MONTH),
  TOKENS_PER_MINUTE(Unit.TOKENS, Period.MINUTE),
  TOKENS_PER_HOUR(Unit.TOKENS, Period.HOUR),
  TOKENS_PER_MONTH(Unit.TOKENS, Period.MONTH),
  TOKENS(Unit.TOKENS, Period.TOTAL),
  COST_MICROS_PER_MINUTE(Unit.COST_MICROS, Period.MINUTE),
  COST_MICROS_PER_HOUR(Unit.COST_MICROS, Period.HOUR),
  COST_MICROS_PER_DAY(Unit.COST_MICROS, Period.DAY),
  COST_MICROS_PER_MONTH(Unit.COST_MICROS, Period.MONTH);

  private final Unit unit;
  private final @Nullable Period period;
  private final String wire = name().toLowerCase(Locale.ROOT);

  Limit(Unit unit, @Nullable Period period) {
    this.unit = unit;
    this.period = period;
  }

  public Unit unit() {
    return unit;
  }

  /// Null for the bound on one call.
  public @Nullable Period period() {
    return period;
  }

  /// Its name in `authorization_details`, in the admin API and in refusals.
  public String wire() {
    return wire;
  }

  /// Null when none is spelled like this.
  public static @Nullable Limit ofWire(String wire) {
    return Arrays.stream(values()).filter(one -> one.wire.equals(wire)).findFirst().orElse(null);
  }

  /// The limit of a unit over a period.
  public static Limit of(Unit unit, Period period) {
    return Table.OF[unit.ordinal()][period.ordinal()];
  }

  private static final class Table {
    static final Limit[][] OF = new Limit[Unit.values().length][Period.values().length];

    static {
      for (Limit limit : values()) {
        if (limit.period != null) {
          OF[limit.unit.ordinal()][limit.period.ordinal()] = limit;
        }
      }
    }
  }

  /// What it is for people: `tokens a day`, `requests in all`.
  public String words() {
    String what =
        switch (unit) {
          case REQUESTS -> "requests";
          case TOKENS -> "tokens";
          case COST_MICROS -> "money";
        };
    return switch (period) {
      case null -> what + " a request";
      case MINUTE -> what + " a minute";
      case HOUR -> what + " an hour";
      case DAY -> what + " a day";
      case MONTH -> what + " a month";
      case TOTAL -> what + " in all";
    };
  }
}
