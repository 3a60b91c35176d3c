package dev.mandate.storage;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A PostgreSQL database, shared with other nodes. Every operation has a virtual thread of its own
/// and a connection of one of two pools; statements are READ COMMITTED, so that each sees what was
/// committed when it began, after the locks that it or a statement before it waited for.
final class PostgresDatabase extends Database {
  /// With the reader of revocations, four nodes fit into the server's 100 connections.
  private static final int WRITERS = 12;

  private static final int READERS = 8;

  /// Operations that run or wait for a connection; then callers wait for room.
  static final int OPERATIONS_MAX = 8192;

  /// How long a caller waits for room before it is refused.
  private static final long ROOM_WAIT_SECONDS = 10;

  /// How long closing waits for what was accepted.
  private static final long CLOSE_WAIT_SECONDS = 30;

  /// An operation that the server gave up in favour of another, or whose connection broke, is run
  /// again, this often at most.
  private static final int RUNS_MAX = 5;

  private static final int RETRY_WAIT_MILLIS_MAX = 20;

  private static final String SERIALIZATION_FAILURE = "40001";
  private static final String DEADLOCK = "40P01";

  /// The server went away, or is starting or stopping.
  private static final Set<String> SHUTDOWN = Set.of("57P01", "57P02", "57P03");

  private static final String CONNECTION_CLASS = "08";

  /// On which nodes tell one another to read on. Also names the lock.
  static final String CHANNEL = "mandate_revocations";

  private static final String TAKE_TURN =
      """
      SELECT CAST(pg_advisory_xact_lock(hashtext(:channel)) AS TEXT)
        || CAST(pg_notify(:channel, '') AS TEXT)
      """;

  private static final String TABLES =
      """
      SELECT CAST(oid::regclass AS TEXT) FROM pg_class
      WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' ORDER BY 1
      """;

  /// What the migrations leave open, in PostgreSQL's words.
  private static final Map<String, String> WORDS =
      Map.of(
          "long", "BIGINT",
          "bytes", "BYTEA",
          "sequence", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
          "keyed", "",
          "counted", "");

  private static final Logger log = LoggerFactory.getLogger(PostgresDatabase.class);
  private static final ScopedValue<Boolean> INSIDE = ScopedValue.newInstance();

  private final PostgresServer server;
  private final HikariDataSource writerPool;
  private final HikariDataSource readerPool;
  private final Jdbi writers;
  private final Jdbi readers;
  private final Semaphore room = new Semaphore(OPERATIONS_MAX);
  private final AtomicLong commits = new AtomicLong();
  private volatile boolean closing;

  /// With the schema that the database has.
  PostgresDatabase(PostgresServer server) {
    this.server = server;
    this.writerPool = server.pool("storage-writer", WRITERS, true);
    this.readerPool = server.pool("storage-reader", READERS, false);
    this.writers = configured(Jdbi.create(writerPool));
    this.readers = configured(Jdbi.create(readerPool));
  }

  /// Connects and brings the schema up to date.
  ///
  /// @throws StorageException in one line, when it cannot or must not
  static PostgresDatabase open(DatabaseUrl url) {
    PostgresServer server = PostgresServer.at(url);
    migrate(server, Migrations.LATEST);
    return new PostgresDatabase(server);
  }

  /// Brings the schema to this version.
  static void migrate(PostgresServer server, String version) {
    Migrations.run(server.migrating(), "postgresql", WORDS, version);
  }

  /// The server, for a connection outside the pools.
  PostgresServer server() {
    return server;
  }

  @Override
  public <T> T read(Work<T> work) {
    return await(start("storage-read", true, () -> untilDone(readers, work)));
  }

  @Override
  <T> CompletableFuture<T> enqueue(Work<T> work, boolean patient) {
    return start("storage-write", patient, () -> untilDone(writers, work));
  }

  private interface Operation<T> {
    T run();
  }

  private <T> CompletableFuture<T> start(String name, boolean patient, Operation<T> operation) {
    if (INSIDE.isBound()) {
      // It would wait for a second connection while it holds one: enough of them wait for ever.
      throw new IllegalStateException("an operation on the database must not call it again");
    }
    CompletableFuture<T> future = new CompletableFuture<>();
    if (closing || !enter(patient)) {
      future.completeExceptionally(
          new StorageException(
              closing
                  ? "the database is closed"
                  : "the database is " + OPERATIONS_MAX + " operations behind"));
      return future;
    }
    Thread.ofVirtual()
        .name(name)
        .start(
            () -> {
              try {
                T result = ScopedValue.where(INSIDE, true).call(operation::run);
                room.release();
                future.complete(result);
              } catch (Throwable e) {
                // Errors too: a caller that is not answered waits for ever.
                room.release();
                future.completeExceptionally(e);
              }
            });
    return future;
  }

