package dev.mandate.domain.revocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class SnapshotTest {
  private static final TenantId ACME = new TenantId("acme");
  private static final TenantId GLOBEX = new TenantId("globex");
  private static final Change CHANGE = new Change.ClientChanged(ACME, new ClientId("app"));

  private final AtomicLong nanos = new AtomicLong();
  private final ChangeFeed feed =
      new ChangeFeed(new Freshness(Freshness.STALENESS_MAX, nanos::get));
  private final Snapshot<String, String> snapshot =
      new Snapshot<>(feed, 100, Change.ClientChanged.class);
  private final AtomicInteger reads = new AtomicInteger();

  private int readsOf(TenantId tenant) {
    int before = reads.get();
    var _ = snapshot.find(tenant, "key", () -> "read " + reads.incrementAndGet());
    return reads.get() - before;
  }

  @Test
  void aValueIsReadOnceUntilAChangeConcernsIt() {
    assertThat(readsOf(ACME)).isOne();
    assertThat(readsOf(ACME)).isZero();
    List<Change> concerning =
        List.of(CHANGE, new Change.TenantChanged(ACME), new Change.PolicyChanged(ACME));
    for (Change change : concerning) {
      feed.publish(change);
      assertThat(readsOf(ACME)).as(change.toString()).isOne();
    }
    List<Change> others =
        List.of(
            new Change.MandateRevoked(ACME, new MandateId("mnd")),
            new Change.UserChanged(ACME, new UserId("user")),
            new Change.TokenRevoked(ACME, "jti", Instant.EPOCH));
    for (Change change : others) {
      feed.publish(change);
      assertThat(readsOf(ACME)).as(change.toString()).isZero();
    }
  }

  @Test
  void oneTenantsValuesAndChangesAreNothingToAnother() {
    assertThat(readsOf(ACME)).isOne();
    assertThat(readsOf(GLOBEX)).isOne();
    feed.publish(CHANGE);
    assertThat(readsOf(GLOBEX)).isZero();
    assertThat(readsOf(ACME)).isOne();
  }

  @Test
  void aChangeWhileTheReadIsUnderWayLeavesNothingBehind() {
    String overtaken =
        snapshot.find(
            ACME,
            "key",
            () -> {
              feed.publish(CHANGE);
              return "old";
            });
    assertThat(overtaken).isEqualTo("old");
    assertThat(snapshot.kept(ACME, "key")).isNull();
    assertThat(snapshot.find(ACME, "key", () -> "new")).isEqualTo("new");
  }

  @Test
  void thatThereIsNothingAndWhatFailsAreNotKept() {
    assertThat(snapshot.find(ACME, "key", () -> null)).isNull();
    assertThatThrownBy(
            () ->
                snapshot.find(
                    ACME,
                    "key",
                    () -> {
                      throw new IllegalStateException("no database");
                    }))
        .hasMessage("no database");
    assertThat(readsOf(ACME)).isOne();
  }

  @Test
  void aNodeThatHearsTooLittleOfTheOthersReadsEachTime() {
    feed.freshness().heard(nanos.get());
    assertThat(readsOf(ACME)).isOne();
    assertThat(readsOf(ACME)).isZero();
    nanos.addAndGet(Snapshot.LAG_MAX.plus(Duration.ofMillis(1)).toNanos());
    assertThat(readsOf(ACME)).isOne();
    assertThat(readsOf(ACME)).isOne();
    // It has missed nothing that it was not told of by then.
    feed.freshness().heard(nanos.get());
    assertThat(readsOf(ACME)).isZero();
  }

  /// The store is a counter that a change counts up before it is published.
  @Test
  void whoLooksAfterAChangeNeverSeesWhatWasBeforeItHoweverManyRead() throws Exception {
    AtomicLong stored = new AtomicLong();
    AtomicBoolean ended = new AtomicBoolean();
    Snapshot<String, Long> counted = new Snapshot<>(feed, 100, Change.ClientChanged.class);
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      List<Future<Long>> readers = new ArrayList<>();
      AtomicLong published = new AtomicLong();
      for (int i = 0; i < 3; i++) {
        readers.add(
            threads.submit(
                () -> {
                  long looks = 0;
                  while (!ended.get()) {
                    long atLeast = published.get();
                    Long seen =
                        counted.find(
                            ACME,
                            "key",
                            () -> {
                              long value = stored.get();
                              LockSupport.parkNanos(1);
                              return value;
                            });
                    assertThat(seen).isGreaterThanOrEqualTo(atLeast);
                    looks++;
                  }
                  return looks;
                }));
      }
      for (int i = 0; i < 20_000; i++) {
        long value = stored.incrementAndGet();
        feed.publish(CHANGE);
        published.set(value);
      }
      ended.set(true);
      for (Future<Long> reader : readers) {
        assertThat(reader.get()).isPositive();
      }
    }
  }
}
