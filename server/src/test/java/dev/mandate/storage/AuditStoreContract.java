package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.tenant.TenantId;
import java.util.List;
import java.util.Map;
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
          case PostgresDatabase _ ->
              List.of("DROP TRIGGER audit_events_keep_rows ON audit_events");
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
}
