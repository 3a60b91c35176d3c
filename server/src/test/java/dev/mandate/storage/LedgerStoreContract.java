package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.access.Period;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.CalendarWindows;
import dev.mandate.domain.budget.Call;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.budget.LedgerStore.Spent;
import dev.mandate.domain.budget.LedgerStore.Stretch;
import dev.mandate.domain.budget.LedgerStore.Sum;
import dev.mandate.domain.budget.LedgerStore.Summary;
import dev.mandate.domain.budget.UsageStore.Used;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.domain.user.UserId;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

abstract class LedgerStoreContract extends StoreContract {
  private static final LocalDate TODAY = LocalDate.of(2026, 11, 21);
  private static final MandateId MANDATE = new MandateId("mandate_1");
  private static final AccountId OF_MANDATE = AccountId.of(ACME, MANDATE, 0);
  private static final AccountId OF_USER = AccountId.of(ACME, new UserId("user_mia"));

  LedgerStoreContract(Opening opening) {
    super(opening);
  }

  static LedgerEntry entry(TenantId tenant, String callId, LocalDate day, long cost) {
    Call call =
        new Call(
            tenant,
            callId,
            MANDATE,
            0,
            new ClientId("app"),
            new UserId("user_mia"),
            new ApiKeyId("key_1"),
            "openai",
            "gpt-test",
            "chat.completions",
            "test-1");
    Instant at = NOW.plus(Duration.ofDays(day.toEpochDay() - TODAY.toEpochDay()));
    return new LedgerEntry(
        call,
        List.of(AccountId.of(tenant, MANDATE, 0), AccountId.of(tenant, new UserId("user_mia"))),
        at,
        at.plusMillis(250),
        CalendarWindows.at(ZoneId.of("Asia/Kolkata"), at),
        new Usage(10, 20, 30, 38, 5, 2, 7),
        cost,
        "ok",
        false);
  }

  @Test
  void entriesAreReadBackNewestFirstAndSummedUp() {
    LedgerEntry first = entry(ACME, "req_1", TODAY.minusDays(1), 100);
    LedgerEntry second = entry(ACME, "req_2", TODAY, 11);
    stores.ledger().append(List.of(first, second));
    assertThat(stores.ledger().latest(ACME, MANDATE, 10)).containsExactly(second, first);
    assertThat(stores.ledger().latest(ACME, MANDATE, 1)).containsExactly(second);
    assertThat(stores.ledger().summary(ACME, MANDATE))
        .isEqualTo(new Summary(2, 200, 10, 111, NOW.plusMillis(250)));
    Map<Stretch, Sum> windows = new HashMap<>();
    windows.put(Stretch.TOTAL, new Sum(2, 210, 111));
    windows.put(in(Period.MONTH, second), new Sum(2, 210, 111));
    windows.put(in(Period.DAY, first), new Sum(1, 105, 100));
    for (Period period : List.of(Period.DAY, Period.HOUR, Period.MINUTE)) {
      windows.put(in(period, second), new Sum(1, 105, 11));
    }
    assertThat(stores.ledger().spent(List.of(OF_MANDATE, OF_USER)))
        .isEqualTo(Map.of(OF_MANDATE, new Spent(windows), OF_USER, new Spent(windows)));
  }

  private static Stretch in(Period period, LedgerEntry entry) {
    return new Stretch(period, entry.windows().id(period));
  }

  private static LedgerEntry tagged(LedgerEntry entry, String tags) {
    Call call = entry.call();
    Call other =
        new Call(
            call.tenant(),
            call.id(),
            call.mandate(),
            call.access(),
            call.client(),
            call.user(),
            call.apiKey(),
            call.upstream(),
            call.model(),
            call.endpoint(),
            call.priceVersion(),
            tags);
    return new LedgerEntry(
        other,
        entry.accounts(),
        entry.startedAt(),
        entry.settledAt(),
        entry.windows(),
        entry.usage(),
        entry.costMicros(),
        entry.outcome(),
        true);
  }

