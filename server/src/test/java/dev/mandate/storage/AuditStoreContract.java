package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.audit.AuditStore.Filter;
import dev.mandate.domain.audit.AuditStore.Numbered;
import dev.mandate.domain.audit.AuditStore.Page;
import dev.mandate.domain.tenant.TenantId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

abstract class AuditStoreContract extends StoreContract {
  AuditStoreContract(Opening opening) {
    super(opening);
  }

  static AuditEvent event(TenantId tenant, String type) {
    return new AuditEvent(
        tenant,
        NOW,
        type,
        "user_mia",
        type.startsWith("mandate") ? "mandate_1" : null,
        "ok",
        "req_1",
        Map.of("b", "2", "a", "1\"é"));
  }

  private void append(int count) {
    for (int i = 1; i <= count; i++) {
      stores.audit().append(List.of(event(ACME, "mandate." + i)));
    }
  }

  /// What someone with the database could do: the triggers are no help against them.
  private void tamper(String sql) {
    List<String> disarming =
        switch (stores.database()) {
          case SqliteDatabase _ ->
              List.of(
                  "DROP TRIGGER audit_events_keep_rows", "DROP TRIGGER audit_events_keep_values");
          case PostgresDatabase _ -> List.of("DROP TRIGGER audit_events_keep_rows ON audit_events");
        };
    stores
        .database()
        .write(
            handle -> {
              disarming.forEach(handle::execute);
              return handle.execute(sql);
            });
  }

  @Test
  void eventsAreReadBackNewestFirstAndTheChainHolds() {
    stores
        .audit()
        .append(List.of(event(ACME, "a"), event(GLOBEX, "b"), event(ACME, "mandate.approved")));
    assertThat(stores.audit().latest(ACME, 10))
        .containsExactly(event(ACME, "mandate.approved"), event(ACME, "a"));
    assertThat(stores.audit().latest(ACME, 1)).containsExactly(event(ACME, "mandate.approved"));
    assertThat(stores.audit().firstBroken(ACME)).isZero();
    assertThat(stores.audit().firstBroken(GLOBEX)).isZero();
    assertThat(stores.audit().firstBroken(new TenantId("empty"))).isZero();
  }

  @Test
  void aChangedRowIsFound() {
    append(5);
    tamper("UPDATE audit_events SET outcome = 'refused' WHERE seq = 3");
    assertThat(stores.audit().firstBroken(ACME)).isEqualTo(3);
  }

  @Test
  void aMovedHashIsFound() {
    append(5);
    tamper(
        "UPDATE audit_events SET hash = (SELECT hash FROM audit_events WHERE seq = 2) WHERE seq ="
            + " 4");
    assertThat(stores.audit().firstBroken(ACME)).isEqualTo(4);
  }

  @Test
  void aRemovedRowIsFoundAtTheNext() {
    append(5);
    tamper("DELETE FROM audit_events WHERE seq = 2");
    assertThat(stores.audit().firstBroken(ACME)).isEqualTo(3);
  }

  @Test
  void aCutOffEndIsFound() {
    append(5);
    tamper("DELETE FROM audit_events WHERE seq >= 4");
    assertThat(stores.audit().firstBroken(ACME)).isEqualTo(4);
  }

  @Test
  void aWholeTenantsLogThatIsGoneIsFound() {
    append(2);
    tamper("DELETE FROM audit_events");
    assertThat(stores.audit().firstBroken(ACME)).isEqualTo(1);
  }

  @Test
  void noQueryCanChangeOrRemoveAnEvent() {
    append(1);
    for (String sql : attacks("audit_events", "outcome = 'x'", "tenant_id, seq")) {
      assertThatThrownBy(() -> stores.database().write(handle -> handle.execute(sql)))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("append-only");
    }
  }

  @Test
  void racingAppendsOfBothKindsMakeOneUnbrokenChain() {
    race(
        RACERS,
        i -> {
          for (int k = 0; k < 50; k++) {
            stores.audit().append(List.of(event(ACME, "now." + i), event(ACME, "now." + i)));
            stores.audit().appendLater(event(ACME, "later." + i));
          }
          return i;
        });
    ((JdbcAuditStore) stores.audit()).flush();
    assertThat(stores.audit().firstBroken(ACME)).isZero();
    assertThat(stores.audit().latest(ACME, 10_000)).hasSize(RACERS * 150);
  }

  @Test
  void eventsForLaterShareFewWrites() {
    int events = 5_000;
    long before = commits();
    for (int i = 0; i < events; i++) {
      stores.audit().appendLater(event(ACME, "call"));
    }
    ((JdbcAuditStore) stores.audit()).flush();
    assertThat(stores.audit().latest(ACME, 10_000)).hasSize(events);
    assertThat(commits() - before).isLessThan(events / 10);
  }

  /// Nobody flushes a server that runs.
  @Test
  void whatComesWhileAWriteIsUnderWayIsStoredThoughNothingComesAfterIt() {
    int events = 300;
    for (int i = 0; i < events; i++) {
      stores.audit().appendLater(event(ACME, "call"));
      // So that some come while those before them are being written.
      LockSupport.parkNanos(50_000);
    }
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (stores.audit().latest(ACME, 10_000).size() < events && System.nanoTime() < deadline) {
      LockSupport.parkNanos(1_000_000);
    }
    assertThat(stores.audit().latest(ACME, 10_000)).hasSize(events);
  }

