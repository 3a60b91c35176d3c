package dev.mandate.oauth.consent;

import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Period;
import dev.mandate.platform.html.Words;

/// A limit as the person who gives it reads it.
final class LimitWords {
  private LimitWords() {}

  /// Such as `$5.00`, `20 requests`, `1,000 tokens a day`.
  static String of(Limit limit, long bound) {
    String amount =
        switch (limit.unit()) {
          case REQUESTS -> Words.count(bound, "request");
          case TOKENS -> Words.number(bound) + " tokens";
          case COST_MICROS -> Words.money(bound);
        };
    Period period = limit.period();
    return switch (period) {
      case null -> amount + " a request";
      case MINUTE, DAY, MONTH -> amount + " a " + period.wire();
      case HOUR -> amount + " an hour";
      case TOTAL -> amount;
    };
  }

  /// The label of its field.
  static String label(Limit limit) {
    String unit =
        switch (limit.unit()) {
          case REQUESTS -> "Requests";
          case TOKENS -> "Tokens";
          case COST_MICROS -> "Money";
        };
    Period period = limit.period();
    return switch (period) {
      case null -> unit + " in one request";
      case MINUTE, DAY, MONTH -> unit + " in a " + period.wire();
      case HOUR -> unit + " in an hour";
      case TOTAL -> unit + " in all";
    };
  }
}
