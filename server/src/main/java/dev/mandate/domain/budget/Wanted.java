package dev.mandate.domain.budget;

import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.Period;
import dev.mandate.domain.budget.LeaseStore.Ask;
import dev.mandate.domain.budget.LeaseStore.Lease;
import dev.mandate.domain.budget.LeaseStore.Window;
import java.util.Map;

/// What all waiting calls together want of a window. The lock of [LocalBudgets] guards it.
final class Wanted {
  /// A lease grows from this many calls ahead …
  private static final long AHEAD_FIRST = 8;

  /// … up to this many.
  private static final long AHEAD_MAX = 4096;

  final Window window;
  final Balance balance;
  final Slice slice;
  private long limit = Long.MAX_VALUE;
  private long least = Long.MAX_VALUE;
  private long most;
  private long largest;

  private Wanted(Window window, Balance balance, Slice slice) {
    this.window = window;
    this.balance = balance;
    this.slice = slice;
  }

  /// Adds what a call wants of each bounded window on its path.
  static void add(Map<Window, Wanted> all, Waiting call, BalancePath on) {
    for (int i = 0; i < on.size(); i++) {
      Limits limits = call.path.get(i).limits();
      for (Limit limit : limits.bounded()) {
        Slice slice = on.windows(i).slice(limit);
        Period period = limit.period();
        if (slice != null && period != null) {
          Balance balance = on.balance(i);
          Window at = new Window(balance.id, limit, on.ids().id(period));
          all.computeIfAbsent(at, window -> new Wanted(window, balance, slice))
              .add(call, limit, limits.most(limit));
        }
      }
    }
  }

  private void add(Waiting call, Limit unit, long bound) {
    long wanted = Balance.wanted(unit, call.most);
    // While a limit changes, calls that know the old one and the new one wait together.
    limit = Math.min(limit, bound);
    least = Math.min(least, Balance.wanted(unit, call.least));
    most = call.isWish() ? most : Balance.sum(most, wanted);
    largest = Math.max(largest, wanted);
  }

  /// Whether it is not at hand.
  boolean isMissing() {
    return slice.refillWished() || slice.atHand(limit) < most;
  }

  Ask ask(long number, int tick, int nodes) {
    if (slice.mustFreeze(limit)) {
      slice.freeze();
    }
    long floor = slice.floor();
    long used = Math.max(0, slice.used());
    return new Ask(
        window,
        number,
        limit,
        floor,
        Balance.sum(used, least),
        Math.max(floor, Balance.sum(used, most)),
        balance.tight - tick < 0 ? ahead() : 0,
        nodes);
  }

  private long ahead() {
    long call = Math.min(Math.max(1, largest), Long.MAX_VALUE / AHEAD_MAX / 2);
    long last = AHEAD_MAX * call;
    return Math.min(last, Math.max(AHEAD_FIRST * call, 2 * Math.min(slice.ahead(), last)));
  }

  void answered(Ask ask, Lease lease) {
    slice.answered(ask.limit(), lease);
    slice.sized(ask.ahead(), lease.held() - ask.most() >= ask.ahead() / 2 ? ask.ahead() / 4 : 0);
  }
}
