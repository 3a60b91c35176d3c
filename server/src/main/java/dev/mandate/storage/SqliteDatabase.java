package dev.mandate.storage;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/// A SQLite file: one writer, a few readers, and every answered write on the disk.
final class SqliteDatabase extends Database {
  /// How long a connection waits for another process's lock, such as a backup's.
  private static final int BUSY_MILLIS = 5_000;

  private static final int READERS = 4;

  /// PRAGMA synchronous: 2 is FULL, which flushes the log at each commit.
  private static final String FULL = "2";

  /// What the migrations leave open, in SQLite's words.
  private static final Map<String, String> WORDS =
      Map.of(
          "long", "INTEGER",
          "bytes", "BLOB",
          "sequence", "INTEGER PRIMARY KEY AUTOINCREMENT",
          // STRICT: a text can't land in a column of instants.
          "keyed", "STRICT, WITHOUT ROWID",
          "counted", "STRICT");

  private final SqliteWriter writer;
  private final SqliteReaders readers;

  private SqliteDatabase(SqliteWriter writer, SqliteReaders readers) {
    this.writer = writer;
    this.readers = readers;
  }

  /// Opens the file and brings its schema up to date.
  static SqliteDatabase open(Path file) {
    migrate(file, Migrations.LATEST);
    return at(file);
  }

  /// Brings the file's schema to this version.
  static void migrate(Path file, String version) {
    Migrations.run(source(file), "sqlite", WORDS, version);
  }

  /// Opens the file with the schema that it has.
  static SqliteDatabase at(Path file) {
    List<Connection> opened = new ArrayList<>();
    try {
      Connection first = source(file).getConnection();
      opened.add(first);
      require(first, "journal_mode", "wal");
      require(first, "synchronous", FULL);
      require(first, "foreign_keys", "1");
      List<Connection> reading = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        Connection connection = source(file).getConnection();
        opened.add(connection);
        reading.add(connection);
        try (Statement statement = connection.createStatement()) {
          statement.execute("PRAGMA query_only = ON");
        }
      }
      return new SqliteDatabase(new SqliteWriter(first), new SqliteReaders(reading));
    } catch (SQLException e) {
      for (Connection connection : opened) {
        closeAfter(e, connection);
      }
      throw new StorageException("cannot open " + file + ": " + e.getMessage(), e);
    }
  }

  /// The handle of the one thread that uses this connection.
  static Handle keeping(Connection connection) {
    return configured(Jdbi.create(() -> connection))
        .setStatementBuilderFactory(_ -> new KeptStatements())
        .open();
  }

  private static SQLiteDataSource source(Path file) {
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.enforceForeignKeys(true);
    config.setBusyTimeout(BUSY_MILLIS);
    // Without it a REPLACE deletes past the triggers that keep the ledger and the audit log.
    config.enableRecursiveTriggers(true);
    // Sorting spills must not leave rows in files of another mode elsewhere.
    config.setTempStore(SQLiteConfig.TempStore.MEMORY);
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + file);
    return source;
  }

  private static void require(Connection connection, String pragma, String expected)
      throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("PRAGMA " + pragma)) {
      String actual = rows.next() ? rows.getString(1) : "unknown";
      if (!expected.equals(actual)) {
        throw new StorageException(
            "SQLite's "
                + pragma
                + " is "
                + actual
                + ", expected "
                + expected
                + ": this file system cannot keep the data safe");
      }
    }
  }

  private static void closeAfter(SQLException failure, Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      failure.addSuppressed(e);
    }
  }

  @Override
  public <T> T read(Work<T> work) {
    return await(readers.enqueue(work));
  }

  @Override
  <T> CompletableFuture<T> enqueue(Work<T> work, boolean patient) {
    return writer.enqueue(work, patient);
  }

  /// Nothing: there is one writer.
  @Override
  String forUpdate() {
    return "";
  }

  @Override
  DatabaseLoad load() {
    return writer.load();
  }

  /// Nothing: there is one writer.
  @Override
  String forShare() {
    return "";
  }

  @Override
  String millis() {
    return "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
  }

  /// Nothing: there is one writer.
  @Override
  void takeTurn(Handle handle) {}

  /// No: its folder is locked.
  @Override
  boolean isShared() {
    return false;
  }

  @Override
  @Nullable String integrity() {
    String found =
        read(handle -> handle.createQuery("PRAGMA quick_check(1)").mapTo(String.class).one());
    return found.equals("ok") ? null : "the database is damaged: " + found;
  }

  @Override
  long commits() {
    return writer.commits();
  }

  @Override
  public void close() {
    writer.close();
    readers.close();
  }
}
