package dev.mandate.domain.budget;

import dev.mandate.domain.upstream.Usage;
import dev.mandate.platform.journal.Journal;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Exact budgets of one node.
///
/// One lock guards all balances, because a call must fit several at once and the journal's order
/// must be theirs; only memory is touched under it. Each step of a call is in the journal before
/// its verb returns; a thread of its own brings settled calls into the ledger. While the ledger
/// stays away beyond a bound, calls are [Budgets.Outcome.Unavailable]; those that are open still
/// settle.
public final class LocalBudgets implements Budgets, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LocalBudgets.class);

  private final LedgerStore ledger;
  private final InstantSource clock;
  private final BudgetBounds bounds;
  private final Journal journal;
  private final CallJournal calls;
  private final LedgerWriter writer;
  private final ReentrantLock lock = new ReentrantLock();
  private final Balances balances;
  private final @Nullable Leasing leasing;
  private final JournalKeeper keeper;
  private final LeaseThread leaser;
  private long nextNumber;
  private int unkept;
  private volatile boolean closed;

  /// Opens the journal, brings the ledger up to it and starts the threads that keep it there.
  /// Blocking; throws what the store throws.
  public static LocalBudgets open(
      Path journalFolder, LedgerStore ledger, InstantSource clock, ThreadFactory threads) {
    return open(journalFolder, ledger, clock, threads, BudgetBounds.DEFAULT);
  }

  public static LocalBudgets open(
      Path journalFolder,
      LedgerStore ledger,
      InstantSource clock,
      ThreadFactory threads,
      BudgetBounds bounds) {
    return open(journalFolder, ledger, null, clock, threads, bounds);
  }

  /// @param sharing null on the only node, which owns every account
  public static LocalBudgets open(
      Path journalFolder,
      LedgerStore ledger,
      @Nullable Sharing sharing,
      InstantSource clock,
      ThreadFactory threads,
      BudgetBounds bounds) {
    LocalBudgets budgets = recover(journalFolder, ledger, sharing, clock, bounds);
    budgets.keeper.start(threads);
    budgets.leaser.start(threads);
    return budgets;
  }

  /// As [#open], without the threads: for tests that decide themselves what happens when.
  static LocalBudgets recover(
      Path journalFolder,
      LedgerStore ledger,
      @Nullable Sharing sharing,
      InstantSource clock,
      BudgetBounds bounds) {
    Journal journal = CallReplay.open(journalFolder, ledger, clock, bounds);
    try {
      // What the last process held is given back only now, when the ledger has what it spent.
      LocalBudgets budgets = new LocalBudgets(journal, ledger, sharing, clock, bounds);
      journal.discardReplayed();
      return budgets;
    } catch (RuntimeException e) {
      journal.close();
      throw e;
    }
  }

  private LocalBudgets(
      Journal journal,
      LedgerStore ledger,
      @Nullable Sharing sharing,
      InstantSource clock,
      BudgetBounds bounds) {
    this.journal = journal;
    this.ledger = ledger;
    this.clock = clock;
    this.bounds = bounds;
    this.calls = new CallJournal(journal);
    this.balances = new Balances(sharing != null, bounds.maxAccounts());
    ReentrantLock turn = new ReentrantLock(true);
    this.leasing =
        sharing == null
            ? null
            : new Leasing(
                sharing.leases(),
                sharing.node(),
                sharing.bounds(),
                clock,
                sharing.nanos(),
                balances,
                lock,
                turn);
    this.writer =
        new LedgerWriter(
            leasing == null ? ledger::append : leasing::append,
            turn,
            bounds.batchEntries(),
            this::kept);
    this.keeper = new JournalKeeper(writer, journal, calls, lock, bounds, this::backlog);
    this.leaser = new LeaseThread(leasing);
    // Every call writes at least one record, so this is above every number of an earlier process.
    this.nextNumber = journal.nextSequence();
  }

  @Override
  public void load(List<AccountId> accounts) {
    List<AccountId> missing;
    lock.lock();
    try {
      missing = balances.missing(accounts);
    } finally {
      lock.unlock();
    }
    if (missing.isEmpty()) {
      return;
    }
    Map<AccountId, LedgerStore.Spent> spent = leasing == null ? ledger.spent(missing) : Map.of();
    lock.lock();
    try {
      missing.forEach(a -> balances.add(a, spent.getOrDefault(a, LedgerStore.Spent.NOTHING)));
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Room room(List<Account> path, boolean atHand) {
    long now = clock.millis();
    lock.lock();
    try {
      BalancePath on = BalancePath.of(path, balances, now);
      if (on == null) {
        throw new IllegalStateException("not all of " + path + " are loaded");
      }
      return on.room(path, atHand);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Outcome reserve(Call call, List<Account> path, Amount worst) {
    if (worst.tokens() < 0 || worst.costMicros() < 0) {
      throw new IllegalArgumentException(worst + " for call " + call.id() + ", expected 0 or more");
    }
    long now = clock.millis();
    boolean low = false;
    lock.lock();
    try {
      BalancePath on = BalancePath.of(path, balances, now);
      if (on == null) {
        return new Outcome.NotAtHand();
      }
      if (!on.fits(path, worst)) {
        return leasing == null || !on.reaches(path, worst)
            ? on.refusal(path, worst, now)
            : new Outcome.NotAtHand();
      }
      if (closed) {
        return new Outcome.Unavailable("closed");
      }
      if (calls.open() + unkept >= bounds.maxCalls()) {
        return new Outcome.Unavailable(
            calls.open() + " calls are open, " + unkept + " wait for the ledger");
      }
      Hold hold = new Hold(this, nextNumber, call, worst, on, now);
      if (!calls.reserve(hold)) {
        return new Outcome.Unavailable("the journal is full, " + unkept + " calls wait");
      }
      nextNumber++;
      on.reserve(worst);
      if (leasing != null) {
        low = on.touch(path, leasing.tick());
      }
      if (calls.hasRotated()) {
        keeper.wake();
      }
      return new Outcome.Held(hold);
    } finally {
      lock.unlock();
      if (low) {
        enqueue(new Waiting(path, worst, worst, null, 0));
      }
    }
  }

  @Override
  public CompletableFuture<Refilled> refill(List<Account> path, Amount least, Amount most) {
    CompletableFuture<Refilled> refilled = new CompletableFuture<>();
    if (leasing == null) {
      Thread.ofVirtual().name("budget-load").start(() -> refilled.complete(loaded(path)));
    } else {
      enqueue(new Waiting(path, least, most, refilled, leasing.deadline()));
    }
    return refilled;
  }

  private Refilled loaded(List<Account> path) {
    try {
      load(path.stream().map(Account::id).toList());
      return new Refilled.Ready();
    } catch (RuntimeException e) {
      LOG.error("accounts cannot be loaded", e);
      return new Refilled.Failed("accounts cannot be loaded: " + e.getMessage());
    }
  }

  private void enqueue(Waiting call) {
    if (leasing != null) {
      leasing.refill(call);
      leaser.wake();
    }
  }

  @Override
  public void started(Reservation reservation) {
    Hold hold = own(reservation);
    lock.lock();
    try {
      switch (hold.state) {
        case HELD -> {
          checkOpen();
          calls.started(hold);
          hold.state = Hold.State.STARTED;
        }
        case STARTED -> {}
        case SETTLED, RELEASED ->
            throw new IllegalStateException("cannot start, nothing is held: " + hold);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void settle(
      Reservation reservation, Usage usage, long costMicros, String outcome, boolean estimated) {
    Hold hold = own(reservation);
    Hold.Settlement truth =
        new Hold.Settlement(clock.millis(), usage, costMicros, outcome, estimated);
    boolean full;
    lock.lock();
    try {
      if (!hold.isOpen()) {
        return;
      }
      checkOpen();
      calls.settled(hold, truth);
      hold.settle(truth);
      unkept++;
      full = writer.add(hold);
    } finally {
      lock.unlock();
    }
    if (full) {
      keeper.wake();
    }
    hold.warnOfOverdraft();
  }

  @Override
  public void release(Reservation reservation) {
    Hold hold = own(reservation);
    lock.lock();
    try {
      switch (hold.state) {
        case HELD -> {
          checkOpen();
          calls.released(hold);
          hold.release();
        }
        case STARTED ->
            throw new IllegalStateException("cannot release, only settle ends it: " + hold);
        case SETTLED, RELEASED -> {}
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Budgets insteadOf(Reservation held) {
    return new Moving(this, own(held));
  }

  /// @param from that is given back where something else is held
  Outcome move(Hold from, Call call, List<Account> path, Amount worst) {
    lock.lock();
    try {
      if (!from.isOpen()) {
        throw new IllegalStateException("nothing is held: " + from);
      }
      from.on.release(from.amount());
      Outcome outcome = null;
      try {
        outcome = reserve(call, path, worst);
      } finally {
        if (!(outcome instanceof Outcome.Held)) {
          from.on.reserve(from.amount());
        }
      }
      if (outcome instanceof Outcome.Held(var to)) {
        if (from.state == Hold.State.STARTED) {
          started(to);
        }
        calls.released(from);
        from.state = Hold.State.RELEASED;
      }
      return outcome;
    } finally {
      lock.unlock();
    }
  }

  Room room(Hold from, List<Account> path, boolean atHand) {
    lock.lock();
    try {
      from.on.release(from.amount());
      try {
        return room(path, atHand);
      } finally {
        from.on.reserve(from.amount());
      }
    } finally {
      lock.unlock();
    }
  }

  private Hold own(Reservation reservation) {
    if (reservation instanceof Hold hold && hold.owner == this) {
      return hold;
    }
    throw new IllegalArgumentException("not a reservation of these budgets: " + reservation);
  }

  /// After the end, the journal takes nothing more: the next start settles what is still open.
  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the budgets are closed; the next start settles the call");
    }
  }

  private void kept(List<Hold> holds) {
    lock.lock();
    try {
      for (Hold hold : holds) {
        calls.kept(hold);
        hold.kept();
      }
      unkept -= holds.size();
    } finally {
      lock.unlock();
    }
  }

  /// Settled calls that are in the journal and not yet in the ledger.
  public int backlog() {
    return level().unkept();
  }

  public BudgetLevel level() {
    lock.lock();
    try {
      return new BudgetLevel(
          calls.open(), unkept, bounds.maxCalls(), journal.bytes(), journal.freeBytes());
    } finally {
      lock.unlock();
    }
  }

  /// Returns when everything that was settled before is in the ledger. Blocking; throws what the
  /// store throws, and then nothing is lost: the entries are offered again.
  public void flush() {
    writer.drain();
  }

  /// Makes room in the journal.
  void maintain() {
    keeper.maintain();
  }

  /// Does what is due for the leases; see [Leasing#step]. For tests.
  long step() {
    return leasing == null ? Long.MAX_VALUE : leasing.step();
  }

  /// Admits nothing more, brings the ledger up to date and closes the journal. End the open calls
  /// before: those that are left are settled by the next start, at their reserve if they started.
  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
    } finally {
      lock.unlock();
    }
    if (leasing != null) {
      leasing.close();
    }
    boolean keeperEnded = keeper.hasEnded();
    boolean ended = leaser.hasEnded() && keeperEnded;
    if (ended && keeper.attempt("the ledger refuses the last entries", this::flush, false)) {
      if (leasing != null) {
        keeper.attempt("the leases are not given back", leasing::giveBackAll, false);
      }
      if (calls.open() == 0) {
        journal.closeAndDelete();
        return;
      }
      LOG.warn("open calls at the end: {}; the next start settles them", calls.open());
    } else {
      LOG.warn("{} entries stay in the journal; the next start appends them", backlog());
    }
    journal.close();
  }

  /// Ends as a process kill does: nothing is flushed, the files stay. For tests.
  void abandon() {
    closed = true;
    keeper.end();
    leaser.end();
    journal.close();
  }
}
