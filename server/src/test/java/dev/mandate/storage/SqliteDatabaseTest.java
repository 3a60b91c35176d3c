package dev.mandate.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteDatabaseTest {
  @TempDir private Path folder;

  private SqliteDatabase database;

  @BeforeEach
  void open() {
    database = SqliteDatabase.open(folder.resolve("test.db"));
  }

  @AfterEach
  void close() {
    database.close();
  }

  private static int insert(Handle handle, String jti) {
    return handle.execute(
        "INSERT INTO revoked_tokens (tenant_id, jti, expires_at) VALUES ('acme', ?, 1)", jti);
  }

  private int write(String jti) {
    return database.write(handle -> insert(handle, jti));
  }

  private List<String> stored() {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT jti FROM revoked_tokens ORDER BY jti")
                .map((row, _) -> row.getString("jti"))
                .list());
  }

  /// Holds the writer until it is released, so that what is written meanwhile must wait.
  private CountDownLatch holdWriter() throws InterruptedException {
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    var _ =
        database.writeLater(
            _ -> {
              running.countDown();
              try {
                release.await();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
              return true;
            });
    running.await();
    return release;
  }

  @Test
  void writesThatWaitTogetherShareOneCommit() throws InterruptedException {
    long before = database.commits();
    CountDownLatch release = holdWriter();
    List<CompletableFuture<Integer>> writes = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      String jti = "jti" + i;
      writes.add(database.writeLater(handle -> insert(handle, jti)));
    }
    assertThat(writes).noneMatch(CompletableFuture::isDone);
    release.countDown();
    writes.forEach(CompletableFuture::join);
    assertThat(stored()).hasSize(500);
    assertThat(database.commits() - before).isEqualTo(2);
  }

  @Test
  void concurrentWritersNeedFarFewerCommitsThanWrites() {
    long before = database.commits();
    StoreContract.race(
        100,
        i -> {
          for (int k = 0; k < 20; k++) {
            String jti = i + "." + k;
            assertThat(write(jti)).isEqualTo(1);
          }
          return i;
        });
    assertThat(stored()).hasSize(2000);
    assertThat(database.commits() - before).isLessThan(500);
  }

  @Test
  void aFailingOperationLosesOnlyItself() throws InterruptedException {
    CountDownLatch release = holdWriter();
    CompletableFuture<Integer> first = database.writeLater(handle -> insert(handle, "first"));
    CompletableFuture<Integer> twice =
        database.writeLater(handle -> insert(handle, "half") + insert(handle, "first"));
    CompletableFuture<Integer> throwing =
        database.writeLater(
            handle -> {
              insert(handle, "thrown");
              throw new IllegalStateException("a rule was broken");
            });
    CompletableFuture<Integer> last = database.writeLater(handle -> insert(handle, "last"));
    release.countDown();
    assertThat(first.join()).isEqualTo(1);
    assertThat(last.join()).isEqualTo(1);
    assertThat(twice).isCompletedExceptionally();
    assertThat(throwing).isCompletedExceptionally();
    assertThat(stored()).containsExactly("first", "last");
  }

  @Test
  void aTransactionThatCannotCommitFailsAllOfItAndTheNextOneWorks() throws InterruptedException {
    CountDownLatch release = holdWriter();
    CompletableFuture<Integer> innocent = database.writeLater(handle -> insert(handle, "innocent"));
    // Stands for what SQLite does by itself when the disk is full: the transaction is gone.
    CompletableFuture<Integer> fatal = database.writeLater(handle -> handle.execute("ROLLBACK"));
    release.countDown();
    assertThatThrownBy(innocent::join).isNotNull();
    assertThatThrownBy(fatal::join).isNotNull();
    assertThat(write("next")).isEqualTo(1);
    assertThat(stored()).containsExactly("next");
  }

  @Test
  void aFailureNamesNoValueAndCarriesTheCaller() {
    database.write(handle -> insert(handle, "canary-value"));
    assertThatThrownBy(() -> database.write(handle -> insert(handle, "canary-value")))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("revoked_tokens.jti")
        .satisfies(
            failure -> {
              for (Throwable t = failure; t != null; t = t.getCause()) {
                assertThat(t.toString()).doesNotContain("canary-value");
              }
              assertThat(failure.getStackTrace())
                  .anyMatch(frame -> frame.getClassName().contains("SqliteDatabaseTest"));
            });
  }

  @Test
  void anOperationThatCallsTheDatabaseAgainIsRefusedInsteadOfWaitingForItself() {
    assertThatThrownBy(() -> database.write(_ -> database.write(handle -> insert(handle, "x"))))
        .hasMessageContaining("must not call it again");
    assertThatThrownBy(() -> database.read(_ -> stored()))
        .hasMessageContaining("must not call it again");
  }

  @Test
  void aReadCannotWrite() {
    assertThatThrownBy(() -> database.read(handle -> insert(handle, "x")))
        .isInstanceOf(StorageException.class);
    assertThat(stored()).isEmpty();
  }

  @Test
  void aFullQueueRefusesWhoCannotWait() throws InterruptedException {
    CountDownLatch release = holdWriter();
    List<CompletableFuture<Integer>> writes = new ArrayList<>();
    for (int i = 0; i < SqliteWriter.QUEUE_MAX; i++) {
      writes.add(database.writeLater(_ -> 1));
    }
    assertThat(database.writeLater(_ -> 1)).isCompletedExceptionally();
    release.countDown();
    writes.forEach(CompletableFuture::join);
  }

  @Test
  void closingFinishesWhatWasAcceptedAndRefusesTheRest() throws InterruptedException {
    CountDownLatch release = holdWriter();
    CompletableFuture<Integer> accepted = database.writeLater(handle -> insert(handle, "accepted"));
    Thread closing = Thread.ofVirtual().start(database::close);
    release.countDown();
    closing.join();
    assertThat(accepted.join()).isEqualTo(1);
    assertThatThrownBy(() -> database.write(handle -> insert(handle, "late")))
        .hasMessageContaining("closed");
    assertThatThrownBy(this::stored).hasMessageContaining("closed");
    open();
    assertThat(stored()).containsExactly("accepted");
  }

  @Test
  void aDatabaseOfALaterReleaseIsRefused() {
    database.write(
        handle ->
            handle.execute(
                "INSERT INTO flyway_schema_history (installed_rank, version, description, type,"
                    + " script, checksum, installed_by, execution_time, success)"
                    + " VALUES (99, '9999', 'later', 'SQL', 'V9999__later.sql', 1, '', 1, 1)"));
    database.close();
    assertThatThrownBy(this::open)
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("9999");
    database = SqliteDatabase.open(folder.resolve("other.db"));
  }

  @Test
  void theFolderIsLockedAndItsFilesAreTheirOwnersOnly() throws Exception {
    Path data = folder.resolve("data");
    try (DataFolder locked = DataFolder.lock(data);
        SqliteDatabase inside = SqliteDatabase.open(locked.database())) {
      inside.write(handle -> insert(handle, "x"));
      assertThatThrownBy(() -> DataFolder.lock(data))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("in use by process " + ProcessHandle.current().pid());
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
          .isEqualTo("rwx------");
      try (Stream<Path> files = Files.list(data)) {
        List<Path> all = files.toList();
        assertThat(all)
            .extracting(file -> file.getFileName().toString())
            .contains("mandate.lock", "mandate.db", "mandate.db-wal");
        for (Path file : all) {
          assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
              .as(file.toString())
              .isEqualTo("rw-------");
        }
      }
    }
    DataFolder.lock(data).close();
  }
}
