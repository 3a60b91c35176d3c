package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.BudgetAlerts;
import dev.mandate.domain.budget.BudgetStore.Budget;
import dev.mandate.domain.budget.CalendarWindows;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.notice.NoticeStore;
import dev.mandate.domain.notice.Outbox;
import dev.mandate.domain.revocation.Change;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.testing.Tenants;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

abstract class BudgetStoreContract extends StoreContract {
  private static final Limits SOME = new Limits(10L, null, 3_000_000_000L, 0L);
  private final AccountId ofMia = AccountId.of(ACME, mia.id());

  BudgetStoreContract(Opening opening) {
    super(opening);
  }

  @Test
  void anAccountIsUnboundedUntilItsLimitsAreSetAndAfterTheyAreTakenAway() {
    assertThat(stores.budgets().limits(ofMia)).isEqualTo(Limits.NONE);
    assertThat(stores.budgets().replace(ofMia, SOME, Limits.NONE::equals)).isTrue();
    assertThat(stores.budgets().limits(AccountId.of(ACME, mia.id()))).isEqualTo(SOME);
    assertThat(stores.budgets().limits(AccountId.of(ACME))).isEqualTo(Limits.NONE);
    assertThat(stores.budgets().limits(AccountId.of(GLOBEX, mia.id()))).isEqualTo(Limits.NONE);
    assertThat(stores.budgets().replace(ofMia, Limits.NONE, SOME::equals)).isTrue();
    assertThat(stores.budgets().limits(ofMia)).isEqualTo(Limits.NONE);
    assertThat(heard)
        .containsExactly(new Change.PolicyChanged(ACME), new Change.PolicyChanged(ACME));
  }

  @Test
  void aChangeFromSomethingElseThanExpectedIsRefusedAndNotAnnounced() {
    assertThat(stores.budgets().replace(ofMia, SOME, SOME::equals)).isFalse();
    assertThat(stores.budgets().limits(ofMia)).isEqualTo(Limits.NONE);
    assertThat(heard).isEmpty();
  }

  @Test
  void ofRacingFirstChangesOneWins() {
    List<Boolean> set =
        race(
            RACERS,
            i ->
                stores
                    .budgets()
                    .replace(ofMia, new Limits((long) i, null, null, null), Limits.NONE::equals));
    assertThat(set).filteredOn(s -> s).hasSize(1);
    long winner = set.indexOf(true);
    assertThat(Objects.requireNonNull(stores.budgets().limits(ofMia).requests())).isEqualTo(winner);
  }

