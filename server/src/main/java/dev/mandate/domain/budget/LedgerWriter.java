package dev.mandate.domain.budget;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/// Brings settled calls into the ledger, in batches, in the order they were settled in.
///
/// What the store refuses is put back and offered again. Batches shrink while it refuses, and a
/// single entry that it refuses goes to the end of the queue, so that one bad entry can't keep the
/// others out.
final class LedgerWriter {
  private final Consumer<List<LedgerEntry>> ledger;
  private final ReentrantLock turn;
  private final int batchEntries;
  private final Consumer<List<Hold>> kept;
  private final ArrayDeque<Hold> queue = new ArrayDeque<>();
  private final ReentrantLock draining = new ReentrantLock();
  private int batchNow;

  /// @param ledger appends
  /// @param turn taken while a batch is appended and `kept` hears of it
  /// @param kept hears which calls' entries are durable
  LedgerWriter(
      Consumer<List<LedgerEntry>> ledger,
      ReentrantLock turn,
      int batchEntries,
      Consumer<List<Hold>> kept) {
    this.ledger = ledger;
    this.turn = turn;
    this.batchEntries = batchEntries;
    this.batchNow = batchEntries;
    this.kept = kept;
  }

  /// Whether a batch is full now.
  boolean add(Hold hold) {
    synchronized (queue) {
      queue.addLast(hold);
      return queue.size() == batchEntries;
    }
  }

  /// Appends everything that was added before; blocking. What the store throws is thrown on, and
  /// nothing is lost.
  void drain() {
    draining.lock();
    try {
      int left;
      synchronized (queue) {
        left = queue.size();
      }
      while (left > 0) {
        List<Hold> batch = next(Math.min(left, batchNow));
        append(batch);
        left -= batch.size();
      }
    } finally {
      draining.unlock();
    }
  }

  private void append(List<Hold> batch) {
    turn.lock();
    try {
      appendInTurn(batch);
    } finally {
      turn.unlock();
    }
  }

  private void appendInTurn(List<Hold> batch) {
    List<LedgerEntry> entries = new ArrayList<>(batch.size());
    for (Hold hold : batch) {
      entries.add(hold.entry());
    }
    boolean appended = false;
    try {
      ledger.accept(entries);
      appended = true;
    } finally {
      if (!appended) {
        putBack(batch);
      }
    }
    batchNow = Math.min(batchEntries, batchNow * 2);
    kept.accept(batch);
  }

  private List<Hold> next(int count) {
    List<Hold> batch = new ArrayList<>(count);
    synchronized (queue) {
      for (int i = 0; i < count; i++) {
        batch.add(queue.removeFirst());
      }
    }
    return batch;
  }

  private void putBack(List<Hold> batch) {
    batchNow = Math.max(1, batch.size() / 2);
    synchronized (queue) {
      if (batch.size() == 1) {
        queue.addLast(batch.getFirst());
        return;
      }
      for (Hold hold : batch.reversed()) {
        queue.addFirst(hold);
      }
    }
  }
}
