package dev.mandate.domain.budget;

import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The accounts that are in memory, those first that nobody asked for the longest. The lock of
/// [LocalBudgets] guards them.
final class Balances {
  /// How many accounts in use are passed over in the search for one to forget.
  private static final int PASSED_OVER_MAX = 64;

  private final boolean leased;
  private final int most;
  private final Map<AccountId, Balance> balances = new LinkedHashMap<>(64, 0.75f, true);
  private final Map<ZoneId, Calendar> now = new HashMap<>();

  /// @param most above this, accounts are forgotten of which nothing is in memory only
  Balances(boolean leased, int most) {
    this.leased = leased;
    this.most = most;
  }

  int size() {
    return balances.size();
  }

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
  ///
  /// @param spent ignored with leases, where the store is asked with the first lease
  Balance add(AccountId account, LedgerStore.Spent spent) {
    Balance balance =
        balances.computeIfAbsent(account, id -> leased ? new Balance(id) : new Balance(id, spent));
    forget();
    return balance;
  }

  private void forget() {
    List<AccountId> passedOver = new ArrayList<>();
    Iterator<Balance> eldest = balances.values().iterator();
    while (balances.size() > most && passedOver.size() < PASSED_OVER_MAX && eldest.hasNext()) {
      Balance balance = eldest.next();
      if (balance.isForgettable()) {
        eldest.remove();
      } else {
        passedOver.add(balance.id);
      }
    }
    // Asked for, they are the youngest: the next search doesn't meet them again.
    passedOver.forEach(balances::get);
  }

  @Nullable Balance find(AccountId account) {
    return balances.get(account);
  }

  Collection<Balance> all() {
    return balances.values();
  }

  Calendar calendar(ZoneId zone, long millis) {
    Calendar open = now.get(zone);
    if (open == null || !open.contains(millis)) {
      open = Calendar.at(zone, millis);
      now.put(zone, open);
    }
    return open;
  }
}
