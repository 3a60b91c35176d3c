package dev.mandate.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Copies of a SQLite database: made while a server serves or is stopped, and put back into a
/// folder that no server uses. PostgreSQL's own tools do this for its databases.
///
/// A copy says of itself that it is one, and no server starts on it before somebody has said what
/// of it still holds ([dev.mandate.domain.recovery]).
public final class Backups {
  private static final String INTO = "VACUUM INTO ?";
  private static final String COUNT_COPIES = "SELECT COUNT(*) FROM backup_copies";

  // Of a copy that was made by other means; the audit log hears of everything.
  private static final String LATEST = "SELECT COALESCE(MAX(at), 0) FROM audit_events";

  private static final String MARK = "INSERT INTO backup_copies (taken_at) VALUES (?)";
  private static final int BUSY_MILLIS = 30_000;

  private Backups() {}

  /// Writes a copy as of now, whole and checked, readable by its owner only.
  ///
  /// @param to a file that is not there yet
  /// @return its size
  public static long copy(Path dataFolder, Path to, Instant now) {
    Path database = DataFolder.database(dataFolder);
    if (!Files.exists(database)) {
      throw new StorageException("there is no SQLite database in " + dataFolder);
    }
    if (Files.exists(to)) {
      throw new StorageException(to + " is there already; choose another name");
    }
    Path part = to.resolveSibling(to.getFileName() + ".part");
    try {
      Files.deleteIfExists(part);
      // Empty and its owner's only: SQLite fills it and keeps its mode.
      DataFolder.privateFile(part);
      try (Connection connection = connect(database);
          PreparedStatement statement = connection.prepareStatement(INTO)) {
        statement.setString(1, part.toString());
        statement.execute();
      }
      markAndCheck(part, now.toEpochMilli());
      flush(part);
      Files.move(part, to, StandardCopyOption.ATOMIC_MOVE);
      return Files.size(to);
    } catch (SQLException | IOException e) {
      throw new StorageException("no backup was made: " + e.getMessage(), e);
    }
  }

  /// Puts a copy in the place of the folder's database, which is moved aside and kept.
  ///
  /// @return where the replaced database is now; the folder itself when there was none
  public static Path put(Path backup, Path dataFolder, Instant now) {
    if (!Files.isRegularFile(backup)) {
      throw new StorageException("there is no backup " + backup);
    }
    try (DataFolder folder = DataFolder.lock(dataFolder)) {
      Path fresh = folder.restoring();
      Files.deleteIfExists(fresh);
      Files.copy(backup, DataFolder.privateFile(fresh), StandardCopyOption.REPLACE_EXISTING);
      DataFolder.privateFile(fresh);
      markAndCheck(fresh, null);
      flush(fresh);
      Path aside = dataFolder.resolve("replaced-" + now.toEpochMilli());
      boolean replaced = false;
      Path database = DataFolder.database(dataFolder);
      for (String ending : List.of("-wal", "-shm", "")) {
        Path old = database.resolveSibling(database.getFileName() + ending);
        if (Files.exists(old)) {
          Files.createDirectories(aside);
          Files.move(old, aside.resolve(old.getFileName()), StandardCopyOption.ATOMIC_MOVE);
          replaced = true;
        }
      }
      Files.move(fresh, database, StandardCopyOption.ATOMIC_MOVE);
      return replaced ? aside : dataFolder;
    } catch (SQLException e) {
      throw new StorageException(backup + " is no backup of a database: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException("the backup cannot be put into " + dataFolder, e);
    }
  }

  private static Connection connect(Path file) throws SQLException {
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = " + BUSY_MILLIS);
    }
    return connection;
  }

  /// Says in the copy that it is one, unless it does already.
  ///
  /// @param takenAt when; its latest time when null
  private static void markAndCheck(Path file, @Nullable Long takenAt) throws SQLException {
    try (Connection connection = connect(file);
        Statement statement = connection.createStatement()) {
      String found = text(statement, "PRAGMA quick_check(1)");
      if (!"ok".equals(found)) {
        throw new StorageException(file + " is damaged: " + found);
      }
      if (!"0".equals(text(statement, COUNT_COPIES))) {
        return;
      }
      try (PreparedStatement insert = connection.prepareStatement(MARK)) {
        insert.setLong(1, takenAt == null ? Long.parseLong(text(statement, LATEST)) : takenAt);
        insert.executeUpdate();
      }
    }
  }

  private static String text(Statement statement, String query) throws SQLException {
    try (ResultSet row = statement.executeQuery(query)) {
      String text = row.next() ? row.getString(1) : null;
      return text == null ? "" : text;
    }
  }

  private static void flush(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }
}
