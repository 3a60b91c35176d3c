package dev.mandate.storage;

import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.tenant.TenantId;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Audit events that wait for a transaction, many of them for one. What finds no room or fails to
/// be stored is counted, and an event of its own says so as soon as one can be stored again.
final class AuditBuffer {
  /// Events that may wait: some seconds of a busy gateway's.
  static final int EVENTS_MAX = 65_536;

  /// Events in one operation, so that other writers don't wait long behind it.
  static final int EVENTS_PER_WRITE_MAX = 1_000;

  /// How long the first event waits for others: a transaction costs as much as some ten events.
  private static final long GATHERED_MILLIS = 20;

  /// After the writer had no room, or could not begin.
  private static final long AGAIN_MILLIS = 200;

  /// The event that stands for lost ones.
  static final String LOST = "audit.lost";

  private static final Logger log = LoggerFactory.getLogger(AuditBuffer.class);

  private final Database database;
  private final InstantSource clock;
  private final BiFunction<Handle, List<AuditEvent>, Integer> append;
  private final BlockingQueue<AuditEvent> waiting = new ArrayBlockingQueue<>(EVENTS_MAX);
  private final Map<TenantId, Integer> lost = new ConcurrentHashMap<>();
  private final AtomicLong lostEver = new AtomicLong();
  private final AtomicBoolean writing = new AtomicBoolean();
  private volatile CompletableFuture<?> underWay = CompletableFuture.completedFuture(null);
  private volatile boolean closing;

  AuditBuffer(
      Database database,
      InstantSource clock,
      BiFunction<Handle, List<AuditEvent>, Integer> append) {
    this.database = database;
    this.clock = clock;
    this.append = append;
  }

  int size() {
    return waiting.size();
  }

  /// How many were lost since the start.
  long lost() {
    return lostEver.get();
  }

  void add(AuditEvent event) {
    if (!waiting.offer(event)) {
      lose(List.of(event));
    }
    // Looked at first: most events find that another one has asked for the write already.
    if (!writing.get()) {
      writeSoon();
    }
  }

  /// Returns when what came before is committed, for whoever reads; no more than one write of its
  /// own.
  void catchUp() {
    var _ = underWay.handle((_, _) -> true).join();
    List<AuditEvent> batch = take();
    if (batch.isEmpty()) {
      return;
    }
    try {
      database.write(handle -> append.apply(handle, batch));
    } catch (StorageException e) {
      lose(batch);
      throw e;
    }
  }

  /// Returns when all that waited is committed; what could not be written is not tried again later.
  void close() {
    closing = true;
    flush();
  }

  /// Returns when all that waited is committed.
  void flush() {
    while (true) {
      // What a write that is under way has taken waits no longer, and is not committed either.
      var _ = underWay.handle((_, _) -> true).join();
      List<AuditEvent> batch = take();
      if (!batch.isEmpty()) {
        database.write(handle -> append.apply(handle, batch));
      } else if (!writing.get()) {
        return;
      }
    }
  }

  private void writeSoon() {
    if (!writing.compareAndSet(false, true)) {
      return;
    }
    List<AuditEvent> taken = new ArrayList<>();
    underWay =
        CompletableFuture.completedFuture(true)
            .thenComposeAsync(
                _ ->
                    database.writeLater(
                        handle -> {
                          // Taken as late as possible, so that one write carries all that came.
                          taken.addAll(take());
                          return append.apply(handle, taken);
                        }),
                gathered())
            // Not on the database's own thread, which may not ask it for another write.
            .whenCompleteAsync(
                (_, failure) -> {
                  writing.set(false);
                  if (failure != null && taken.isEmpty()) {
                    // The writer has no room, or another process holds the file: they wait on.
                    log.debug("audit events wait for the writer", failure);
                    writeAgain();
                  } else if (failure != null) {
                    log.error("{} audit events were not stored", taken.size(), failure);
                    lose(taken);
                    writeAgain();
                  } else if (!waiting.isEmpty()) {
                    writeSoon();
                  }
                },
                Thread::startVirtualThread);
  }

  /// At once where one write can't take more.
  private Executor gathered() {
    return waiting.size() < EVENTS_PER_WRITE_MAX && !closing
        ? CompletableFuture.delayedExecutor(
            GATHERED_MILLIS, TimeUnit.MILLISECONDS, Thread::startVirtualThread)
        : Thread::startVirtualThread;
  }

  /// Nobody else may: the next event can be hours away.
  private void writeAgain() {
    if (!closing) {
      CompletableFuture.delayedExecutor(AGAIN_MILLIS, TimeUnit.MILLISECONDS)
          .execute(
              () -> {
                if (!waiting.isEmpty() && !closing) {
                  writeSoon();
                }
              });
    }
  }

  private List<AuditEvent> take() {
    List<AuditEvent> events = new ArrayList<>();
    for (TenantId tenant : Set.copyOf(lost.keySet())) {
      Integer count = lost.remove(tenant);
      if (count != null) {
        events.add(
            new AuditEvent(
                tenant,
                clock.instant(),
                LOST,
                "system",
                null,
                "lost",
                "-",
                Map.of("events", count.toString())));
      }
    }
    waiting.drainTo(events, EVENTS_PER_WRITE_MAX);
    return events;
  }

  private void lose(List<AuditEvent> events) {
    for (AuditEvent event : events) {
      int count = event.type().equals(LOST) ? Integer.parseInt(event.details().get("events")) : 1;
      if (!event.type().equals(LOST)) {
        lostEver.incrementAndGet();
      }
      lost.merge(event.tenant(), count, Integer::sum);
    }
  }
}
