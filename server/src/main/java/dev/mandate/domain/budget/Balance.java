package dev.mandate.domain.budget;

import dev.mandate.domain.access.Limits;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What is settled and what is reserved on one account. The lock of [LocalBudgets] guards it.
///
/// Where no limit is set, `Long.MAX_VALUE` is the limit: reserved and settled together then never
/// overflow, whatever is asked for. Only the truth can exceed a limit, and its sum stops at the
/// largest number.
final class Balance {
  /// Days that are kept: enough for open calls of yesterday, a change of time zone and a clock that
  /// was wrong for a while.
  static final int MAX_DAYS = 8;

  static final class Day {
    final LocalDate date;
    private long settled;
    private long reserved;

    private Day(LocalDate date, long settled) {
      this.date = date;
      this.settled = settled;
    }
  }

  final AccountId id;
  private long requests;
  private long costSettled;
  private long costReserved;
  private final List<Day> days = new ArrayList<>(2);

  Balance(AccountId id, LedgerStore.Spent spent) {
    this.id = id;
    this.requests = spent.requests();
    this.costSettled = spent.costMicros();
    spent.tokensByDay().entrySet().stream()
        .sorted(Map.Entry.<LocalDate, Long>comparingByKey().reversed())
        .limit(MAX_DAYS)
        .forEach(day -> days.add(new Day(day.getKey(), day.getValue())));
  }

  /// The day's balance. Equal dates are mostly the same object, and today is asked for the most.
  Day day(LocalDate date) {
    for (int i = 0; i < days.size(); i++) {
      Day day = days.get(i);
      if (day.date.equals(date)) {
        return day;
      }
    }
    if (days.size() >= MAX_DAYS) {
      forgetOldest();
    }
    Day day = new Day(date, 0);
    days.addFirst(day);
    return day;
  }

  private void forgetOldest() {
    Day oldest = null;
    for (Day day : days) {
      if (day.reserved == 0 && (oldest == null || day.date.isBefore(oldest.date))) {
        oldest = day;
      }
    }
    if (oldest != null) {
      days.remove(oldest);
    }
  }

  boolean fits(Limits limits, Day day, Amount worst) {
    return takes(Limit.REQUESTS, limits, day, worst)
        && takes(Limit.TOKENS_PER_REQUEST, limits, day, worst)
        && takes(Limit.TOKENS_PER_DAY, limits, day, worst)
        && takes(Limit.COST_MICROS, limits, day, worst);
  }

  /// An account that is above a limit takes no call at all, not even one that wants nothing of that
  /// unit.
  boolean takes(Limit limit, Limits limits, Day day, Amount worst) {
    long bound = bound(limit, limits);
    long used = used(limit, day);
    return used <= bound && wanted(limit, worst) <= bound - used;
  }

  long room(Limit limit, Limits limits, Day day) {
    return Math.max(0, bound(limit, limits) - used(limit, day));
  }

  static boolean isBounded(Limit limit, Limits limits) {
    return limitOf(limit, limits) != null;
  }

  static long bound(Limit limit, Limits limits) {
    Long bound = limitOf(limit, limits);
    return bound == null ? Long.MAX_VALUE : bound;
  }

  private static @Nullable Long limitOf(Limit limit, Limits limits) {
    return switch (limit) {
      case REQUESTS -> limits.requests();
      case TOKENS_PER_REQUEST -> limits.tokensPerRequest();
      case TOKENS_PER_DAY -> limits.tokensPerDay();
      case COST_MICROS -> limits.costMicros();
    };
  }

  static long wanted(Limit limit, Amount worst) {
    return switch (limit) {
      case REQUESTS -> 1;
      case TOKENS_PER_REQUEST, TOKENS_PER_DAY -> worst.tokens();
      case COST_MICROS -> worst.costMicros();
    };
  }

  private long used(Limit limit, Day day) {
    return switch (limit) {
      case REQUESTS -> requests;
      case TOKENS_PER_REQUEST -> 0;
      case TOKENS_PER_DAY -> sum(day.settled, day.reserved);
      case COST_MICROS -> sum(costSettled, costReserved);
    };
  }

  void reserve(Day day, Amount worst) {
    requests++;
    day.reserved += worst.tokens();
    costReserved += worst.costMicros();
  }

  void release(Day day, Amount worst) {
    requests--;
    day.reserved -= worst.tokens();
    costReserved -= worst.costMicros();
  }

  void settle(Day day, Amount worst, long tokens, long costMicros) {
    day.reserved -= worst.tokens();
    day.settled = sum(day.settled, tokens);
    costReserved -= worst.costMicros();
    costSettled = sum(costSettled, costMicros);
  }

  /// Of two numbers that are not negative; never more than the largest number.
  static long sum(long a, long b) {
    long sum = a + b;
    return sum < 0 ? Long.MAX_VALUE : sum;
  }
}