  private long commits() {
    return stores.database().commits();
  }

  @Test
  void aChainLongerThanAPageIsReadToItsEnd() {
    List<AuditEvent> events =
        java.util.stream.IntStream.range(0, 2500).mapToObj(i -> event(ACME, "e" + i)).toList();
    stores.audit().append(events);
    assertThat(stores.audit().firstBroken(ACME)).isZero();
    tamper("UPDATE audit_events SET actor = 'x' WHERE seq = 2400");
    assertThat(stores.audit().firstBroken(ACME)).isEqualTo(2400);
  }

  private static List<Long> seqs(Page page) {
    return page.events().stream().map(Numbered::seq).toList();
  }

  @Test
  void pagesGoBackFromTheNewestAndWhatComesMeanwhileMovesNone() {
    append(5);
    Page first = stores.audit().newest(ACME, Filter.ALL, null, 2);
    assertThat(seqs(first)).containsExactly(5L, 4L);
    append(3);
    Page second = stores.audit().newest(ACME, Filter.ALL, first.next(), 2);
    assertThat(seqs(second)).containsExactly(3L, 2L);
    Page third = stores.audit().newest(ACME, Filter.ALL, second.next(), 2);
    assertThat(seqs(third)).containsExactly(1L);
    assertThat(third.next()).isNull();
    assertThat(stores.audit().newest(GLOBEX, Filter.ALL, null, 2))
        .isEqualTo(new Page(List.of(), null));
  }

  @Test
  void pagesGoOnFromANumberToTheNewest() {
    append(5);
    Page first = stores.audit().oldest(ACME, Filter.ALL, 2, 3);
    assertThat(seqs(first)).containsExactly(2L, 3L, 4L);
    Page second = stores.audit().oldest(ACME, Filter.ALL, 5, 3);
    assertThat(seqs(second)).containsExactly(5L);
    assertThat(second.next()).isNull();
    assertThat(first.next()).isEqualTo(5);
    assertThat(seqs(stores.audit().oldest(ACME, Filter.ALL, 6, 3))).isEmpty();
  }

  @Test
  void aFilterLetsPassWhatFitsAllOfIt() {
    AuditEvent late =
        new AuditEvent(
            ACME, NOW.plusSeconds(10), "call", "user_zoe", "mandate_2", "ok", "req_1", Map.of());
    stores.audit().append(List.of(event(ACME, "mandate.approved"), event(ACME, "x"), late));
    assertThat(filtered(new Filter("x", null, null, null, null))).containsExactly(2L);
    assertThat(filtered(new Filter(null, "user_zoe", null, null, null))).containsExactly(3L);
    assertThat(filtered(new Filter(null, null, "mandate_1", null, null))).containsExactly(1L);
    assertThat(filtered(new Filter(null, null, null, NOW.plusSeconds(10), null)))
        .containsExactly(3L);
    assertThat(filtered(new Filter(null, null, null, null, NOW.plusSeconds(10))))
        .containsExactly(2L, 1L);
    assertThat(filtered(new Filter("call", "user_mia", null, null, null))).isEmpty();
  }

  private List<Long> filtered(Filter filter) {
    return seqs(stores.audit().newest(ACME, filter, null, 10));
  }

  @Test
  void aPageLooksAtABoundedNumberOfEventsAndSaysWhereTheNextGoesOn() {
    int more = dev.mandate.domain.audit.AuditStore.SCANNED_MAX + 5;
    stores.audit().append(List.of(event(ACME, "rare")));
    stores
        .audit()
        .append(
            java.util.stream.IntStream.range(0, more).mapToObj(_ -> event(ACME, "call")).toList());
    Filter rare = new Filter("rare", null, null, null, null);
    Page first = stores.audit().newest(ACME, rare, null, 10);
    assertThat(first).isEqualTo(new Page(List.of(), 6L));
    assertThat(seqs(stores.audit().newest(ACME, rare, first.next(), 10))).containsExactly(1L);
    Filter other = new Filter("other", null, null, null, null);
    Page up = stores.audit().oldest(ACME, other, 1, 10);
    assertThat(up).isEqualTo(new Page(List.of(), 10_001L));
    assertThat(stores.audit().oldest(ACME, other, 10_001, 10).next()).isNull();
  }

  @Test
  void readingPagesAndTheChainNeverHoldsUpThoseWhoAppend() {
    append(50);
    race(
        RACERS,
        i -> {
          for (int k = 0; k < 20; k++) {
            if (i % 2 == 0) {
              stores.audit().append(List.of(event(ACME, "now." + i)));
            } else {
              assertThat(stores.audit().firstBroken(ACME)).isZero();
              Page page = stores.audit().newest(ACME, Filter.ALL, null, 50);
              assertThat(page.events()).hasSize(50);
            }
          }
          return i;
        });
    assertThat(stores.audit().latest(ACME, 1000)).hasSize(50 + RACERS / 2 * 20);
  }
}
