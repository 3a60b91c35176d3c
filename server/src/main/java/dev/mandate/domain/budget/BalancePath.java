package dev.mandate.domain.budget;

import dev.mandate.domain.access.Limits;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The balances that one call is charged to, each with the call's day. The lock of [LocalBudgets]
/// guards them.
final class BalancePath {
  private final CalendarDay day;
  private final Balance[] balances;
  private final Balance.Day[] days;

  private BalancePath(CalendarDay day, int size) {
    this.day = day;
    this.balances = new Balance[size];
    this.days = new Balance.Day[size];
  }

  /// Null when an account is not in memory.
  ///
  /// @throws IllegalArgumentException unless each account is there once, in one time zone
  static @Nullable BalancePath of(List<Account> path, Balances all, long now) {
    if (path.isEmpty() || path.size() > CallJournal.MAX_ACCOUNTS) {
      throw new IllegalArgumentException(
          "path of %d accounts, expected 1 to %d".formatted(path.size(), CallJournal.MAX_ACCOUNTS));
    }
    BalancePath found = new BalancePath(all.day(path.getFirst().zone(), now), path.size());
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
    if (!account.zone().equals(day.zone())) {
      throw new IllegalArgumentException(
          "account %s in zone %s, expected the path's %s"
              .formatted(account.id(), account.zone(), day.zone()));
    }
    for (int i = 0; i < at; i++) {
      if (balances[i] == balance) {
        throw new IllegalArgumentException("account " + account.id() + " is twice in the path");
      }
    }
    balances[at] = balance;
    days[at] = balance.day(day.date());
  }

  LocalDate date() {
    return day.date();
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
      if (!balances[i].fits(path.get(i).limits(), days[i], worst)) {
        return false;
      }
    }
    return true;
  }

  /// Whether it would fit if all other nodes gave back all that they hold.
  boolean reaches(List<Account> path, Amount worst) {
    for (int i = 0; i < balances.length; i++) {
      for (Limit limit : Limit.values()) {
        if (!balances[i].reaches(limit, path.get(i).limits(), days[i], worst)) {
          return false;
        }
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
    Budgets.Outcome.Over tomorrow = null;
    for (int i = 0; i < balances.length; i++) {
      Limits limits = path.get(i).limits();
      for (Limit limit : Limit.values()) {
        boolean fits =
            outOfReach
                ? balances[i].reaches(limit, limits, days[i], worst)
                : balances[i].takes(limit, limits, days[i], worst);
        if (fits) {
          continue;
        }
        Budgets.Outcome.Over over = over(i, limit, limits, worst, now);
        if (over.retryAfter() == null) {
          return over;
        }
        if (tomorrow == null) {
          tomorrow = over;
        }
      }
    }
    return tomorrow;
  }

  private Budgets.Outcome.Over over(int at, Limit limit, Limits limits, Amount worst, long now) {
    long bound = Balance.bound(limit, limits);
    Slice slice = balances[at].slice(limit, days[at]);
    boolean waitingHelps = limit == Limit.TOKENS_PER_DAY && worst.tokens() <= bound;
    return new Budgets.Outcome.Over(
        limit,
        balances[at].id,
        slice == null ? bound : slice.room(bound),
        waitingHelps ? Duration.ofMillis(day.endMillis() - now) : null);
  }

  /// @param atHand without what only a refill would bring
  Budgets.Room room(List<Account> path, boolean atHand) {
    long requests = Long.MAX_VALUE;
    long tokens = Long.MAX_VALUE;
    long costMicros = Long.MAX_VALUE;
    for (int i = 0; i < balances.length; i++) {
      Limits limits = path.get(i).limits();
      requests = Math.min(requests, room(Limit.REQUESTS, limits, i, atHand));
      tokens = Math.min(tokens, room(Limit.TOKENS_PER_REQUEST, limits, i, atHand));
      tokens = Math.min(tokens, room(Limit.TOKENS_PER_DAY, limits, i, atHand));
      costMicros = Math.min(costMicros, room(Limit.COST_MICROS, limits, i, atHand));
    }
    return new Budgets.Room(requests, tokens, costMicros);
  }

  private long room(Limit limit, Limits limits, int at, boolean atHand) {
    Long bound = Balance.limitOf(limit, limits);
    Slice slice = balances[at].slice(limit, days[at]);
    if (bound == null) {
      return Long.MAX_VALUE;
    }
    if (slice == null) {
      return bound;
    }
    return Math.max(
        0, atHand ? Math.min(slice.atHand(bound), slice.reach(bound)) : slice.reach(bound));
  }

  /// Whether this account doesn't take it because other nodes hold something of it.
  boolean isShort(int at, List<Account> path, Amount worst) {
    return balances[at].isShort(path.get(at).limits(), days[at], worst);
  }

  /// Whether the store was asked under a lower limit than the path has, so that more may be had.
  boolean wasAskedUnderLess(List<Account> path) {
    for (int i = 0; i < balances.length; i++) {
      for (Limit limit : Limit.values()) {
        Long bound = Balance.limitOf(limit, path.get(i).limits());
        Slice slice = balances[i].slice(limit, days[i]);
        if (bound != null && slice != null && slice.wasAskedUnderLess(bound)) {
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
      if (balances[i].isLow(path.get(i).limits(), days[i])) {
        balances[i].refillWished(days[i]);
        low = true;
      }
    }
    return low;
  }

  Balance balance(int at) {
    return balances[at];
  }

  Balance.Day day(int at) {
    return days[at];
  }

  void reserve(Amount worst) {
    for (int i = 0; i < balances.length; i++) {
      balances[i].reserve(days[i], worst);
    }
  }

  void release(Amount worst) {
    for (int i = 0; i < balances.length; i++) {
      balances[i].release(days[i], worst);
    }
  }

  void settle(Amount worst, long tokens, long costMicros) {
    for (int i = 0; i < balances.length; i++) {
      balances[i].settle(days[i], worst, tokens, costMicros);
    }
  }

  void kept(long tokens, long costMicros) {
    for (int i = 0; i < balances.length; i++) {
      balances[i].kept(days[i], tokens, costMicros);
    }
  }
}
