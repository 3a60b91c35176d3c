package dev.mandate.storage;

import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.LeaseStore.Window;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.budget.Limit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// What entries of one day take out of one account.
record LeaseCharge(AccountId account, long day, long requests, long costMicros, long tokens) {
  private LeaseCharge plus(LeaseCharge other) {
    return new LeaseCharge(
        account,
        day,
        requests + other.requests,
        costMicros + other.costMicros,
        tokens + other.tokens);
  }

  /// In the order of their accounts. What was there already takes nothing, but is asked for.
  static List<LeaseCharge> of(List<LedgerEntry> entries, Set<LedgerEntry> inserted) {
    Map<Window, LeaseCharge> charges = new TreeMap<>(Window.ORDER);
    for (LedgerEntry entry : entries) {
      long day = entry.day().toEpochDay();
      for (AccountId account : entry.accounts()) {
        LeaseCharge one =
            inserted.contains(entry)
                ? new LeaseCharge(account, day, 1, entry.costMicros(), entry.usage().total())
                : new LeaseCharge(account, day, 0, 0, 0);
        charges.merge(new Window(account, Limit.TOKENS_PER_DAY, day), one, LeaseCharge::plus);
      }
    }
    return List.copyOf(charges.values());
  }
}
