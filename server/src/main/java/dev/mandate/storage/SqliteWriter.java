package dev.mandate.storage;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The one writer of a SQLite file. Its thread takes all operations that wait, runs each in a
/// savepoint of its own inside one transaction, and answers them after the commit: a commit costs a
/// flush to the disk, and under load many operations share one.
final class SqliteWriter implements AutoCloseable {
  /// Operations that may wait; then callers wait for room.
  static final int QUEUE_MAX = 8192;

  /// Bounds how long the first operation of a transaction waits for the last.
  static final int OPERATIONS_PER_COMMIT_MAX = 512;

  /// How long a caller waits for room in the queue before it is refused.
  private static final long ROOM_WAIT_SECONDS = 10;

  private static final Logger log = LoggerFactory.getLogger(SqliteWriter.class);

  private final Handle handle;
  private final BlockingQueue<Operation<?>> queue = new ArrayBlockingQueue<>(QUEUE_MAX);
  private final AtomicLong commits = new AtomicLong();
  private final AtomicLong operations = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final AtomicLong commitNanos = new AtomicLong();
  private final Thread thread;
  private volatile boolean closing;

  SqliteWriter(Connection connection) {
    this.handle = SqliteDatabase.keeping(connection);
    // A platform thread: SQLite's native calls would pin a virtual thread's carrier.
    this.thread = Thread.ofPlatform().name("storage-writer").daemon(true).start(this::run);
  }

  /// How many transactions were committed.
  long commits() {
    return commits.get();
  }

  DatabaseLoad load() {
    return new DatabaseLoad(
        queue.size(),
        commits.get(),
        operations.get(),
        failed.get(),
        commitNanos.get(),
        DatabaseLoad.Pool.NONE);
  }

  <T> CompletableFuture<T> enqueue(Database.Work<T> work, boolean patient) {
    if (Thread.currentThread().equals(thread)) {
      throw new IllegalStateException("an operation on the database must not call it again");
    }
    Operation<T> operation = new Operation<>(work);
    if (closing || !accept(operation, patient)) {
      operation.future.completeExceptionally(
          new StorageException(
              closing
                  ? "the database is closed"
                  : "the database is " + QUEUE_MAX + " operations behind"));
    } else if (closing && queue.remove(operation)) {
      // The writer may have looked into the queue for the last time before this came.
      operation.future.completeExceptionally(new StorageException("the database is closed"));
    }
    return operation.future;
  }

  private boolean accept(Operation<?> operation, boolean patient) {
    if (queue.offer(operation)) {
      return true;
    }
    if (!patient) {
      return false;
    }
    try {
      return queue.offer(operation, ROOM_WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void run() {
    List<Operation<?>> batch = new ArrayList<>();
    while (true) {
      try {
        // Looks up now and then: close() must not depend on finding room for a last operation.
        Operation<?> first = queue.poll(100, TimeUnit.MILLISECONDS);
        if (first == null) {
          if (closing) {
            return;
          }
          continue;
        }
        batch.add(first);
        queue.drainTo(batch, OPERATIONS_PER_COMMIT_MAX - 1);
        commit(batch);
      } catch (InterruptedException e) {
        log.warn("the writer was interrupted and goes on", e);
      } finally {
        batch.clear();
      }
    }
  }

  private void commit(List<Operation<?>> batch) {
    long began = System.nanoTime();
    try {
      execute("BEGIN IMMEDIATE");
      for (Operation<?> operation : batch) {
        runInSavepoint(operation);
      }
      execute("COMMIT");
      commits.incrementAndGet();
      operations.addAndGet(batch.size());
      commitNanos.addAndGet(System.nanoTime() - began);
    } catch (Throwable e) {
      // Errors too: a caller that is not answered waits for ever.
      failed.incrementAndGet();
      log.error("a transaction of {} operations failed", batch.size(), e);
      rollback();
      batch.forEach(operation -> operation.fail(e));
      return;
    }
    batch.forEach(Operation::answer);
  }

  /// @throws SQLException when the transaction as a whole is lost
  private void runInSavepoint(Operation<?> operation) throws SQLException {
    execute("SAVEPOINT operation");
    try {
      operation.run(handle);
    } catch (Throwable e) {
      operation.failure = e;
      // Fails where SQLite has given up the whole transaction (disk full, I/O error): rightly so.
      execute("ROLLBACK TO operation");
    }
    execute("RELEASE operation");
  }

  private void rollback() {
    try {
      execute("ROLLBACK");
    } catch (SQLException e) {
      log.debug("nothing to roll back: SQLite did it by itself", e);
    }
  }

  private void execute(String sql) throws SQLException {
    var _ = KeptStatements.with(handle, sql, PreparedStatement::execute);
  }

  @Override
  public void close() {
    closing = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      log.warn("interrupted while the last writes were under way");
    }
    handle.close();
  }

  private static final class Operation<T> {
    private final Database.Work<T> work;
    private final CompletableFuture<T> future = new CompletableFuture<>();
    private @Nullable T result;
    private @Nullable Throwable failure;

    Operation(Database.Work<T> work) {
      this.work = work;
    }

    void run(Handle handle) {
      result = work.with(handle);
    }

    void answer() {
      if (failure != null) {
        future.completeExceptionally(failure);
      } else {
        future.complete(result);
      }
    }

    void fail(Throwable cause) {
      future.completeExceptionally(failure == null ? cause : failure);
    }
  }
}
