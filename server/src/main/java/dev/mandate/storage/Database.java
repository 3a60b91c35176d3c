package dev.mandate.storage;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.NoTemplateEngine;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.statement.StatementExceptions;
import org.jdbi.v3.core.statement.StatementExceptions.MessageRendering;
import org.jspecify.annotations.Nullable;

/// A database that runs reads and transactions. Callers wait without holding a carrier thread, so
/// all of it may be called from virtual threads; none of it from an event loop, except
/// [#writeLater].
public abstract sealed class Database implements AutoCloseable permits SqliteDatabase, PostgresDatabase {

  /// Something to do with a connection. It runs on a thread of the database, must not keep the
  /// handle, and must not call the database again. A write may run more than once, until it commits:
  /// what it has gathered outside itself must start afresh.
  @FunctionalInterface
  public interface Work<T> {
    T with(Handle handle);
  }

  /// Runs what only reads. Each statement sees all that was committed when it began.
  ///
  /// @throws StorageException when it fails
  public abstract <T> T read(Work<T> work);

  /// Runs one transaction and returns after its commit. No other write runs between its statements
  /// on rows that it has read with [#forUpdate].
  ///
  /// @throws StorageException when it fails; then nothing of it is stored
  public final <T> T write(Work<T> work) {
    return await(enqueue(work, true));
  }

  /// Like [#write], but returns at once. The future fails when too many operations wait already.
  /// What hangs on the future runs on a thread of the database and must be quick.
  public final <T> CompletableFuture<T> writeLater(Work<T> work) {
    return enqueue(work, false);
  }

  /// @param patient whether to wait for room in the queue
  abstract <T> CompletableFuture<T> enqueue(Work<T> work, boolean patient);

  /// What ends a SELECT whose rows this transaction goes on to change.
  abstract String forUpdate();

  /// What ends a SELECT whose rows must stay as they are until this transaction has committed.
  abstract String forShare();

  /// The expression of the database's own time, in milliseconds since 1970.
  abstract String millis();

  /// Called in a transaction before it records what other nodes must hear: from then on until it has
  /// committed no other transaction records anything, so that the order of the sequence is the
  /// order of the commits. Who has read up to a row has missed none before it.
  abstract void takeTurn(Handle handle);

  /// Whether other nodes may use it at the same time.
  abstract boolean isShared();

  /// Looks for damage.
  ///
  /// @return what is wrong, or null when nothing was found
  abstract @Nullable String integrity();

  /// How many transactions were committed.
  abstract long commits();

  /// Finishes what was accepted, then closes.
  @Override
  public abstract void close();

  /// Waits for the outcome, which the caller's own stack trace is part of.
  static <T> T await(CompletableFuture<T> outcome) {
    try {
      return outcome.join();
    } catch (CompletionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      if (cause instanceof StorageException unsure && unsure.isOutcomeUnknown()) {
        throw StorageException.outcomeUnknown(unsure);
      }
      throw new StorageException("the database refused: " + cause.getMessage(), cause);
    }
  }

  /// What every JDBI here has in common.
  static Jdbi configured(Jdbi jdbi) {
    // SQL is written out; angle brackets in it mean less and more.
    jdbi.getConfig(SqlStatements.class).setTemplateEngine(new NoTemplateEngine());
    // Bound values hold hashes of passwords and tokens, and messages are logged.
    jdbi.getConfig(StatementExceptions.class).setMessageRendering(MessageRendering.NONE);
    return jdbi;
  }
}
