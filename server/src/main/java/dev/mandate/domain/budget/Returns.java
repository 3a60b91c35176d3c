package dev.mandate.domain.budget;

import dev.mandate.domain.budget.LeaseStore.Ask;
import dev.mandate.domain.budget.LeaseStore.Lease;
import dev.mandate.domain.budget.LeaseStore.Window;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

/// Gives leases back. What goes back is not used from before the store is asked: the answer may be
/// lost. Touched by the thread of [Leasing] only.
final class Returns {
  /// Accounts that one transaction locks.
  private static final int ACCOUNTS_AT_ONCE = 64;

  /// Which of an account's leases.
  private interface Which {
    void each(Balance balance, BiConsumer<Window, Slice> each);
  }

  private final LeaseStore store;
  private final String node;
  private final LongSupplier order;
  private final Balances balances;
  private final ReentrantLock lock;
  private final ReentrantLock turn;

  /// @param lock guards the balances
  /// @param turn is held while the store is asked
  Returns(
      LeaseStore store,
      String node,
      LongSupplier order,
      Balances balances,
      ReentrantLock lock,
      ReentrantLock turn) {
    this.store = store;
    this.node = node;
    this.order = order;
    this.balances = balances;
    this.lock = lock;
    this.turn = turn;
  }

  /// @param tightUntil the tick up to which no more is taken of a recalled account than is needed
  void answerRecalls(int tightUntil) {
    List<LeaseStore.Recall> asked = store.recalls(node);
    if (asked.isEmpty()) {
      return;
    }
    Set<AccountId> accounts = new LinkedHashSet<>();
    asked.forEach(recall -> accounts.add(recall.account()));
    List<Balance> present = new ArrayList<>();
    List<Ask> absent = new ArrayList<>();
    lock.lock();
    try {
      for (AccountId account : List.copyOf(accounts)) {
        Balance balance = balances.find(account);
        if (balance != null) {
          present.add(balance);
          accounts.remove(account);
        } else {
          balance = balances.add(account, LedgerStore.Spent.NOTHING);
        }
        balance.tight = tightUntil;
      }
    } finally {
      lock.unlock();
    }
    giveBack(present);
    for (AccountId account : accounts) {
      for (LeaseStore.Held held : store.held(account)) {
        if (held.node().equals(node)) {
          absent.add(Ask.giveBack(held.window(), order.getAsLong(), 0));
        }
      }
    }
    if (!absent.isEmpty()) {
      store.adjust(node, absent);
    }
    store.answer(node, asked);
  }

  void giveBack(List<Balance> idle) {
    giveBack(idle, Balance::eachLease);
  }

  /// What is held of windows that are over.
  void giveBackPast(List<Balance> busy) {
    giveBack(busy, Balance::eachPastLease);
  }

  private void giveBack(List<Balance> idle, Which which) {
    for (int from = 0; from < idle.size(); from += ACCOUNTS_AT_ONCE) {
      turn.lock();
      try {
        giveBackInTurn(idle.subList(from, Math.min(idle.size(), from + ACCOUNTS_AT_ONCE)), which);
      } finally {
        turn.unlock();
      }
    }
  }

  private void giveBackInTurn(List<Balance> idle, Which which) {
    long number = order.getAsLong();
    Map<Window, Slice> given = new TreeMap<>(Window.ORDER);
    List<Ask> asks = new ArrayList<>();
    lock.lock();
    try {
      for (Balance balance : idle) {
        which.each(
            balance,
            (window, slice) -> {
              if (slice.isIdle()) {
                slice.freeze();
                slice.asked();
                slice.shrink();
                given.put(window, slice);
              }
            });
      }
      given.forEach(
          (window, slice) -> asks.add(Ask.giveBack(window, number, Math.max(0, slice.used()))));
    } finally {
      lock.unlock();
    }
    if (asks.isEmpty()) {
      return;
    }
    List<Lease> answers = store.adjust(node, asks);
    lock.lock();
    try {
      for (Lease lease : answers) {
        Slice slice = given.get(lease.window());
        if (slice != null) {
          slice.gaveBack(lease);
        }
      }
    } finally {
      lock.unlock();
    }
  }
}
