package dev.mandate.domain.budget;

import dev.mandate.domain.budget.Budgets.Refilled;
import dev.mandate.domain.budget.LeaseStore.Ask;
import dev.mandate.domain.budget.LeaseStore.Lease;
import dev.mandate.domain.budget.LeaseStore.Window;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/// A node's leases: fetches what waiting calls need, gives back what lies idle or is recalled.
///
/// One thread asks the store, one question at a time, never while a batch is appended to the
/// ledger: what the store answers is then always newer than what was heard before, and what counts
/// as spent there is not counted as used here. All waiting calls share a question.
///
/// Who is refused has seen everybody's answer to a recall that began after it came.
final class Leasing {
  /// Accounts that one transaction locks.
  private static final int ACCOUNTS_AT_ONCE = 64;

  private static final int TICKS_IDLE = 4;

  /// Alone, a node keeps what it holds longer: nobody else wants it.
  private static final int TICKS_IDLE_ALONE = 120;

  private final LeaseStore store;
  private final String node;
  private final LeaseBounds bounds;
  private final InstantSource clock;
  private final LongSupplier nanos;
  private final Balances balances;

  /// Guards the balances.
  private final ReentrantLock lock;

  /// Held while the store is asked for leases or appends to the ledger.
  private final ReentrantLock turn;

  private final Recalls recalls;
  private final Returns returns;
  private final ArrayDeque<Waiting> arrived = new ArrayDeque<>();
  private final List<Waiting> waiting = new ArrayList<>();
  private final Set<Balance> leased = new LinkedHashSet<>();
  private long order;
  private int nodes = 1;
  private long nextBeat;
  private long nextListen;
  private long nextTick;
  private volatile boolean closed;

  /// Counts up while the node runs; guarded by `lock`.
  private int tick = TICKS_IDLE_ALONE;

  /// Gives back what an earlier process of this node held: its journal must be in the ledger.
  Leasing(
      LeaseStore store,
      String node,
      LeaseBounds bounds,
      InstantSource clock,
      LongSupplier nanos,
      Balances balances,
      ReentrantLock lock,
      ReentrantLock turn) {
    this.store = store;
    this.node = node;
    this.bounds = bounds;
    this.clock = clock;
    this.nanos = nanos;
    this.balances = balances;
    this.lock = lock;
    this.turn = turn;
    this.order = store.join(node);
    this.recalls = new Recalls(store, node, bounds, () -> ++order);
    this.returns = new Returns(store, node, () -> ++order, balances, lock, turn);
    this.nextBeat = nanos.getAsLong();
    this.nextListen = nextBeat;
    this.nextTick = nextBeat;
  }

  int tick() {
    return tick;
  }

  /// Answers when the call can reserve again.
  void refill(Waiting call) {
    boolean admitted;
    synchronized (arrived) {
      admitted = !closed && arrived.size() < bounds.waitingMax();
      if (admitted) {
        arrived.addLast(call);
      }
    }
    if (!admitted) {
      call.answer(new Refilled.Failed(closed ? "closed" : "too many calls wait for a lease"));
    }
  }

  long deadline() {
    return nanos.getAsLong() + bounds.patience().toNanos();
  }

  /// Appends to the ledger and hears what is left of the leases that pay for it. The caller has the
  /// turn.
  void append(List<LedgerEntry> entries) {
    Map<Window, Long> left = store.append(node, entries);
    lock.lock();
    try {
      left.forEach(
          (window, held) -> {
            Balance balance = balances.find(window.account());
            Slice slice = balance == null ? null : balance.slice(window);
            if (slice != null) {
              slice.charged(held);
            }
          });
    } finally {
      lock.unlock();
    }
  }

  /// Does what is due. Throws what the store throws; then all who wait are told.
  ///
  /// @return after how many nanoseconds there is something to do again
  long step() {
    long now = nanos.getAsLong();
    try {
      if (now - nextBeat >= 0) {
        nextBeat = now + bounds.heartbeat().toNanos();
        nodes = Math.max(1, store.beat(node));
      }
      if (now - nextListen >= 0) {
        nextListen = now + (nodes > 1 ? bounds.listen() : bounds.listenAlone()).toNanos();
        returns.answerRecalls(tick + TICKS_IDLE);
      }
      if (now - nextTick >= 0) {
        nextTick = now + bounds.idle().toNanos() / TICKS_IDLE;
        giveBackIdle();
      }
      serve(now);
    } catch (RuntimeException e) {
      failAll("the store of leases fails: " + e.getMessage());
      throw e;
    }
    long next = Math.min(nextBeat, Math.min(nextListen, nextTick));
    return waiting.isEmpty() ? next - now : bounds.listen().toNanos() / 10;
  }

  private void failAll(String reason) {
    admit();
    waiting.forEach(call -> call.answer(new Refilled.Failed(reason)));
    waiting.clear();
  }

  private void admit() {
    synchronized (arrived) {
      while (!arrived.isEmpty()) {
        Waiting call = arrived.removeFirst();
        call.since = order;
        waiting.add(call);
      }
    }
  }

  // Serving the calls that wait.

