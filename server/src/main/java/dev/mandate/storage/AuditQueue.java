package dev.mandate.storage;

import dev.mandate.domain.audit.AuditEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Appends whose callers wait for the commit: those that come while one is under way share the
/// next, and with it one turn at each tenant's head. One of the callers writes for all of them.
final class AuditQueue {
  /// Callers in one transaction, so that other writers don't wait long behind it. The callers
  /// themselves bound the queue: each waits for its own place.
  static final int CALLERS_PER_WRITE_MAX = 256;

  private final Database database;
  private final BiFunction<Handle, List<AuditEvent>, Integer> append;
  private final ConcurrentLinkedQueue<Waiting> waiting = new ConcurrentLinkedQueue<>();
  private final ReentrantLock turn = new ReentrantLock();

  private record Waiting(List<AuditEvent> events, CompletableFuture<Integer> done) {}

  AuditQueue(Database database, BiFunction<Handle, List<AuditEvent>, Integer> append) {
    this.database = database;
    this.append = append;
  }

  /// Returns after the commit.
  void append(List<AuditEvent> events) {
    Waiting mine = new Waiting(List.copyOf(events), new CompletableFuture<>());
    waiting.add(mine);
    while (!mine.done.isDone()) {
      turn.lock();
      try {
        // Whoever had the turn before may have written this too.
        if (!mine.done.isDone()) {
          write(take());
        }
      } finally {
        turn.unlock();
      }
    }
    var _ = Database.await(mine.done);
  }

  private List<Waiting> take() {
    List<Waiting> taken = new ArrayList<>();
    for (Waiting next = waiting.poll(); next != null; next = waiting.poll()) {
      taken.add(next);
      if (taken.size() == CALLERS_PER_WRITE_MAX) {
        break;
      }
    }
    return taken;
  }

  /// Answers all of them. Where the whole is refused, each is tried alone: one event must not keep
  /// those of others from being stored.
  private void write(List<Waiting> taken) {
    List<AuditEvent> events = taken.stream().flatMap(one -> one.events.stream()).toList();
    Throwable failure = outcome(events);
    boolean unsure = failure instanceof StorageException e && e.isOutcomeUnknown();
    for (Waiting one : taken) {
      // One that may be stored is not stored again.
      Throwable its =
          failure == null || unsure || taken.size() == 1 ? failure : outcome(one.events);
      if (its == null) {
        one.done.complete(one.events.size());
      } else {
        one.done.completeExceptionally(its);
      }
    }
  }

  private @Nullable Throwable outcome(List<AuditEvent> events) {
    return database
        .enqueue(handle -> append.apply(handle, events), true)
        .<@Nullable Throwable>handle((_, failure) -> failure)
        .join();
  }
}