  private boolean enter(boolean patient) {
    if (room.tryAcquire()) {
      return true;
    }
    if (!patient) {
      return false;
    }
    try {
      return room.tryAcquire(ROOM_WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private <T> T untilDone(Jdbi jdbi, Work<T> work) {
    for (int run = 1; ; run++) {
      try {
        return once(jdbi, work);
      } catch (Undone e) {
        if (run == RUNS_MAX) {
          throw e.failure;
        }
        log.debug("run {} of an operation was undone", run, e.failure);
        pause();
      }
    }
  }

  /// Nothing of the operation is stored, and that is not its own fault.
  private static final class Undone extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient RuntimeException failure;

    Undone(RuntimeException failure) {
      super(failure);
      this.failure = failure;
    }
  }

  private <T> T once(Jdbi jdbi, Work<T> work) throws Undone {
    boolean writing = jdbi == writers;
    boolean committing = false;
    // Outside of the retry: who found no connection has waited long enough.
    Handle handle = jdbi.open();
    try (handle) {
      if (!writing) {
        return work.with(handle);
      }
      handle.begin();
      try {
        T result = work.with(handle);
        committing = true;
        handle.commit();
        commits.incrementAndGet();
        return result;
      } catch (Throwable e) {
        rollback(handle, e);
        throw e;
      }
    } catch (RuntimeException e) {
      String state = state(e);
      boolean gone = state.startsWith(CONNECTION_CLASS) || SHUTDOWN.contains(state);
      if (gone && committing) {
        throw StorageException.outcomeUnknown(e);
      }
      if (gone || SERIALIZATION_FAILURE.equals(state) || DEADLOCK.equals(state)) {
        throw new Undone(e);
      }
      throw e;
    }
  }

  private static void rollback(Handle handle, Throwable failure) {
    try {
      handle.rollback();
    } catch (RuntimeException e) {
      // The connection is gone, and the transaction with it.
      failure.addSuppressed(e);
    }
  }

  private static void pause() {
    try {
      Thread.sleep(ThreadLocalRandom.current().nextInt(1, RETRY_WAIT_MILLIS_MAX));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// The SQLSTATE that is at the bottom of a failure.
  private static String state(@Nullable Throwable failure) {
    for (Throwable e = failure; e != null; e = e.getCause()) {
      if (e instanceof SQLException sql && sql.getSQLState() != null) {
        return sql.getSQLState();
      }
    }
    return "";
  }

  @Override
  String forUpdate() {
    return " FOR UPDATE";
  }

  @Override
  String forShare() {
    return " FOR SHARE";
  }

  @Override
  String millis() {
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";
  }

  /// A sequence counts up when a row is inserted, not when it is committed: without the lock a
  /// reader could see 8, and 7 only later. The lock goes with the transaction, after its commit can
  /// be seen. The notification is only a hint to read on; it is sent at the commit.
  @Override
  void takeTurn(Handle handle) {
    handle
        .createQuery(TAKE_TURN)
        .bind("channel", CHANNEL)
        .mapTo(String.class)
        .one();
  }

  @Override
  boolean isShared() {
    return true;
  }

  /// That every table can be read to its end. The server keeps its own checksums over pages and
  /// reports what they find as a failure to read; structures beyond that are for its own tools.
  @Override
  @Nullable String integrity() {
    List<String> tables =
        read(handle -> handle.createQuery(TABLES).mapTo(String.class).list());
    for (String table : tables) {
      try {
        read(handle -> handle.createQuery("SELECT COUNT(*) FROM " + table).mapTo(Long.class).one());
      } catch (StorageException e) {
        return "table " + table + " cannot be read: " + e.getMessage();
      }
    }
    return null;
  }

  @Override
  long commits() {
    return commits.get();
  }

  @Override
  public void close() {
    if (closing) {
      return;
    }
    closing = true;
    try {
      if (!room.tryAcquire(OPERATIONS_MAX, CLOSE_WAIT_SECONDS, TimeUnit.SECONDS)) {
        log.warn("{} operations did not end in time", OPERATIONS_MAX - room.availablePermits());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      log.warn("interrupted while the last operations were under way");
    }
    writerPool.close();
    readerPool.close();
  }
}