  @Test
  void usageIsSummedUpByDayAndNameAndByTagAndIsTheTenantsOwn() {
    LedgerEntry search = tagged(entry(ACME, "req_2", TODAY, 11), "run=1,team=search");
    stores
        .ledger()
        .append(
            List.of(
                entry(ACME, "req_1", TODAY.minusDays(1), 100),
                search,
                tagged(entry(ACME, "req_3", TODAY, 1), "team=ads"),
                tagged(entry(GLOBEX, "req_4", TODAY, 1_000), "team=search")));
    // A replay adds nothing.
    stores.ledger().append(List.of(search));
    assertThat(stores.ledger().latest(ACME, MANDATE, 10)).contains(search);
    assertThat(stores.usage().used(ACME, "model", TODAY.minusDays(1), TODAY, null, 10))
        .containsExactly(new Used("gpt-test", 3, 2, 300, 15, 112));
    assertThat(stores.usage().used(ACME, "model", TODAY, TODAY, null, 10))
        .containsExactly(new Used("gpt-test", 2, 2, 200, 10, 12));
    assertThat(stores.usage().used(ACME, "user", TODAY, TODAY, null, 10))
        .containsExactly(new Used("user_mia", 2, 2, 200, 10, 12));
    assertThat(stores.usage().used(ACME, "client", TODAY, TODAY, null, 10))
        .extracting(Used::name)
        .containsExactly("app");
    assertThat(stores.usage().used(ACME, "upstream", TODAY, TODAY, null, 10))
        .extracting(Used::name)
        .containsExactly("openai");
    assertThat(stores.usage().used(ACME, "tag:team", TODAY, TODAY, null, 10))
        .containsExactly(new Used("ads", 1, 1, 100, 5, 1), new Used("search", 1, 1, 100, 5, 11));
    assertThat(stores.usage().used(ACME, "tag:team", TODAY, TODAY, "ads", 10))
        .extracting(Used::name)
        .containsExactly("search");
    assertThat(stores.usage().used(ACME, "tag:team", TODAY, TODAY, null, 1)).hasSize(1);
    assertThat(stores.usage().used(ACME, "tag:other", TODAY, TODAY, null, 10)).isEmpty();
    assertThat(stores.usage().used(GLOBEX, "tag:team", TODAY, TODAY, null, 10))
        .extracting(Used::costMicros)
        .containsExactly(1_000L);
  }

  @Test
  void whoNeverSpentIsAbsentAndHasAnEmptySummary() {
    assertThat(stores.ledger().spent(List.of(OF_MANDATE))).isEmpty();
    assertThat(stores.ledger().summary(ACME, MANDATE)).isEqualTo(Summary.NOTHING);
    stores.ledger().append(List.of());
  }

  @Test
  void longPastDaysCountInTheTotalsOnly() {
    stores.ledger().append(List.of(entry(ACME, "req_1", TODAY.minusDays(80), 7)));
    assertThat(stores.ledger().spent(List.of(OF_MANDATE)))
        .isEqualTo(Map.of(OF_MANDATE, new Spent(Map.of(Stretch.TOTAL, new Sum(1, 105, 7)))));
  }

  @Test
  void aCallThatIsThereAlreadyChargesNothingEvenBesideNewOnes() {
    LedgerEntry first = entry(ACME, "req_1", TODAY, 100);
    stores.ledger().append(List.of(first));
    stores
        .ledger()
        .append(List.of(entry(ACME, "req_1", TODAY, 999), entry(ACME, "req_2", TODAY, 1)));
    assertThat(stores.ledger().summary(ACME, MANDATE).costMicros()).isEqualTo(101);
    assertThat(stores.ledger().latest(ACME, MANDATE, 10)).hasSize(2).contains(first);
  }

  @Test
  void racingReplaysChargeOnceAndRacingCallsAllCount() {
    race(
        RACERS,
        i -> {
          stores
              .ledger()
              .append(
                  List.of(
                      entry(ACME, "req_shared", TODAY, 1000), entry(ACME, "req_" + i, TODAY, 1)));
          return i;
        });
    Spent spent = Objects.requireNonNull(stores.ledger().spent(List.of(OF_USER)).get(OF_USER));
    // Every window has the same in it.
    assertThat(spent.windows()).hasSize(5);
    assertThat(spent.windows().values())
        .containsOnly(new Sum(RACERS + 1, 105L * (RACERS + 1), 1000 + RACERS));
  }

  @Test
  void anEntryThatChargesAnotherTenantsAccountIsRefusedAsAWhole() {
    LedgerEntry mine = entry(ACME, "req_1", TODAY, 100);
    LedgerEntry crossing =
        new LedgerEntry(
            mine.call(),
            List.of(AccountId.of(GLOBEX, MANDATE, 0)),
            mine.startedAt(),
            mine.settledAt(),
            mine.windows(),
            mine.usage(),
            mine.costMicros(),
            mine.outcome(),
            mine.estimated());
    assertThatThrownBy(
            () -> stores.ledger().append(List.of(entry(ACME, "req_2", TODAY, 1), crossing)))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("globex");
    assertThat(stores.ledger().latest(ACME, MANDATE, 10)).isEmpty();
  }

  @Test
  void noQueryCanChangeOrRemoveAnEntry() {
    stores.ledger().append(List.of(entry(ACME, "req_1", TODAY, 100)));
    for (String sql : attacks("ledger", "cost_micros = 0", "tenant_id, call_id")) {
      assertThatThrownBy(() -> stores.database().write(handle -> handle.execute(sql)))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("append-only");
    }
  }
}
