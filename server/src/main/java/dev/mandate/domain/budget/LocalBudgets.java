package dev.mandate.domain.budget;

import dev.mandate.domain.upstream.Usage;
import dev.mandate.platform.journal.Journal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;
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

  /// Open calls that are carried over under one hold of the lock.
  private static final int CARRY_AT_ONCE = 64;

  private static final Duration CLOSE_WAIT = Duration.ofSeconds(10);

  private final LedgerStore ledger;
  private final InstantSource clock;
  private final BudgetBounds bounds;
  private final Journal journal;
  private final CallJournal calls;
  private final LedgerWriter writer;
  private final ReentrantLock lock = new ReentrantLock();
  private final Balances balances = new Balances();
  private long nextNumber;
  private int unkept;
  private volatile boolean closed;
  private @Nullable Thread keeper;

  /// Opens the journal, brings the ledger up to it and starts the thread that keeps it there.
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
    LocalBudgets budgets = recover(journalFolder, ledger, clock, bounds);
    Thread keeper = threads.newThread(budgets::keepUp);
    budgets.keeper = keeper;
    keeper.start();
    return budgets;
  }

  /// As [#open], without the thread: for tests that decide themselves when the ledger hears what.
  static LocalBudgets recover(
      Path journalFolder, LedgerStore ledger, InstantSource clock, BudgetBounds bounds) {
    CallReplay replay = new CallReplay(ledger, bounds.batchEntries());
    Journal journal =
        Journal.open(journalFolder, bounds.segmentBytes(), bounds.maxSegments(), replay::read);
    try {
      Instant now = clock.instant();
      CallReplay.Replayed replayed = replay.finish(journal.damaged(), now);
      if (journal.damaged()) {
        LOG.error(
            "the journal in {} is damaged: {} settled calls read, all {} open calls are charged at"
                + " their reserve",
            journalFolder,
            replayed.settled(),
            replayed.killed());
      } else if (replayed.killed() > 0) {
        LOG.warn(
            "{} calls were cut off by the end of the last process and are charged at their reserve",
            replayed.killed());
      }
      journal.discardReplayed();
      return new LocalBudgets(journal, ledger, clock, bounds);
    } catch (RuntimeException e) {
      journal.close();
      throw e;
    }
  }

  private LocalBudgets(
      Journal journal, LedgerStore ledger, InstantSource clock, BudgetBounds bounds) {
    this.journal = journal;
    this.ledger = ledger;
    this.clock = clock;
    this.bounds = bounds;
    this.calls = new CallJournal(journal);
    this.writer = new LedgerWriter(ledger, bounds.batchEntries(), this::kept);
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
    Map<AccountId, LedgerStore.Spent> spent = ledger.spent(missing);
    lock.lock();
    try {
      missing.forEach(a -> balances.add(a, spent.getOrDefault(a, LedgerStore.Spent.NOTHING)));
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Room room(List<Account> path) {
    long now = clock.millis();
    lock.lock();
    try {
      return BalancePath.of(path, balances, now).room(path);
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
    lock.lock();
    try {
      BalancePath on = BalancePath.of(path, balances, now);
      if (!on.fits(path, worst)) {
        return on.refusal(path, worst, now);
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
      if (calls.hasRotated()) {
        LockSupport.unpark(keeper);
      }
      return new Outcome.Held(hold);
    } finally {
      lock.unlock();
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
      LockSupport.unpark(keeper);
    }
    Amount worst = hold.amount();
    if (costMicros > worst.costMicros() || Hold.tokens(usage) > worst.tokens()) {
      LOG.warn(
          "overdraft: call {} under mandate {} took {} for {} micros, reserved was {}",
          hold.call().id(),
          hold.call().mandate(),
          usage,
          costMicros,
          worst);
    }
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
      holds.forEach(calls::kept);
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

  /// The journal is kept up at every look, whether or not the ledger takes entries: it must have
  /// room while they wait.
  private void keepUp() {
    long interval = bounds.flushInterval().toNanos();
    long pause = interval;
    long lastFlush = System.nanoTime();
    boolean kept = true;
    while (!closed) {
      LockSupport.parkNanos(this, interval);
      if (Thread.interrupted()) {
        LOG.warn("the thread of the budgets was interrupted; close() is what ends it");
      }
      boolean refused = pause > interval;
      if (!refused || System.nanoTime() - lastFlush >= pause) {
        boolean ok = attempt("the ledger refuses entries", this::flush, refused);
        pause = ok ? interval : Math.min(2 * pause, bounds.maxBackOff().toNanos());
        lastFlush = System.nanoTime();
      }
      kept = attempt("the journal cannot be kept up", this::maintain, !kept);
    }
  }

  private boolean attempt(String failure, Runnable work, boolean again) {
    try {
      work.run();
      return true;
    } catch (RuntimeException e) {
      // One stack trace in a row is enough.
      LOG.error("{}, {} calls wait: {}", failure, backlog(), e.toString(), again ? null : e);
      return false;
    }
  }

  /// Makes room in the journal.
  synchronized void maintain() {
    journal.maintain();
    long before;
    lock.lock();
    try {
      before = calls.carryBefore();
    } finally {
      lock.unlock();
    }
    boolean more = true;
    while (more) {
      lock.lock();
      try {
        for (int i = 0; more && i < CARRY_AT_ONCE; i++) {
          more = !closed && calls.carryOver(before);
        }
      } finally {
        lock.unlock();
      }
    }
    journal.discardBefore(firstNeeded());
    journal.maintain();
  }

  private long firstNeeded() {
    lock.lock();
    try {
      return calls.firstNeeded();
    } finally {
      lock.unlock();
    }
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
    if (keeperEnded() && attempt("the ledger refuses the last entries", this::flush, false)) {
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

  private boolean keeperEnded() {
    if (keeper == null) {
      return true;
    }
    LockSupport.unpark(keeper);
    try {
      return keeper.join(CLOSE_WAIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /// Ends as a process kill does: nothing is flushed, the files stay. For tests.
  void abandon() {
    closed = true;
    journal.close();
  }
}
