package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.audit.AuditEvent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditQueueTest {
  private static final int CALLERS = 200;
  private static final String BAD = "bad";

  @TempDir private Path folder;
  private SqliteDatabase database;
  private AuditQueue queue;
  private final List<Integer> writes = new ArrayList<>();

  @BeforeEach
  void open() {
    database = SqliteDatabase.open(folder.resolve("test.db"));
    queue = new AuditQueue(database, this::store);
  }

  @AfterEach
  void close() {
    database.close();
  }

  /// Stores the types of events where the test can read them, and refuses [#BAD] when it comes to
  /// it, with some of the same write stored before.
  private int store(Handle handle, List<AuditEvent> events) {
    writes.add(events.size());
    for (AuditEvent event : events) {
      if (event.type().equals(BAD)) {
        throw new IllegalArgumentException("refused");
      }
      handle.execute(
          "INSERT INTO revoked_tokens (tenant_id, jti, expires_at) VALUES ('acme', ?, 1)",
          event.type());
    }
    return events.size();
  }

  private boolean isStored(String type) {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT COUNT(*) FROM revoked_tokens WHERE jti = ?")
                .bind(0, type)
                .mapTo(Integer.class)
                .one()
                .equals(1));
  }

  /// Whether the caller was told that its event is stored; then it was, already.
  private boolean append(String type) {
    try {
      queue.append(List.of(AuditStoreContract.event(ACME, type)));
    } catch (StorageException e) {
      assertThat(e).hasMessageContaining("refused");
      return false;
    }
    assertThat(isStored(type)).isTrue();
    return true;
  }

  /// All of them wait while the writer is held, so they come at the same time.
  private List<Boolean> appendTogether(List<String> types) throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    var _ =
        database.writeLater(
            _ -> {
              try {
                release.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              return 0;
            });
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> stored = new ArrayList<>();
      CountDownLatch running = new CountDownLatch(types.size());
      for (String type : types) {
        stored.add(
            threads.submit(
                () -> {
                  running.countDown();
                  return append(type);
                }));
      }
      running.await();
      release.countDown();
      List<Boolean> told = new ArrayList<>();
      for (Future<Boolean> one : stored) {
        told.add(one.get());
      }
      return told;
    }
  }

  @Test
  void manyWhoWaitShareFewWritesAndEachIsToldAfterItsOwnIsStored() throws Exception {
    List<String> types = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      types.add("event " + i);
    }
    assertThat(appendTogether(types)).hasSize(CALLERS).containsOnly(true);
    assertThat(writes.stream().mapToInt(size -> size).sum()).isEqualTo(CALLERS);
    assertThat(writes.size()).isLessThan(CALLERS / 4);
  }

  @Test
  void oneThatIsRefusedTakesNoOtherWithIt() throws Exception {
    List<String> types = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      types.add(i % 7 == 3 ? BAD : "event " + i);
    }
    List<Boolean> told = appendTogether(types);
    for (int i = 0; i < types.size(); i++) {
      assertThat(told.get(i)).as(types.get(i)).isEqualTo(!types.get(i).equals(BAD));
    }
    assertThat(append("the next")).isTrue();
  }

  @Test
  void aClosedDatabaseAnswersEveryCaller() {
    database.close();
    try {
      queue.append(List.of(AuditStoreContract.event(ACME, "late")));
    } catch (StorageException e) {
      assertThat(e).hasMessageContaining("closed");
      return;
    }
    throw new AssertionError("stored in a closed database");
  }
}
