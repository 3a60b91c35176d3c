package dev.mandate.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.testing.Postgres;
import dev.mandate.testing.TestClock;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresDatabaseTest {
  private final DatabaseUrl url = Postgres.database();
  private PostgresDatabase database;

  @BeforeEach
  void open() {
    database = PostgresDatabase.open(url);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private static int insert(Handle handle, String jti) {
    return handle.execute(
        "INSERT INTO revoked_tokens (tenant_id, jti, expires_at) VALUES ('acme', ?, 1)", jti);
  }

  private List<String> stored() {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT jti FROM revoked_tokens ORDER BY jti")
                .map((row, _) -> row.getString("jti"))
                .list());
  }

  private static DatabaseUrl with(DatabaseUrl url, String from, String to) {
    return DatabaseUrl.parse(url.toString().replace(from, to)).with(Secret.of("postgres"));
  }

  @Test
  void aFailingOperationIsRolledBackWhole() {
    assertThatThrownBy(
            () ->
                database.write(
                    handle -> {
                      insert(handle, "half");
                      throw new IllegalStateException("a rule was broken");
                    }))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("a rule was broken");
    assertThat(stored()).isEmpty();
  }

  @Test
  void aFailureNamesNoValueAndCarriesTheCaller() {
    database.write(handle -> insert(handle, "canary-value"));
    assertThatThrownBy(() -> database.write(handle -> insert(handle, "canary-value")))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("revoked_tokens_pkey")
        .satisfies(
            failure -> {
              for (Throwable t = failure; t != null; t = t.getCause()) {
                assertThat(t.toString()).doesNotContain("canary-value");
              }
              assertThat(failure.getStackTrace())
                  .anyMatch(frame -> frame.getClassName().contains("PostgresDatabaseTest"));
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
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("read-only");
    assertThat(stored()).isEmpty();
  }

  @Test
  void transactionsThatWaitForEachOtherAreRunAgainUntilBothAreStored() {
    database.write(handle -> insert(handle, "a") + insert(handle, "b"));
    CyclicBarrier bothHoldOne = new CyclicBarrier(2);
    AtomicInteger runs = new AtomicInteger();
    StoreContract.race(
        2,
        racer ->
            database.write(
                handle -> {
                  boolean first = runs.incrementAndGet() <= 2;
                  add(handle, racer == 0 ? "a" : "b");
                  if (first) {
                    meet(bothHoldOne);
                  }
                  return add(handle, racer == 0 ? "b" : "a");
                }));
    assertThat(runs).hasValueGreaterThan(2);
    List<Long> sums =
        database.read(
            handle ->
                handle
                    .createQuery("SELECT expires_at FROM revoked_tokens")
                    .mapTo(Long.class)
                    .list());
    assertThat(sums).containsExactly(3L, 3L);
  }

  private static int add(Handle handle, String jti) {
    return handle.execute(
        "UPDATE revoked_tokens SET expires_at = expires_at + 1 WHERE jti = ?", jti);
  }

  private static void meet(CyclicBarrier barrier) {
    try {
      barrier.await(10, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private void dropConnections() {
    Postgres.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"
            + url.name()
            + "'");
  }

  @Test
  void aConnectionThatBreaksBeforeTheCommitIsReplacedAndTheWorkRunAgain() {
    AtomicInteger runs = new AtomicInteger();
    database.write(
        handle -> {
          insert(handle, "once");
          if (runs.incrementAndGet() == 1) {
            dropConnections();
          }
          return handle.execute("SELECT 1");
        });
    assertThat(stored()).containsExactly("once");
    assertThat(runs).hasValue(2);
  }

  @Test
  void aConnectionThatBreaksAtTheCommitSaysThatTheOutcomeIsUnknown() {
    assertThatThrownBy(
            () ->
                database.write(
                    handle -> {
                      insert(handle, "x");
                      dropConnections();
                      return 1;
                    }))
        .isInstanceOfSatisfying(
            StorageException.class, e -> assertThat(e.isOutcomeUnknown()).isTrue());
  }

  @Test
  void closingFinishesWhatWasAcceptedAndRefusesTheRest() throws InterruptedException {
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    CompletableFuture<Integer> accepted =
        database.writeLater(
            handle -> {
              running.countDown();
              try {
                release.await();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
              return insert(handle, "accepted");
            });
    running.await();
    Thread closing = Thread.ofVirtual().start(database::close);
    release.countDown();
    closing.join();
    assertThat(accepted.join()).isEqualTo(1);
    assertThatThrownBy(() -> database.write(handle -> insert(handle, "late")))
        .hasMessageContaining("closed");
    open();
    assertThat(stored()).containsExactly("accepted");
  }

  @Test
  void textsAreOrderedByTheirBytesInEveryColumn() {
    List<String> inTheDatabasesOwnOrder =
        database.read(
            handle ->
                handle
                    .createQuery(
                        """
                        SELECT c.relname || '.' || a.attname FROM pg_class c
                        JOIN pg_attribute a ON a.attrelid = c.oid
                        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
                          AND c.relname <> 'flyway_schema_history'
                          AND a.atttypid = 'text'::regtype
                          AND a.attcollation <> '"C"'::regcollation
                        """)
                    .mapTo(String.class)
                    .list());
    assertThat(inTheDatabasesOwnOrder).isEmpty();
    for (String jti : List.of("b", "B", "a", "ä", "_", "Z")) {
      database.write(handle -> insert(handle, jti));
    }
    assertThat(stored()).containsExactly("B", "Z", "_", "a", "b", "ä");
  }

  @Test
  void aDatabaseOfALaterReleaseIsRefused() {
    database.write(
        handle ->
            handle.execute(
                "INSERT INTO flyway_schema_history (installed_rank, version, description, type,"
                    + " script, checksum, installed_by, execution_time, success)"
                    + " VALUES (99, '9999', 'later', 'SQL', 'V9999__later.sql', 1, '', 1, true)"));
    assertThatThrownBy(() -> PostgresDatabase.open(url))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("9999");
  }

  @Test
  void aDatabaseThatIsInOtherUseIsRefused() {
    DatabaseUrl bare = Postgres.bare();
    try (PostgresDatabase ours = PostgresDatabase.open(bare)) {
      ours.write(
          handle ->
              handle.execute("DROP TABLE flyway_schema_history")
                  + handle.execute("CREATE TABLE theirs (id INT)"));
    }
    assertThatThrownBy(() -> PostgresDatabase.open(bare)).isInstanceOf(StorageException.class);
  }

  @Test
  void aWrongPasswordAnUnknownDatabaseAndAnUnreachableServerAreRefusedInOneLine(@TempDir Path data)
      throws Exception {
    Postgres.execute("CREATE ROLE guarded SUPERUSER LOGIN PASSWORD 'right'");
    int free;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = socket.getLocalPort();
    }
    String port = ":" + url.hosts().getFirst().port();
    DatabaseUrl guarded = with(url, "//postgres@", "//guarded@");
    PostgresDatabase.open(guarded.with(Secret.of("right"))).close();
    refused(data, guarded.with(Secret.of("canary")), "wrong password for user guarded");
    refused(data, with(url, url.name(), "nowhere"), "there is no database nowhere");
    refused(data, with(url, port, ":" + free), "refused");
  }

  private static void refused(Path data, DatabaseUrl url, String why) {
    assertThatThrownBy(() -> Stores.open(data, url, new ChangeFeed(), new TestClock()))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("cannot connect to " + url)
        .hasMessageContaining(why)
        .message()
        .doesNotContain("canary")
        .hasLineCount(1);
  }

  @Test
  void aDatabaseInAnotherEncodingIsRefused() {
    String name = url.name() + "_latin";
    Postgres.execute(
        "CREATE DATABASE " + name + " TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
    assertThatThrownBy(() -> PostgresDatabase.open(with(url, url.name(), name)))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("LATIN1, expected UTF8");
  }

  @Test
  void aServerThatAnswersNothingIsGivenUp() throws Exception {
    try (ServerSocket deaf = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      String port = ":" + url.hosts().getFirst().port();
      long began = System.nanoTime();
      assertThatThrownBy(
              () -> PostgresDatabase.open(with(url, port, ":" + deaf.getLocalPort())))
          .isInstanceOf(StorageException.class);
      assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began)).isLessThan(30);
    }
  }

  @Test
  void aWholeDatabaseHasNothingToReport() {
    assertThat(database.integrity()).isNull();
  }
}
