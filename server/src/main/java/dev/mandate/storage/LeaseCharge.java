package dev.mandate.storage;

import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.CalendarWindows;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.budget.LedgerStore.Sum;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// What entries of one moment take out of one account.
record LeaseCharge(AccountId account, CalendarWindows windows, Sum sum) {
  private record Key(AccountId account, CalendarWindows windows) {
    static final Comparator<Key> ORDER =
        Comparator.comparing((Key key) -> key.account.tenant().value())
            .thenComparing(key -> key.account.key())
            .thenComparingLong(key -> key.windows.minute())
            .thenComparingLong(key -> key.windows.hour())
            .thenComparingLong(key -> key.windows.day());
  }

  private LeaseCharge plus(LeaseCharge other) {
    return new LeaseCharge(account, windows, sum.plus(other.sum));
  }

  /// In the order of their accounts. What was there already takes nothing, but is asked for.
  static List<LeaseCharge> of(List<LedgerEntry> entries, Set<LedgerEntry> inserted) {
    Map<Key, LeaseCharge> charges = new TreeMap<>(Key.ORDER);
    for (LedgerEntry entry : entries) {
      Sum sum = inserted.contains(entry) ? LedgerTotals.sum(entry) : Sum.NOTHING;
      for (AccountId account : entry.accounts()) {
        charges.merge(
            new Key(account, entry.windows()),
            new LeaseCharge(account, entry.windows(), sum),
            LeaseCharge::plus);
      }
    }
    return List.copyOf(charges.values());
  }
}
