package dev.mandate.domain.budget;

import dev.mandate.platform.journal.Journal;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The thread that brings settled calls into the ledger and keeps room in the journal.
final class JournalKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(JournalKeeper.class);

  /// Open calls that are carried over under one hold of the lock.
  private static final int CARRY_AT_ONCE = 64;

  static final Duration CLOSE_WAIT = Duration.ofSeconds(10);

  private final LedgerWriter writer;
  private final Journal journal;
  private final CallJournal calls;
  private final ReentrantLock lock;
  private final BudgetBounds bounds;
  private final IntSupplier backlog;
  private volatile boolean ending;
  private volatile @Nullable Thread thread;

  /// @param lock guards `calls`
  JournalKeeper(
      LedgerWriter writer,
      Journal journal,
      CallJournal calls,
      ReentrantLock lock,
      BudgetBounds bounds,
      IntSupplier backlog) {
    this.writer = writer;
    this.journal = journal;
    this.calls = calls;
    this.lock = lock;
    this.bounds = bounds;
    this.backlog = backlog;
  }

  void start(ThreadFactory threads) {
    Thread started = threads.newThread(this::keepUp);
    thread = started;
    started.start();
  }

  void wake() {
    LockSupport.unpark(thread);
  }

  /// Nothing is written any more.
  void end() {
    ending = true;
    wake();
  }

  /// Ends the thread and says whether it is gone.
  boolean hasEnded() {
    end();
    Thread running = thread;
    if (running == null) {
      return true;
    }
    try {
      return running.join(CLOSE_WAIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /// The journal is kept up at every look, whether or not the ledger takes entries: it must have
  /// room while they wait.
  private void keepUp() {
    long interval = bounds.flushInterval().toNanos();
    long pause = interval;
    long lastFlush = System.nanoTime();
    boolean kept = true;
    while (!ending) {
      LockSupport.parkNanos(this, interval);
      if (Thread.interrupted()) {
        LOG.warn("the thread of the budgets was interrupted; close() is what ends it");
      }
      boolean refused = pause > interval;
      if (!refused || System.nanoTime() - lastFlush >= pause) {
        boolean ok = attempt("the ledger refuses entries", writer::drain, refused);
        pause = ok ? interval : Math.min(2 * pause, bounds.maxBackOff().toNanos());
        lastFlush = System.nanoTime();
      }
      kept = attempt("the journal cannot be kept up", this::maintain, !kept);
    }
  }

  boolean attempt(String failure, Runnable work, boolean again) {
    try {
      work.run();
      return true;
    } catch (RuntimeException e) {
      // One stack trace in a row is enough.
      LOG.error(
          "{}, {} calls wait: {}", failure, backlog.getAsInt(), e.toString(), again ? null : e);
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
          more = !ending && calls.carryOver(before);
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
}
