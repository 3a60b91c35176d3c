package dev.mandate.domain.budget;

import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The accounts that are in memory. The lock of [LocalBudgets] guards them.
final class Balances {
  private final Map<AccountId, Balance> balances = new HashMap<>();
  private final Map<ZoneId, CalendarDay> today = new HashMap<>();

  List<AccountId> missing(Collection<AccountId> accounts) {
    List<AccountId> missing = new ArrayList<>();
    for (AccountId account : accounts) {
      if (!balances.containsKey(account)) {
        missing.add(account);
      }
    }
    return missing;
  }

  /// An account that is there stays as it is: it may have been charged since `spent` was read.
  void add(AccountId account, LedgerStore.Spent spent) {
    balances.computeIfAbsent(account, id -> new Balance(id, spent));
  }

  Balance balance(AccountId account) {
    Balance balance = balances.get(account);
    if (balance == null) {
      throw new IllegalStateException("account " + account + " is not loaded");
    }
    return balance;
  }

  CalendarDay day(ZoneId zone, long now) {
    CalendarDay day = today.get(zone);
    if (day == null || !day.contains(now)) {
      day = CalendarDay.at(zone, now);
      today.put(zone, day);
    }
    return day;
  }
}
