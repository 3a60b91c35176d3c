package dev.mandate.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptStatementsTest {
  private static final String ALL = "SELECT word FROM words ORDER BY word";
  private static final String INSERT = "INSERT INTO words (word) VALUES (?)";

  @TempDir private Path folder;
  private Handle handle;

  @BeforeEach
  void open() throws SQLException {
    handle = connected();
    handle.execute("PRAGMA journal_mode = WAL");
    handle.execute("CREATE TABLE words (word TEXT NOT NULL UNIQUE)");
  }

  private Handle connected() throws SQLException {
    return SqliteDatabase.keeping(
        DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("words.db")));
  }

  @AfterEach
  void close() {
    handle.close();
  }

  private KeptStatements kept() {
    return (KeptStatements) handle.getStatementBuilder();
  }

  private List<String> all(Handle at) {
    return at.createQuery(ALL).mapTo(String.class).list();
  }

  @Test
  void aStatementIsPreparedOnceAndItsValuesAreItsOwn() throws SQLException {
    handle.execute(INSERT, "a");
    int before = kept().size();
    PreparedStatement first = KeptStatements.with(handle, INSERT, statement -> statement);
    PreparedStatement second = KeptStatements.with(handle, INSERT, statement -> statement);
    assertThat(second).isSameAs(first);
    handle.execute(INSERT, "b");
    assertThat(kept().size()).isEqualTo(before);
    // A value that is left out is not the one of the use before.
    assertThatThrownBy(() -> KeptStatements.with(handle, INSERT, PreparedStatement::executeUpdate))
        .isInstanceOf(SQLException.class);
    assertThat(all(handle)).containsExactly("a", "b");
  }

  @Test
  void noMoreAreKeptThanTheBoundAndTheOldestGo() throws SQLException {
    PreparedStatement oldest = KeptStatements.with(handle, ALL, statement -> statement);
    for (int i = 0; i < KeptStatements.KEPT_MAX + 10; i++) {
      handle.createQuery("SELECT " + i).mapTo(Integer.class).one();
    }
    assertThat(kept().size()).isEqualTo(KeptStatements.KEPT_MAX);
    assertThat(oldest.isClosed()).isTrue();
    handle.execute(INSERT, "a");
    assertThat(all(handle)).containsExactly("a");
  }

  @Test
  void aReadThatEndsEarlyHoldsNoOldSnapshotOpen() throws SQLException {
    try (Handle reader = connected()) {
      handle.execute(INSERT, "b");
      handle.execute(INSERT, "c");
      assertThat(reader.createQuery(ALL).mapTo(String.class).findFirst()).contains("b");
      handle.execute(INSERT, "a");
      assertThat(reader.createQuery(ALL).mapTo(String.class).findFirst()).contains("a");
    }
  }

  @Test
  void oneTextInsideItselfHasTwoStatements() {
    handle.execute(INSERT, "a");
    handle.execute(INSERT, "b");
    List<String> pairs =
        handle.createQuery(ALL).map((row, _) -> row.getString(1) + all(handle).size()).list();
    assertThat(pairs).containsExactly("a2", "b2");
  }

  @Test
  void aBatchThatFailsLeavesNoRowsForTheNext() throws SQLException {
    handle.execute(INSERT, "a");
    assertThatThrownBy(() -> KeptStatements.with(handle, INSERT, one -> batch(one, "c", "a", "d")))
        .isInstanceOf(SQLException.class);
    handle.execute("DELETE FROM words");
    KeptStatements.with(handle, INSERT, one -> batch(one, "x"));
    assertThat(all(handle)).containsExactly("x");
  }

  private static int[] batch(PreparedStatement statement, String... words) throws SQLException {
    InOrder rows = new InOrder(statement);
    for (String word : words) {
      rows.text(word).add();
    }
    return rows.execute();
  }

  @Test
  void aTableThatChangesUnderAKeptStatementIsReadAsItIsNow() {
    handle.execute(INSERT, "a");
    assertThat(all(handle)).containsExactly("a");
    handle.execute("DROP TABLE words");
    handle.execute("CREATE TABLE words (number INTEGER, word TEXT NOT NULL)");
    assertThat(all(handle)).isEmpty();
  }
}
