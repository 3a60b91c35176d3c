package dev.mandate.domain.budget;

import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.Period;
import dev.mandate.domain.access.Unit;
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
@SuppressWarnings("EnumOrdinal")
final class Balance {
  /// Windows of a period that are kept: enough for open calls of earlier ones, a change of time
  /// zone and a clock that was wrong for a while.
  static final int MAX_WINDOWS = 8;

  private static final Period[] PERIODS = Period.values();
  private static final Unit[] UNITS = Unit.values();

  /// The windows that a call is charged to, by [Period].
  static final class Windows {
    private final CalendarWindows ids;
    private final Span[] spans;

    private Windows(CalendarWindows ids, Span[] spans) {
      this.ids = ids;
      this.spans = spans;
    }

    /// Null for the limit that is no balance.
    @Nullable Slice slice(Limit limit) {
      Period period = limit.period();
      return period == null ? null : spans[period.ordinal()].slice(limit.unit());
    }

    private Span total() {
      return spans[Period.TOTAL.ordinal()];
    }
  }

  final AccountId id;
  private final boolean leased;
  private final List<Span> spans = new ArrayList<>(PERIODS.length);
  private @Nullable Windows current;

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
  }

  Balance(AccountId id, LedgerStore.Spent spent) {
    this.id = id;
    this.leased = false;
    for (Period period : PERIODS) {
      spent.windows().entrySet().stream()
          .filter(one -> one.getKey().period() == period)
          .sorted(
              Map.Entry.<LedgerStore.Stretch, LedgerStore.Sum>comparingByKey(
                  (a, b) -> Long.compare(b.id(), a.id())))
          .limit(MAX_WINDOWS)
          .forEach(one -> spans.add(new Span(period, one.getKey().id(), false, one.getValue())));
    }
  }

  /// What a call is charged to now. The same for all calls of a minute, and then made anew.
  Windows windows(CalendarWindows ids) {
    Windows known = current;
    if (known == null || !known.ids.equals(ids)) {
      Span[] open = new Span[PERIODS.length];
      for (Period period : PERIODS) {
        open[period.ordinal()] = span(period, ids.id(period));
      }
      known = new Windows(ids, open);
      current = known;
    }
    return known;
  }

  private Span span(Period period, long number) {
    int ofPeriod = 0;
    for (Span span : spans) {
      if (span.period == period) {
        if (span.id == number) {
          return span;
        }
        ofPeriod++;
      }
    }
    if (ofPeriod >= MAX_WINDOWS) {
      forgetOldest(period);
    }
    Span span = new Span(period, number, leased, LedgerStore.Sum.NOTHING);
    spans.add(span);
    return span;
  }

  private void forgetOldest(Period period) {
    Span oldest = null;
    for (Span span : spans) {
      if (span.period == period
          && span.calls == 0
          && span.isEmpty()
          && (oldest == null || span.id < oldest.id)) {
        oldest = span;
      }
    }
    if (oldest != null) {
      spans.remove(oldest);
    }
  }

  boolean fits(Limits limits, Windows windows, Amount worst) {
    if (overflows(windows, worst)) {
      return false;
    }
    List<Limit> bounded = limits.bounded();
    for (int i = 0; i < bounded.size(); i++) {
      if (!takes(bounded.get(i), limits, windows, worst)) {
        return false;
      }
    }
    return true;
  }

  /// No window has more in it than the one without an end.
  private static boolean overflows(Windows windows, Amount worst) {
    Span total = windows.total();
    return total.requests.used() == Long.MAX_VALUE
        || worst.tokens() > Long.MAX_VALUE - total.tokens.used()
        || worst.costMicros() > Long.MAX_VALUE - total.cost.used();
  }

  boolean takes(Limit limit, Limits limits, Windows windows, Amount worst) {
    Slice slice = windows.slice(limit);
    if (slice == null) {
      return worst.tokens() <= limits.most(limit);
    }
    return limits.bounds(limit)
        ? slice.takes(limits.most(limit), wanted(limit, worst))
        : wanted(limit, worst) <= Long.MAX_VALUE - slice.used();
  }

  /// Whether it would fit if all other nodes gave back all that they hold.
  boolean reaches(Limits limits, Windows windows, Amount worst) {
    if (overflows(windows, worst)) {
      return false;
    }
    List<Limit> bounded = limits.bounded();
    for (int i = 0; i < bounded.size(); i++) {
      if (!reaches(bounded.get(i), limits, windows, worst)) {
        return false;
      }
    }
    return true;
  }

  boolean reaches(Limit limit, Limits limits, Windows windows, Amount worst) {
    Slice slice = windows.slice(limit);
    return (slice == null || !limits.bounds(limit))
        ? takes(limit, limits, windows, worst)
        : wanted(limit, worst) <= slice.reach(limits.most(limit));
  }

  static long wanted(Limit limit, Amount worst) {
    return switch (limit.unit()) {
      case REQUESTS -> 1;
      case TOKENS -> worst.tokens();
      case COST_MICROS -> worst.costMicros();
    };
  }

  void reserve(Windows windows, Amount worst) {
    for (Span span : windows.spans) {
      span.reserve(worst);
    }
    calls++;
  }

  void release(Windows windows, Amount worst) {
    for (Span span : windows.spans) {
      span.release(worst);
    }
    calls--;
  }

  void settle(Windows windows, Amount worst, long tokens, long costMicros) {
    for (Span span : windows.spans) {
      span.settle(worst, tokens, costMicros);
    }
  }

  void kept(Windows windows, long tokens, long costMicros) {
    for (Span span : windows.spans) {
      span.kept(tokens, costMicros);
    }
    calls--;
  }

  /// Each window of which the store has, or may have, something for this node.
  void eachLease(BiConsumer<LeaseStore.Window, Slice> each) {
    for (Span span : spans) {
      eachLease(span, each);
    }
  }

  private void eachLease(Span span, BiConsumer<LeaseStore.Window, Slice> each) {
    for (Unit unit : UNITS) {
      Slice slice = span.slice(unit);
      if (slice.wasAsked()) {
        each.accept(new LeaseStore.Window(id, Limit.of(unit, span.period), span.id), slice);
      }
    }
  }

  /// Whether something is held of windows that are over and that no call is charged to any more:
  /// the account may be busy, and yet nobody will use it.
  boolean holdsPast() {
    for (Span span : spans) {
      if (isPast(span) && !span.isEmpty()) {
        return true;
      }
    }
    return false;
  }

  private boolean isPast(Span span) {
    if (current == null || span.calls > 0) {
      return false;
    }
    return current.spans[span.period.ordinal()] != span;
  }

  /// As [#eachLease], of windows that are over.
  void eachPastLease(BiConsumer<LeaseStore.Window, Slice> each) {
    for (Span span : spans) {
      if (isPast(span)) {
        eachLease(span, each);
      }
    }
  }

  /// Null for a window that isn't in memory.
  @Nullable Slice slice(LeaseStore.Window window) {
    for (Span span : spans) {
      if (span.period == window.limit().period() && span.id == window.id()) {
        return span.slice(window.limit().unit());
      }
    }
    return null;
  }

  /// Whether it doesn't fit, and other nodes hold something of what is missing.
  boolean isShort(Limits limits, Windows windows, Amount worst) {
    for (Limit limit : limits.bounded()) {
      Slice slice = windows.slice(limit);
      if (slice != null && !takes(limit, limits, windows, worst) && slice.othersHold()) {
        return true;
      }
    }
    return false;
  }

  /// Whether too little is left of a lease to wait for the call that doesn't fit; says so once.
  boolean wishesRefill(Limits limits, Windows windows) {
    boolean low = false;
    List<Limit> bounded = limits.bounded();
    for (int i = 0; i < bounded.size(); i++) {
      Slice slice = windows.slice(bounded.get(i));
      low |= slice != null && slice.isLow();
    }
    if (low) {
      for (Limit limit : bounded) {
        Slice slice = windows.slice(limit);
        if (slice != null) {
          slice.wishRefill();
        }
      }
    }
    return low;
  }

  /// Whether nothing is lost when it leaves the memory: the store has everything.
  boolean isForgettable() {
    return calls == 0 && holdsNothing();
  }

  boolean holdsNothing() {
    for (Span span : spans) {
      if (!span.isEmpty()) {
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