  @Test
  void aSumHasNoLimitOnOneRequest() {
    assertThatThrownBy(
            () -> stores.budgets().replace(ofMia, new Limits(1L, 2L, null, null), _ -> true))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void boundedAccountsComeInPagesByKeyAndOneThatComesMeanwhileMovesNone() {
    for (String name : List.of("e", "a", "c")) {
      stores.budgets().replace(account(name), SOME, _ -> true);
    }
    stores.budgets().replace(AccountId.of(GLOBEX), SOME, _ -> true);
    assertThat(stores.budgets().page(ACME, null, 2))
        .containsExactly(new Budget(account("a"), SOME), new Budget(account("c"), SOME));
    stores.budgets().replace(account("b"), SOME, _ -> true);
    assertThat(stores.budgets().page(ACME, account("c").key(), 2))
        .containsExactly(new Budget(account("e"), SOME));
    assertThat(stores.budgets().page(ACME, account("e").key(), 2)).isEmpty();
  }

  @Test
  void everyLimitAndTheThresholdsComeBackAsTheyWereSet() {
    Limits all =
        Limits.each(limit -> limit.period() == null ? null : Long.valueOf(limit.wire().length()));
    Budget budget = new Budget(ofMia, all, List.of(90, 50, 90));
    assertThat(stores.budgets().replace(budget, _ -> true)).isTrue();
    assertThat(stores.budgets().find(ofMia)).isEqualTo(budget);
    assertThat(stores.budgets().find(ofMia).thresholds()).containsExactly(50, 90);
    assertThat(stores.budgets().page(ACME, null, 10)).containsExactly(budget);
    Budget silent = new Budget(ofMia, SOME, List.of());
    assertThat(stores.budgets().replace(silent, budget::equals)).isTrue();
    assertThat(stores.budgets().find(ofMia)).isEqualTo(silent);
  }

  @Test
  void theSumsOfAMandateAreThoseOfItsPathAndOfEveryUpstreamAndModel() {
    for (AccountId account :
        List.of(
            AccountId.of(ACME),
            ofMia,
            AccountId.ofRole(ACME, "member"),
            AccountId.of(ACME, app.id()),
            AccountId.ofUpstream(ACME, "openai"),
            AccountId.ofModel(ACME, "openai", "gpt-test"),
            AccountId.ofRole(ACME, "other"),
            account("other"),
            AccountId.ofModel(GLOBEX, "openai", "gpt-theirs"))) {
      stores.budgets().replace(account, SOME, _ -> true);
    }
    assertThat(stores.budgets().sums(ACME, app.id(), mia.id(), "member").byAccount().keySet())
        .containsExactlyInAnyOrder(
            "tenant",
            ofMia.key(),
            "role/member",
            "client/" + app.id(),
            "upstream/openai",
            "model/openai/gpt-test");
    assertThat(stores.budgets().sums(ACME, app.id(), null, null).byAccount().keySet())
        .doesNotContain(ofMia.key(), "role/member")
        .hasSize(4);
  }

  /// As a node that has just started.
  private BudgetAlerts alerts() {
    TokenSource ids = new TokenSource(new SecureRandom(), clock);
    return new BudgetAlerts(
        stores.tenants(),
        stores.budgets(),
        stores.ledger(),
        new Outbox(stores.notices(), ids, clock, false),
        clock);
  }

  private List<String> told() {
    return stores.notices().page(ACME, NoticeStore.Filter.ALL, null, 50).stream()
        .map(kept -> kept.notice().kind().wire() + " " + kept.notice().once())
        .sorted()
        .toList();
  }

  private void spend(String call, long cost) {
    LedgerEntry entry = LedgerStoreContract.entry(ACME, call, LocalDate.of(2026, 11, 21), cost);
    stores
        .ledger()
        .append(
            List.of(
                new LedgerEntry(
                    entry.call(),
                    List.of(ofMia),
                    clock.instant(),
                    clock.instant(),
                    CalendarWindows.at(Tenants.tenant(ACME).zone(), clock.instant()),
                    entry.usage(),
                    cost,
                    "ok",
                    false)));
  }

  @Test
  void aThresholdIsToldOnceAWindowWhateverNodesLookAndRestart() {
    Limits day = Limits.of(Map.of(Limit.COST_MICROS_PER_DAY, 1000L));
    stores.budgets().replace(ofMia, day, _ -> true);
    spend("call_1", 799);
    alerts().tick();
    assertThat(told()).isEmpty();
    spend("call_2", 1);
    BudgetAlerts staying = alerts();
    race(
        RACERS,
        i -> {
          (i == 0 ? staying : alerts()).tick();
          return i;
        });
    assertThat(told()).hasSize(1).first().asString().endsWith("/1000/80");
    staying.tick();
    alerts().tick();
    assertThat(told()).hasSize(1);
    spend("call_3", 200);
    staying.tick();
    assertThat(told()).hasSize(2).anyMatch(one -> one.endsWith("/1000/100"));
    clock.advance(Duration.ofDays(1));
    staying.tick();
    assertThat(told()).hasSize(2);
    spend("call_4", 900);
    staying.tick();
    assertThat(told()).hasSize(3);
    // Another limit is another budget: its thresholds are told again.
    stores.budgets().replace(ofMia, Limits.of(Map.of(Limit.COST_MICROS_PER_DAY, 1100L)), _ -> true);
    staying.tick();
    assertThat(told()).hasSize(4).anyMatch(one -> one.endsWith("/1100/80"));
  }

  @Test
  void whatIsReachedAtTheEndOfAMinuteIsToldInTheNextOne() {
    stores
        .budgets()
        .replace(
            new Budget(ofMia, Limits.of(Map.of(Limit.REQUESTS_PER_MINUTE, 1L)), List.of(100)),
            _ -> true);
    BudgetAlerts alerts = alerts();
    alerts.tick();
    clock.advance(Duration.ofSeconds(59));
    spend("call_1", 1);
    clock.advance(Duration.ofSeconds(1));
    alerts.tick();
    assertThat(told()).hasSize(1).first().asString().contains("requests_per_minute");
  }

  @Test
  void anOverdraftIsToldBesideTheThresholds() {
    stores
        .budgets()
        .replace(
            new Budget(ofMia, Limits.of(Map.of(Limit.COST_MICROS, 1000L)), List.of()), _ -> true);
    spend("call_1", 1000);
    alerts().tick();
    assertThat(told()).isEmpty();
    spend("call_2", 1);
    alerts().tick();
    alerts().tick();
    assertThat(told()).hasSize(1).first().asString().startsWith("budget.overdraft");
    assertThat(
            stores
                .notices()
                .page(ACME, NoticeStore.Filter.ALL, null, 1)
                .getFirst()
                .notice()
                .person())
        .isEqualTo(mia.id());
  }

  private static AccountId account(String name) {
    return AccountId.of(ACME, new dev.mandate.domain.user.UserId(name));
  }
}