  private void serve(long now) {
    admit();
    if (waiting.isEmpty()) {
      return;
    }
    recalls.look(now);
    turn.lock();
    try {
      List<Wanted> wanted = wanted();
      for (int from = 0; from < wanted.size(); from += ACCOUNTS_AT_ONCE) {
        fetch(wanted.subList(from, Math.min(wanted.size(), from + ACCOUNTS_AT_ONCE)));
      }
    } finally {
      turn.unlock();
    }
    Map<Waiting, List<AccountId>> toRecall = new HashMap<>();
    lock.lock();
    try {
      waiting.removeIf(call -> isServed(call, now, toRecall));
    } finally {
      lock.unlock();
    }
    toRecall.forEach((call, accounts) -> recall(call, accounts, now));
  }

  private void recall(Waiting call, List<AccountId> accounts, long now) {
    for (AccountId account : accounts) {
      Recalls.Round round = recalls.join(account, call.since, now);
      if (round != null) {
        call.rounds.put(account, round);
      }
    }
  }

  private List<Wanted> wanted() {
    Map<Window, Wanted> all = new TreeMap<>(Window.ORDER);
    lock.lock();
    try {
      for (Waiting call : waiting) {
        BalancePath on = path(call);
        if (on.reaches(call.path, call.least)) {
          Wanted.add(all, call, on);
        }
      }
      return all.values().stream().filter(Wanted::isMissing).toList();
    } finally {
      lock.unlock();
    }
  }

  private void fetch(List<Wanted> wanted) {
    long number = ++order;
    List<Ask> asks = new ArrayList<>(wanted.size());
    Map<Window, Wanted> byWindow = new HashMap<>();
    lock.lock();
    try {
      for (Wanted one : wanted) {
        byWindow.put(one.window, one);
        asks.add(one.ask(number, tick, nodes));
        one.slice.asked();
        leased.add(one.balance);
      }
    } finally {
      lock.unlock();
    }
    Map<Window, Ask> asked = new HashMap<>();
    asks.forEach(ask -> asked.put(ask.window(), ask));
    List<Lease> answers = store.adjust(node, asks);
    lock.lock();
    try {
      for (Lease lease : answers) {
        Wanted one = byWindow.get(lease.window());
        Ask ask = asked.get(lease.window());
        if (one != null && ask != null) {
          one.answered(ask, lease);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /// Whether the call has its answer. If it has to wait for other nodes, says which accounts to
  /// recall for it.
  private boolean isServed(Waiting call, long now, Map<Waiting, List<AccountId>> toRecall) {
    BalancePath on = path(call);
    if (call.isWish()) {
      return true;
    }
    if (on.fits(call.path, call.most)) {
      call.answer(new Refilled.Ready());
      return true;
    }
    boolean hopeless = !on.reaches(call.path, call.least);
    if (!hopeless) {
      List<AccountId> unheard = new ArrayList<>();
      boolean all = !on.wasAskedUnderLess(call.path);
      for (int i = 0; i < on.size(); i++) {
        if (on.isShort(i, call.path, call.most)) {
          Recalls.Round round = call.rounds.get(on.account(i));
          if (round == null) {
            unheard.add(on.account(i));
          }
          all &= round != null && round.isDone();
        }
      }
      if (!all) {
        if (now - call.deadlineNanos >= 0) {
          call.answer(new Refilled.Failed("other nodes were waited for too long"));
          return true;
        }
        if (!unheard.isEmpty()) {
          toRecall.put(call, unheard);
        }
        return false;
      }
    }
    call.answer(
        on.fits(call.path, call.least)
            ? new Refilled.Ready()
            : new Refilled.Refused(on.refusal(call.path, call.least, clock.millis())));
    return true;
  }

  /// With leases, an account that is not in memory is one of which nothing is held.
  private BalancePath path(Waiting call) {
    BalancePath on = BalancePath.of(call.path, balances, clock.millis());
    if (on == null) {
      call.path.forEach(account -> balances.add(account.id(), LedgerStore.Spent.NOTHING));
      on = BalancePath.of(call.path, balances, clock.millis());
    }
    if (on == null) {
      throw new IllegalStateException("more accounts in a path than are kept in memory");
    }
    return on;
  }

  private void giveBackIdle() {
    int ticks = nodes > 1 ? TICKS_IDLE : TICKS_IDLE_ALONE;
    List<Balance> idle = new ArrayList<>();
    List<Balance> past = new ArrayList<>();
    lock.lock();
    try {
      tick++;
      leased.removeIf(Balance::holdsNothing);
      for (Balance balance : leased) {
        if (tick - balance.touched > ticks) {
          idle.add(balance);
        } else if (balance.holdsPast()) {
          past.add(balance);
        }
      }
    } finally {
      lock.unlock();
    }
    returns.giveBack(idle);
    returns.giveBackPast(past);
  }

  /// Admits nobody any more and tells those who wait.
  void close() {
    synchronized (arrived) {
      closed = true;
    }
    failAll("closed");
  }

  /// Gives back all but what open calls need. After [#close], and after the thread has ended.
  void giveBackAll() {
    List<Balance> all;
    lock.lock();
    try {
      all = List.copyOf(balances.all());
    } finally {
      lock.unlock();
    }
    returns.giveBack(all);
  }
}
