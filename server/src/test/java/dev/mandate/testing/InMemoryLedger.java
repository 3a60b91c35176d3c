package dev.mandate.testing;

import dev.mandate.domain.access.Period;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.budget.LedgerStore;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/// A ledger that forgets with the process and otherwise keeps the contract. It can be told to
/// refuse.
public final class InMemoryLedger implements LedgerStore {
  private final Map<String, LedgerEntry> entries = new LinkedHashMap<>();
  private final Map<AccountId, Spent> spent = new HashMap<>();
  private Predicate<LedgerEntry> refused = entry -> false;
  private int appends;

  /// From now on a batch with such an entry is refused as a whole.
  public synchronized void refuse(Predicate<LedgerEntry> refused) {
    this.refused = refused;
  }

  public synchronized List<LedgerEntry> entries() {
    return List.copyOf(entries.values());
  }

  public synchronized boolean has(String call) {
    return entries.containsKey(call);
  }

  public synchronized LedgerEntry entry(String call) {
    LedgerEntry entry = entries.get(call);
    if (entry == null) {
      throw new AssertionError("call " + call + " is not in the ledger");
    }
    return entry;
  }

  /// How often it was asked to append, refused or not.
  public synchronized int appends() {
    return appends;
  }

  public Spent spent(AccountId account) {
    return spent(List.of(account)).getOrDefault(account, Spent.NOTHING);
  }

  @Override
  public synchronized Map<AccountId, Spent> spent(Collection<AccountId> accounts) {
    Map<AccountId, Spent> found = new HashMap<>();
    for (AccountId account : accounts) {
      Spent one = spent.get(account);
      if (one != null) {
        found.put(account, one);
      }
    }
    return found;
  }

  @Override
  public synchronized void append(List<LedgerEntry> batch) {
    appends++;
    for (LedgerEntry entry : batch) {
      if (refused.test(entry)) {
        throw new IllegalStateException("the ledger refuses call " + entry.call().id());
      }
    }
    for (LedgerEntry entry : batch) {
      if (entries.putIfAbsent(entry.call().id(), entry) == null) {
        entry.accounts().forEach(a -> spent.merge(a, charge(entry), InMemoryLedger::sum));
      }
    }
  }

  private static Spent charge(LedgerEntry entry) {
    Map<Stretch, Sum> windows = new HashMap<>();
    Sum sum = new Sum(1, entry.usage().total(), entry.costMicros());
    for (Period period : Period.values()) {
      windows.put(new Stretch(period, entry.windows().id(period)), sum);
    }
    return new Spent(windows);
  }

  private static Spent sum(Spent a, Spent b) {
    Map<Stretch, Sum> windows = new HashMap<>(a.windows());
    b.windows().forEach((window, more) -> windows.merge(window, more, Sum::plus));
    return new Spent(windows);
  }

  @Override
  public synchronized Summary summary(TenantId tenant, MandateId mandate) {
    Summary sum = Summary.NOTHING;
    for (LedgerEntry entry : ofMandate(tenant, mandate)) {
      Instant last = sum.lastUsedAt();
      sum =
          new Summary(
              sum.requests() + 1,
              sum.inputTokens() + entry.usage().allInput(),
              sum.outputTokens() + entry.usage().output(),
              sum.costMicros() + entry.costMicros(),
              last == null || entry.startedAt().isAfter(last) ? entry.startedAt() : last);
    }
    return sum;
  }

  @Override
  public synchronized List<LedgerEntry> latest(TenantId tenant, MandateId mandate, int limit) {
    return ofMandate(tenant, mandate).reversed().stream().limit(limit).toList();
  }

  private List<LedgerEntry> ofMandate(TenantId tenant, MandateId mandate) {
    List<LedgerEntry> found = new ArrayList<>();
    for (LedgerEntry entry : entries.values()) {
      if (entry.call().tenant().equals(tenant) && entry.call().mandate().equals(mandate)) {
        found.add(entry);
      }
    }
    return found;
  }
}
