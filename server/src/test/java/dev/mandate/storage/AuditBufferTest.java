package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.testing.TestClock;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditBufferTest {
  @TempDir private Path folder;
  private final LinkedBlockingQueue<String> stored = new LinkedBlockingQueue<>();

  private int store(Handle handle, List<AuditEvent> events) {
    events.forEach(event -> stored.add(event.type()));
    return events.size();
  }

  @Test
  void anEventThatFindsNoRoomAtTheWriterIsStoredWithoutAnotherOneToPushIt() throws Exception {
    try (SqliteDatabase database = SqliteDatabase.open(folder.resolve("test.db"))) {
      AuditBuffer buffer = new AuditBuffer(database, new TestClock(), this::store);
      CountDownLatch release = new CountDownLatch(1);
      CompletableFuture<Boolean> held = database.writeLater(_ -> await(release));
      CompletableFuture<Integer> last = held.thenApply(_ -> 0);
      while (!last.isCompletedExceptionally()) {
        last = database.writeLater(_ -> 1);
      }
      buffer.add(AuditStoreContract.event(ACME, "one"));
      assertThat(stored).isEmpty();
      release.countDown();
      assertThat(stored.poll(60, TimeUnit.SECONDS)).isEqualTo("one");
      assertThat(buffer.lost()).isZero();
      buffer.close();
    }
  }

  @Test
  void anEventThatComesWhileOthersAreBeingWrittenIsStoredWithoutAnotherOneToPushIt()
      throws Exception {
    try (SqliteDatabase database = SqliteDatabase.open(folder.resolve("test.db"))) {
      AtomicReference<AuditBuffer> buffer = new AtomicReference<>();
      buffer.set(
          new AuditBuffer(
              database,
              new TestClock(),
              (handle, events) -> {
                if (events.getFirst().type().equals("one")) {
                  buffer.get().add(AuditStoreContract.event(ACME, "two"));
                }
                return store(handle, events);
              }));
      buffer.get().add(AuditStoreContract.event(ACME, "one"));
      assertThat(stored.poll(60, TimeUnit.SECONDS)).isEqualTo("one");
      assertThat(stored.poll(60, TimeUnit.SECONDS)).isEqualTo("two");
      buffer.get().close();
    }
  }

  private static boolean await(CountDownLatch release) {
    try {
      return release.await(60, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
