package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limit;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.LeaseStore.Ask;
import dev.mandate.domain.budget.LeaseStore.Window;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.session.Session;
import dev.mandate.domain.token.RefreshToken;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

abstract class HousekeepingContract extends StoreContract {
  HousekeepingContract(Opening opening) {
    super(opening);
  }

  private long rows(String table) {
    return stores
        .database()
        .read(
            handle ->
                handle
                    .createQuery("SELECT COUNT(*) AS n FROM " + table)
                    .map((row, _) -> row.getLong("n"))
                    .one());
  }

  @Test
  void aUsedCodeIsKeptForADayPastItsExpiry() {
    stores.codes().insert(CodeStoreContract.code(given("mandate_1"), "code", NOW));
    stores.codes().consume(ACME, hash("code"), NOW);
    stores.housekeeping().sweep(NOW.plus(Duration.ofDays(1)));
    assertThat(stores.codes().find(ACME, hash("code"))).isNotNull();
    stores.housekeeping().sweep(NOW.plus(Duration.ofDays(1)).plusMillis(1));
    assertThat(stores.codes().find(ACME, hash("code"))).isNull();
  }

  @Test
  void aFamilyGoesWithItsLastToken() {
    Mandate mandate = given("mandate_1");
    Instant later = NOW.plus(Duration.ofDays(20));
    stores
        .refreshTokens()
        .insert(
            new RefreshToken(
                ACME,
                hash("t1"),
                "family",
                app.id(),
                mandate.id(),
                List.of(),
                NOW.plusSeconds(1),
                null));
    stores.refreshTokens().rotate(ACME, hash("t1"), hash("t2"), new byte[1], NOW, later);
    stores.housekeeping().sweep(NOW.plus(Duration.ofDays(31)));
    assertThat(rows("refresh_tokens")).isEqualTo(1);
    assertThat(rows("refresh_families")).isEqualTo(1);
    stores.housekeeping().sweep(later.plus(Duration.ofDays(31)));
    assertThat(rows("refresh_tokens")).isZero();
    assertThat(rows("refresh_families")).isZero();
  }

  @Test
  void whatHasExpiredIsDeletedAndWhatHasNotIsKept() {
    Instant end = NOW.plusSeconds(60);
    stores.sessions().insert(new Session(ACME, hash("old"), mia.id(), NOW, end));
    stores.sessions().insert(new Session(ACME, hash("new"), mia.id(), NOW, end.plusSeconds(60)));
    stores.revokedTokens().revoke(ACME, "old", end);
    stores.revokedTokens().revoke(ACME, "new", end.plusSeconds(60));
    stores.signInThrottle().admit(ACME, "old", 3, Duration.ofMinutes(1), NOW);
    stores.signInThrottle().admit(ACME, "new", 3, Duration.ofMinutes(2), NOW);
    assertThat(stores.housekeeping().sweep(end.plusSeconds(1))).isEqualTo(3);
    for (String table : List.of("sessions", "revoked_tokens", "sign_in_attempts")) {
      assertThat(rows(table)).as(table).isEqualTo(1);
    }
    assertThat(stores.housekeeping().sweep(end.plusSeconds(1))).isZero();
  }

  @Test
  void moreRowsThanOneWriteTakesAreAllDeleted() {
    int rows = Housekeeping.ROWS_PER_WRITE_MAX + 5;
    stores
        .database()
        .write(
            handle ->
                handle.execute(
                    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
                        + " INSERT INTO revoked_tokens (tenant_id, jti, expires_at)"
                        + " SELECT 'acme', 'jti' || i, 1 FROM n",
                    rows));
    assertThat(stores.housekeeping().sweep(Instant.ofEpochMilli(2))).isEqualTo(rows);
  }

  @Test
  void oldRowsOfTheRevocationSequenceGo() {
    assertThat(rows("revocations")).isPositive();
    stores.housekeeping().sweep(NOW.plus(Duration.ofDays(7)));
    assertThat(rows("revocations")).isPositive();
    stores.housekeeping().sweep(NOW.plus(Duration.ofDays(7)).plusMillis(1));
    assertThat(rows("revocations")).isZero();
  }

  @Test
  void leasesOfDaysLongPastGoAndThoseOverAnAccountsLifeStay() {
    AccountId account = AccountId.of(ACME, new MandateId("mandate_1"), 0);
    LocalDate today = LocalDate.ofInstant(NOW, ZoneOffset.UTC);
    long first = stores.leases().join("a");
    for (Window window :
        List.of(
            new Window(account, Limit.TOKENS_PER_DAY, today.toEpochDay()),
            new Window(account, Limit.TOKENS_PER_DAY, today.toEpochDay() + 1),
            new Window(account, Limit.REQUESTS, Window.TOTAL))) {
      stores.leases().adjust("a", List.of(new Ask(window, first, 10, 0, 5, 5, 0, 1)));
    }
    stores.housekeeping().sweep(NOW.plus(Housekeeping.DAYS_KEPT));
    assertThat(rows("leases")).isEqualTo(3);
    stores.housekeeping().sweep(NOW.plus(Housekeeping.DAYS_KEPT).plus(Duration.ofDays(1)));
    assertThat(rows("leases")).isEqualTo(2);
    stores.housekeeping().sweep(NOW.plus(Duration.ofDays(400)));
    assertThat(rows("leases")).isEqualTo(1);
  }
}
