package dev.mandate.domain.budget;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The thread of [Leasing], where accounts are shared between nodes.
final class LeaseThread {
  private static final Logger LOG = LoggerFactory.getLogger(LeaseThread.class);

  /// After a failure of the store; calls that come meanwhile wait for it.
  private static final long PAUSE_NANOS = 100_000_000;

  private final @Nullable Leasing leasing;
  private volatile boolean ending;
  private volatile @Nullable Thread thread;

  LeaseThread(@Nullable Leasing leasing) {
    this.leasing = leasing;
  }

  void start(ThreadFactory threads) {
    if (leasing != null) {
      Thread started = threads.newThread(() -> run(leasing));
      thread = started;
      started.start();
    }
  }

  void wake() {
    LockSupport.unpark(thread);
  }

  private void run(Leasing leases) {
    boolean failed = false;
    while (!ending) {
      long pause = PAUSE_NANOS;
      try {
        pause = leases.step();
        failed = false;
      } catch (RuntimeException e) {
        // One stack trace in a row is enough.
        LOG.error("leases cannot be kept: {}", e.toString(), failed ? null : e);
        failed = true;
      }
      if (pause > 0 && !ending) {
        LockSupport.parkNanos(this, pause);
      }
      if (Thread.interrupted()) {
        LOG.warn("the thread of the leases was interrupted; close() is what ends it");
      }
    }
  }

  /// Ends the thread and says whether it is gone.
  boolean hasEnded() {
    end();
    Thread running = thread;
    if (running == null) {
      return true;
    }
    try {
      return running.join(JournalKeeper.CLOSE_WAIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  void end() {
    ending = true;
    wake();
  }
}
