package dev.mandate.domain.budget;

import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.Period;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The balances that one call is charged to, each with the call's day. The lock of [LocalBudgets]
/// guards them.
final class BalancePath {
  private static final Limit[] LIMITS = Limit.values();

  private final Calendar calendar;
  private final Balance[] balances;
  private final Balance.Windows[] windows;

  private BalancePath(Calendar calendar, int size) {
    this.calendar = calendar;
    this.balances = new Balance[size];
    this.windows = new Balance.Windows[size];
  }

  /// Null when an account is not in memory.
  ///
  /// @throws IllegalArgumentException unless each account is there once, in one time zone
  static @Nullable BalancePath of(List<Account> path, Balances all, long now) {
    if (path.isEmpty() || path.size() > CallJournal.MAX_ACCOUNTS) {
      throw new IllegalArgumentException(
          "path of %d accounts, expected 1 to %d".formatted(path.size(), CallJournal.MAX_ACCOUNTS));
    }
    BalancePath found = new BalancePath(all.calendar(path.getFirst().zone(), now), path.size());
    for (int i = 0; i < found.balances.length; i++) {
      Account account = path.get(i);
      Balance balance = all.find(account.id());
      if (balance == null) {
        return null;
      }
      found.add(account, balance, i);
    }
    return found;
  }

  private void add(Account account, Balance balance, int at) {
    if (!account.zone().equals(calendar.zone())) {
      throw new IllegalArgumentException(
          "account %s in zone %s, expected the path's %s"
              .formatted(account.id(), account.zone(), calendar.zone()));
    }
    for (int i = 0; i < at; i++) {
      if (balances[i] == balance) {
        throw new IllegalArgumentException("account " + account.id() + " is twice in the path");
      }
    }
    balances[at] = balance;
    windows[at] = balance.windows(calendar.windows());
  }

  CalendarWindows ids() {
    return calendar.windows();
  }

  int size() {
    return balances.length;
  }

  AccountId account(int at) {
    return balances[at].id;
  }

  List<AccountId> accounts() {
    List<AccountId> accounts = new ArrayList<>(balances.length);
    for (Balance balance : balances) {
      accounts.add(balance.id);
    }
    return accounts;
  }

  boolean fits(List<Account> path, Amount worst) {
    for (int i = 0; i < balances.length; i++) {
      if (!balances[i].fits(path.get(i).limits(), windows[i], worst)) {
        return false;
      }
    }
    return true;
  }

  /// Whether it would fit if all other nodes gave back all that they hold.
  boolean reaches(List<Account> path, Amount worst) {
    for (int i = 0; i < balances.length; i++) {
      if (!balances[i].reaches(path.get(i).limits(), windows[i], worst)) {
        return false;
      }
    }
    return true;
  }

  /// Names a limit that waiting doesn't help with, if there is one: "come back tomorrow" must not
  /// be said to a call that will be refused tomorrow too. A limit that is out of reach goes before
  /// one of which other nodes hold too much.
  Budgets.Outcome.Over refusal(List<Account> path, Amount worst, long now) {
    Budgets.Outcome.Over refusal = refusal(path, worst, now, true);
    if (refusal == null) {
      refusal = refusal(path, worst, now, false);
    }
    if (refusal == null) {
      throw new IllegalStateException("refused, but every account takes " + worst);
    }
    return refusal;
  }

  private Budgets.Outcome.@Nullable Over refusal(
      List<Account> path, Amount worst, long now, boolean outOfReach) {
    Budgets.Outcome.Over latest = null;
    for (int i = 0; i < balances.length; i++) {
      Limits limits = path.get(i).limits();
      for (Limit limit : LIMITS) {
        boolean fits =
            outOfReach
                ? balances[i].reaches(limit, limits, windows[i], worst)
                : balances[i].takes(limit, limits, windows[i], worst);
        if (fits) {
          continue;
        }
        Budgets.Outcome.Over over = over(i, limit, limits, worst, now);
        if (over.retryAfter() == null) {
          return over;
        }
        if (latest == null || over.retryAfter().compareTo(latest.retryAfter()) > 0) {
          latest = over;
        }
      }
    }
    return latest;
  }

  private Budgets.Outcome.Over over(int at, Limit limit, Limits limits, Amount worst, long now) {
    long bound = limits.most(limit);
    Slice slice = windows[at].slice(limit);
    Period period = limit.period();
    Duration wait = null;
    if (period != null && period != Period.TOTAL && Balance.wanted(limit, worst) <= bound) {
      wait = Duration.ofMillis(calendar.endMillis(period) - now);
    }
    return new Budgets.Outcome.Over(
        limit, balances[at].id, slice == null ? bound : slice.room(bound), wait);
  }

  /// @param atHand without what only a refill would bring
  Budgets.Room room(List<Account> path, boolean atHand) {
    long requests = Long.MAX_VALUE;
    long tokens = Long.MAX_VALUE;
    long costMicros = Long.MAX_VALUE;
    for (int i = 0; i < balances.length; i++) {
      Limits limits = path.get(i).limits();
      for (Limit limit : limits.bounded()) {
        long room = room(limit, limits, i, atHand);
        switch (limit.unit()) {
          case REQUESTS -> requests = Math.min(requests, room);
          case TOKENS -> tokens = Math.min(tokens, room);
          case COST_MICROS -> costMicros = Math.min(costMicros, room);
        }
      }
    }
    return new Budgets.Room(requests, tokens, costMicros);
  }

  private long room(Limit limit, Limits limits, int at, boolean atHand) {
    long bound = limits.most(limit);
    Slice slice = windows[at].slice(limit);
    if (slice == null) {
      return bound;
    }
    return Math.max(
        0, atHand ? Math.min(slice.atHand(bound), slice.reach(bound)) : slice.reach(bound));
  }

  /// Whether this account doesn't take it because other nodes hold something of it.
  boolean isShort(int at, List<Account> path, Amount worst) {
    return balances[at].isShort(path.get(at).limits(), windows[at], worst);
  }

  /// Whether the store was asked under a lower limit than the path has, so that more may be had.
  boolean wasAskedUnderLess(List<Account> path) {
    for (int i = 0; i < balances.length; i++) {
      Limits limits = path.get(i).limits();
      for (Limit limit : limits.bounded()) {
        Slice slice = windows[i].slice(limit);
        if (slice != null && slice.wasAskedUnderLess(limits.most(limit))) {
          return true;
        }
      }
    }
    return false;
  }

  /// Whether a lease is used up so far that more should be fetched before a call needs it; says so
  /// once. Marks the accounts as used now.
  boolean touch(List<Account> path, int tick) {
    boolean low = false;
    for (int i = 0; i < balances.length; i++) {
      balances[i].touched = tick;
      low |= balances[i].wishesRefill(path.get(i).limits(), windows[i]);
    }
    return low;
  }

  Balance balance(int at) {
    return balances[at];
  }

  Balance.Windows windows(int at) {
    return windows[at];
  }

  void reserve(Amount worst) {
    for (int i = 0; i < balances.length; i++) {
      balances[i].reserve(windows[i], worst);
    }
  }

  void release(Amount worst) {
    for (int i = 0; i < balances.length; i++) {
      balances[i].release(windows[i], worst);
    }
  }

  void settle(Amount worst, long tokens, long costMicros) {
    for (int i = 0; i < balances.length; i++) {
      balances[i].settle(windows[i], worst, tokens, costMicros);
    }
  }

  void kept(long tokens, long costMicros) {
    for (int i = 0; i < balances.length; i++) {
      balances[i].kept(windows[i], tokens, costMicros);
    }
  }
}
