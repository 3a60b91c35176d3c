package dev.mandate.testing;

import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Period;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.LeaseStore;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.budget.LedgerStore;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/// Leases over an [InMemoryLedger], with the contract of the real ones.
public final class InMemoryLeases implements LeaseStore {
  private record Row(long held, long order) {}

  private record Asked(String node, String asker, AccountId account) {}

  private final InMemoryLedger ledger;
  private final InstantSource clock;
  private final Map<Window, Map<String, Row>> rows = new HashMap<>();
  private final Map<String, Long> began = new HashMap<>();
  private final Map<String, Instant> seen = new TreeMap<>();
  private final Map<Asked, Long> recalls = new HashMap<>();

  public InMemoryLeases(InMemoryLedger ledger, InstantSource clock) {
    this.ledger = ledger;
    this.clock = clock;
  }

  @Override
  public synchronized long join(String node) {
    long order = 1 + began.getOrDefault(node, 0L);
    for (Map<String, Row> byNode : rows.values()) {
      Row row = byNode.remove(node);
      order = row == null ? order : Math.max(order, row.order + 1);
    }
    order += 1_000_000;
    began.put(node, order);
    seen.put(node, clock.instant());
    recalls.keySet().removeIf(recall -> recall.node.equals(node) || recall.asker.equals(node));
    return order;
  }

  @Override
  public synchronized int beat(String node) {
    seen.put(node, clock.instant());
    return (int) seen.keySet().stream().filter(this::isAlive).count();
  }

  private boolean isAlive(String node) {
    return seen.getOrDefault(node, Instant.MIN).isAfter(clock.instant().minus(ALIVE));
  }

  @Override
  public synchronized List<Lease> adjust(String node, List<Ask> asks) {
    List<Lease> leases = new ArrayList<>();
    for (Ask ask : asks) {
      Map<String, Row> byNode = rows.computeIfAbsent(ask.window(), _ -> new HashMap<>());
      Row row = byNode.getOrDefault(node, new Row(0, 0));
      long others =
          byNode.entrySet().stream()
              .filter(e -> !e.getKey().equals(node))
              .mapToLong(e -> e.getValue().held)
              .sum();
      long spent = spent(ask.window());
      if (ask.order() > row.order && ask.order() > began.getOrDefault(node, 0L)) {
        row = new Row(ask.grant(spent, others, row.held), ask.order());
        byNode.put(node, row);
      }
      leases.add(new Lease(ask.window(), row.held, spent, others));
    }
    return leases;
  }

  private long spent(Window window) {
    Period period = Objects.requireNonNull(window.limit().period());
    return ledger
        .spent(window.account())
        .windows()
        .getOrDefault(new LedgerStore.Stretch(period, window.id()), LedgerStore.Sum.NOTHING)
        .of(window.limit().unit());
  }

  @Override
  public synchronized Map<Window, Long> append(String node, List<LedgerEntry> entries) {
    Map<Window, Long> charges = new HashMap<>();
    Set<String> calls = new HashSet<>();
    for (LedgerEntry entry : entries) {
      boolean isNew = !ledger.has(entry.call().id()) && calls.add(entry.call().id());
      for (AccountId account : entry.accounts()) {
        LedgerStore.Sum sum = new LedgerStore.Sum(1, entry.usage().total(), entry.costMicros());
        for (Limit limit : Limit.values()) {
          Period period = limit.period();
          if (period != null) {
            Window window = new Window(account, limit, entry.windows().id(period));
            charge(charges, isNew, window, sum.of(limit.unit()));
          }
        }
      }
    }
    ledger.append(entries);
    Map<Window, Long> left = new HashMap<>();
    charges.forEach(
        (window, charge) -> {
          Map<String, Row> byNode = rows.getOrDefault(window, Map.of());
          Row row = byNode.get(node);
          if (row != null) {
            byNode.put(node, new Row(Math.max(0, row.held - charge), row.order));
            left.put(window, Math.max(0, row.held - charge));
          }
        });
    return left;
  }

  private static void charge(Map<Window, Long> charges, boolean isNew, Window window, long amount) {
    charges.merge(window, isNew ? amount : 0, Long::sum);
  }

  @Override
  public synchronized Set<String> recall(String node, AccountId account, long order) {
    Set<String> asked = new HashSet<>();
    for (String other : seen.keySet()) {
      if (!other.equals(node) && isAlive(other)) {
        asked.add(other);
      }
    }
    asked.forEach(other -> recalls.put(new Asked(other, node, account), order));
    return asked;
  }

  @Override
  public synchronized Set<String> unanswered(String node, AccountId account) {
    Set<String> silent = new HashSet<>();
    for (Asked asked : recalls.keySet()) {
      if (asked.asker.equals(node) && asked.account.equals(account)) {
        silent.add(asked.node);
      }
    }
    return silent;
  }

  @Override
  public synchronized List<Recall> recalls(String node) {
    List<Recall> mine = new ArrayList<>();
    recalls.forEach(
        (asked, order) -> {
          if (asked.node.equals(node)) {
            mine.add(new Recall(asked.account, asked.asker, order));
          }
        });
    return mine;
  }

  @Override
  public synchronized void answer(String node, List<Recall> answered) {
    for (Recall recall : answered) {
      recalls.remove(new Asked(node, recall.asker(), recall.account()), recall.order());
    }
  }

  @Override
  public synchronized List<Held> held(AccountId account) {
    List<Held> held = new ArrayList<>();
    rows.forEach(
        (window, byNode) -> {
          if (window.account().equals(account)) {
            byNode.forEach(
                (node, row) -> {
                  if (row.held > 0) {
                    held.add(
                        new Held(node, window, row.held, seen.getOrDefault(node, Instant.EPOCH)));
                  }
                });
          }
        });
    return held;
  }
}
