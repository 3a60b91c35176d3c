package dev.mandate.domain.budget;

import dev.mandate.domain.access.Limits;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
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
    final Slice tokens;

    /// Calls that are charged to it and not in the ledger yet.
    private int calls;

    private Day(LocalDate date, Slice tokens) {
      this.date = date;
      this.tokens = tokens;
    }
  }

  final AccountId id;
  private final boolean leased;
  private final Slice requests;
  private final Slice cost;
  private final List<Day> days = new ArrayList<>(2);

  /// Calls on it that are not in the ledger yet.
  private int calls;

  /// When a call last asked for it, in the ticks of [Leasing].
  int touched;

  /// Until this tick another node is short of it: nothing is leased beyond what is needed.
  int tight;

  /// With leases, where nothing of the past is in memory: the store knows it.
  Balance(AccountId id) {
    this.id = id;
    this.leased = true;
    this.requests = new Slice(true, 0);
    this.cost = new Slice(true, 0);
  }

  Balance(AccountId id, LedgerStore.Spent spent) {
    this.id = id;
    this.leased = false;
    this.requests = new Slice(false, spent.requests());
    this.cost = new Slice(false, spent.costMicros());
    spent.tokensByDay().entrySet().stream()
        .sorted(Map.Entry.<LocalDate, Long>comparingByKey().reversed())
        .limit(MAX_DAYS)
        .forEach(day -> days.add(new Day(day.getKey(), new Slice(false, day.getValue()))));
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
    Day day = new Day(date, new Slice(leased, 0));
    days.addFirst(day);
    return day;
  }

  private void forgetOldest() {
    Day oldest = null;
    for (Day day : days) {
      if (day.calls == 0
          && day.tokens.isEmpty()
          && (oldest == null || day.date.isBefore(oldest.date))) {
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

  boolean takes(Limit limit, Limits limits, Day day, Amount worst) {
    Slice slice = slice(limit, day);
    Long bound = limitOf(limit, limits);
    if (slice == null) {
      return bound == null || worst.tokens() <= bound;
    }
    return bound == null
        ? wanted(limit, worst) <= Long.MAX_VALUE - slice.used()
        : slice.takes(bound, wanted(limit, worst));
  }

  /// Whether it would fit if all other nodes gave back all that they hold.
  boolean reaches(Limit limit, Limits limits, Day day, Amount worst) {
    Slice slice = slice(limit, day);
    Long bound = limitOf(limit, limits);
    return (slice == null || bound == null)
        ? takes(limit, limits, day, worst)
        : wanted(limit, worst) <= slice.reach(bound);
  }

  /// Null for the limit that is no balance.
  @Nullable Slice slice(Limit limit, Day day) {
    return switch (limit) {
      case REQUESTS -> requests;
      case TOKENS_PER_REQUEST -> null;
      case TOKENS_PER_DAY -> day.tokens;
      case COST_MICROS -> cost;
    };
  }

  static long bound(Limit limit, Limits limits) {
    Long bound = limitOf(limit, limits);
    return bound == null ? Long.MAX_VALUE : bound;
  }

  static @Nullable Long limitOf(Limit limit, Limits limits) {
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

  void reserve(Day day, Amount worst) {
    requests.reserve(1);
    day.tokens.reserve(worst.tokens());
    cost.reserve(worst.costMicros());
    day.calls++;
    calls++;
  }

  void release(Day day, Amount worst) {
    requests.release(1);
    day.tokens.release(worst.tokens());
    cost.release(worst.costMicros());
    day.calls--;
    calls--;
  }

  void settle(Day day, Amount worst, long tokens, long costMicros) {
    day.tokens.settle(worst.tokens(), tokens);
    cost.settle(worst.costMicros(), costMicros);
  }

  void kept(Day day, long tokens, long costMicros) {
    requests.kept(1);
    day.tokens.kept(tokens);
    cost.kept(costMicros);
    day.calls--;
    calls--;
  }

  /// Each unit that a lease can be held of.
  void eachWindow(BiConsumer<LeaseStore.Window, Slice> each) {
    each.accept(LeaseStore.Window.total(id, Limit.REQUESTS), requests);
    each.accept(LeaseStore.Window.total(id, Limit.COST_MICROS), cost);
    for (Day day : days) {
      each.accept(LeaseStore.Window.of(id, day.date), day.tokens);
    }
  }

  /// Whether it doesn't fit, and other nodes hold something of what is missing.
  boolean isShort(Limits limits, Day day, Amount worst) {
    for (Limit limit : Limit.values()) {
      Slice slice = slice(limit, day);
      if (slice != null && !takes(limit, limits, day, worst) && slice.othersHold()) {
        return true;
      }
    }
    return false;
  }

  void refillWished(Day day) {
    requests.refillWished = true;
    day.tokens.refillWished = true;
    cost.refillWished = true;
  }

  boolean isLow(Limits limits, Day day) {
    return (limits.requests() != null && requests.isLow())
        || (limits.tokensPerDay() != null && day.tokens.isLow())
        || (limits.costMicros() != null && cost.isLow());
  }

  /// Whether nothing is lost when it leaves the memory: the store has everything.
  boolean isForgettable() {
    return calls == 0 && holdsNothing();
  }

  boolean holdsNothing() {
    if (!requests.isEmpty() || !cost.isEmpty()) {
      return false;
    }
    for (Day day : days) {
      if (!day.tokens.isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /// Of two numbers that are not negative; never more than the largest number.
  static long sum(long a, long b) {
    long sum = a + b;
    return sum < 0 ? Long.MAX_VALUE : sum;
  }
}
