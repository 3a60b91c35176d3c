package dev.mandate.domain.budget;

import dev.mandate.domain.access.Limits;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;

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

  /// @throws IllegalArgumentException unless each account is there once, in one time zone
  static BalancePath of(List<Account> path, Balances all, long now) {
    if (path.isEmpty() || path.size() > CallJournal.MAX_ACCOUNTS) {
      throw new IllegalArgumentException(
          "path of %d accounts, expected 1 to %d".formatted(path.size(), CallJournal.MAX_ACCOUNTS));
    }
    BalancePath found = new BalancePath(all.day(path.getFirst().zone(), now), path.size());
    for (int i = 0; i < found.balances.length; i++) {
      Account account = path.get(i);
      found.add(account, all.balance(account.id()), i);
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

  /// Names a limit that waiting doesn't help with, if there is one: "come back tomorrow" must not
  /// be said to a call that will be refused tomorrow too.
  Budgets.Outcome.Over refusal(List<Account> path, Amount worst, long now) {
    Budgets.Outcome.Over tomorrow = null;
    for (int i = 0; i < balances.length; i++) {
      Limits limits = path.get(i).limits();
      for (Limit limit : Limit.values()) {
        if (balances[i].takes(limit, limits, days[i], worst)) {
          continue;
        }
        long room = balances[i].room(limit, limits, days[i]);
        boolean waitingHelps =
            limit == Limit.TOKENS_PER_DAY && worst.tokens() <= Balance.bound(limit, limits);
        if (!waitingHelps) {
          return new Budgets.Outcome.Over(limit, balances[i].id, room, null);
        }
        if (tomorrow == null) {
          Duration wait = Duration.ofMillis(day.endMillis() - now);
          tomorrow = new Budgets.Outcome.Over(limit, balances[i].id, room, wait);
        }
      }
    }
    if (tomorrow == null) {
      throw new IllegalStateException("refused, but every account takes " + worst);
    }
    return tomorrow;
  }

  Budgets.Room room(List<Account> path) {
    long requests = Long.MAX_VALUE;
    long tokens = Long.MAX_VALUE;
    long costMicros = Long.MAX_VALUE;
    for (int i = 0; i < balances.length; i++) {
      Limits limits = path.get(i).limits();
      requests = Math.min(requests, room(Limit.REQUESTS, limits, i));
      tokens = Math.min(tokens, room(Limit.TOKENS_PER_REQUEST, limits, i));
      tokens = Math.min(tokens, room(Limit.TOKENS_PER_DAY, limits, i));
      costMicros = Math.min(costMicros, room(Limit.COST_MICROS, limits, i));
    }
    return new Budgets.Room(requests, tokens, costMicros);
  }

  private long room(Limit limit, Limits limits, int at) {
    return Balance.isBounded(limit, limits)
        ? balances[at].room(limit, limits, days[at])
        : Long.MAX_VALUE;
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
}
