package dev.mandate.storage;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Platform threads that read, each with a connection of its own.
final class SqliteReaders implements AutoCloseable {
  /// Reads that may wait; then callers wait for room.
  private static final int QUEUE_MAX = 4096;

  /// How long a caller waits for room in the queue before it is refused.
  private static final long ROOM_WAIT_SECONDS = 10;

  private static final Logger log = LoggerFactory.getLogger(SqliteReaders.class);

  private final BlockingQueue<Read<?>> queue = new ArrayBlockingQueue<>(QUEUE_MAX);
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean closing;

  SqliteReaders(List<Connection> connections) {
    for (Connection connection : connections) {
      Handle handle = SqliteDatabase.keeping(connection);
      threads.add(
          Thread.ofPlatform()
              .name("storage-reader-" + threads.size())
              .daemon(true)
              .start(() -> run(handle)));
    }
  }

  <T> CompletableFuture<T> enqueue(Database.Work<T> work) {
    if (threads.contains(Thread.currentThread())) {
      throw new IllegalStateException("an operation on the database must not call it again");
    }
    Read<T> read = new Read<>(work, new CompletableFuture<>());
    if (closing || !accept(read)) {
      read.future.completeExceptionally(
          new StorageException(
              closing
                  ? "the database is closed"
                  : "the database is " + QUEUE_MAX + " reads behind"));
    } else if (closing && queue.remove(read)) {
      read.future.completeExceptionally(new StorageException("the database is closed"));
    }
    return read.future;
  }

  private boolean accept(Read<?> read) {
    try {
      return queue.offer(read, ROOM_WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void run(Handle handle) {
    try (handle) {
      while (true) {
        try {
          Read<?> read = queue.poll(100, TimeUnit.MILLISECONDS);
          if (read != null) {
            read.run(handle);
          } else if (closing) {
            return;
          }
        } catch (InterruptedException e) {
          log.warn("a reader was interrupted and goes on", e);
        }
      }
    }
  }

  @Override
  public void close() {
    closing = true;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        log.warn("interrupted while the last reads were under way");
      }
    }
  }

  private record Read<T>(Database.Work<T> work, CompletableFuture<T> future) {
    void run(Handle handle) {
      try {
        future.complete(work.with(handle));
      } catch (Throwable e) {
        future.completeExceptionally(e);
      }
    }
  }
}
