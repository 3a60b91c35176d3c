package dev.mandate.domain.budget;

import static dev.mandate.domain.budget.Calls.OF_MANDATE;
import static dev.mandate.domain.budget.Calls.OF_USER;
import static dev.mandate.domain.budget.Calls.account;
import static dev.mandate.domain.budget.Calls.call;
import static dev.mandate.domain.budget.Calls.limits;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.Period;
import dev.mandate.domain.budget.Budgets.Outcome;
import dev.mandate.domain.budget.Budgets.Reservation;
import dev.mandate.domain.budget.Budgets.Room;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.testing.InMemoryLedger;
import dev.mandate.testing.TestClock;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalBudgetsTest {
  private static final long MAX = Long.MAX_VALUE;

  @TempDir Path folder;
  private final InMemoryLedger ledger = new InMemoryLedger();
  private final TestClock clock = new TestClock(Instant.parse("2026-11-21T10:00:00Z"));
  private LocalBudgets budgets;
  private int calls;

  @BeforeEach
  void open() {
    budgets = LocalBudgets.recover(folder, ledger, null, clock, Calls.SMALL);
    budgets.load(List.of(OF_MANDATE, OF_USER));
  }

  @AfterEach
  void close() {
    budgets.close();
  }

  private Outcome reserve(Limits limits, long tokens, long costMicros) {
    return reserve(List.of(account(OF_MANDATE, limits)), tokens, costMicros);
  }

  private Outcome reserve(List<Account> path, long tokens, long costMicros) {
    return budgets.reserve(call("call_" + ++calls), path, new Amount(tokens, costMicros));
  }

  private Reservation held(Limits limits, long tokens, long costMicros) {
    return held(reserve(limits, tokens, costMicros));
  }

  private static Reservation held(Outcome outcome) {
    assertThat(outcome).isInstanceOf(Outcome.Held.class);
    return ((Outcome.Held) outcome).reservation();
  }

  private Room room(Limits limits) {
    return budgets.room(List.of(account(OF_MANDATE, limits)), true);
  }

  @Test
  void aReservationHoldsItsWorstCaseAndSettlingGivesBackWhatWasNotUsed() {
    Limits limits = limits(10, 500, 1000, 100);
    Reservation reservation = held(limits, 400, 40);
    assertThat(reservation.call().id()).isEqualTo("call_1");
    assertThat(reservation.amount()).isEqualTo(new Amount(400, 40));
    assertThat(room(limits)).isEqualTo(new Room(9, 500, 60));
    budgets.started(reservation);
    budgets.settle(reservation, Usage.of(100, 50), 15, "ok", false);
    assertThat(room(limits)).isEqualTo(new Room(9, 500, 85));
    assertThat(room(limits(null, null, 1000, null))).isEqualTo(new Room(MAX, 850, MAX));
  }

  @Test
  void aSettledCallIsInTheLedgerAsItWas() {
    Reservation reservation =
        held(
            reserve(
                List.of(account(OF_MANDATE, Limits.NONE), account(OF_USER, Limits.NONE)), 9, 9));
    budgets.started(reservation);
    clock.advance(Duration.ofMillis(1500));
    budgets.settle(reservation, new Usage(1, 2, 3, 4, 5, 6, 7), 7, "hung_up", true);
    assertThat(ledger.entries()).isEmpty();
    assertThat(budgets.backlog()).isEqualTo(1);
    budgets.flush();
    assertThat(budgets.backlog()).isZero();
    assertThat(ledger.entries())
        .containsExactly(
            new LedgerEntry(
                call("call_1"),
                List.of(OF_MANDATE, OF_USER),
                Instant.parse("2026-11-21T10:00:00Z"),
                Instant.parse("2026-11-21T10:00:01.500Z"),
                CalendarWindows.at(ZoneOffset.UTC, Instant.parse("2026-11-21T10:00:00Z")),
                new Usage(1, 2, 3, 4, 5, 6, 7),
                7,
                "hung_up",
                true));
  }

  @Test
  void aReleaseGivesEverythingBackAndTheLedgerHearsNothing() {
    Limits limits = limits(1, 100, 100, 100);
    Reservation reservation = held(limits, 100, 100);
    assertThat(room(limits)).isEqualTo(new Room(0, 0, 0));
    budgets.release(reservation);
    assertThat(room(limits)).isEqualTo(new Room(1, 100, 100));
    budgets.flush();
    assertThat(ledger.entries()).isEmpty();
  }

  @Test
  void endingTwiceChangesNothing() {
    Limits limits = limits(5, null, 100, 100);
    Reservation settled = held(limits, 10, 10);
    budgets.started(settled);
    budgets.started(settled);
    budgets.settle(settled, Usage.of(1, 1), 2, "ok", false);
    budgets.settle(settled, Usage.of(50, 50), 99, "cut", true);
    budgets.release(settled);
    Reservation released = held(limits, 10, 10);
    budgets.release(released);
    budgets.release(released);
    budgets.settle(released, Usage.of(50, 50), 99, "ok", false);
    assertThat(room(limits)).isEqualTo(new Room(4, 98, 98));
    budgets.flush();
    budgets.flush();
    assertThat(ledger.entries()).singleElement().extracting(LedgerEntry::costMicros).isEqualTo(2L);
  }

  @Test
  void aStartedCallIsNotReleased() {
    Reservation reservation = held(Limits.NONE, 1, 1);
    budgets.started(reservation);
    assertThatThrownBy(() -> budgets.release(reservation))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("call_1")
        .hasMessageContaining("STARTED");
    budgets.settle(reservation, Usage.NONE, 0, "upstream_error", false);
    assertThat(room(limits(1, null, null, null)).requests()).isZero();
  }

  @Test
  void whatHoldsNothingMayNotStart() {
    Reservation reservation = held(Limits.NONE, 1, 1);
    budgets.release(reservation);
    assertThatThrownBy(() -> budgets.started(reservation))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("RELEASED");
  }

  @Test
  void settlingWithoutStartCountsAsStarted() {
    Limits limits = limits(2, null, null, 10);
    budgets.settle(held(limits, 5, 5), Usage.of(1, 0), 1, "ok", false);
    assertThat(room(limits)).isEqualTo(new Room(1, MAX, 9));
  }

  @Test
  void eachLimitRefusesByItsNameAndHoldsNothing() {
    Limits limits = limits(1, 50, 60, 70);
    assertThat(reserve(limits, 51, 1))
        .isEqualTo(new Outcome.Over(Limit.TOKENS_PER_REQUEST, OF_MANDATE, 50, null));
    assertThat(reserve(limits, 1, 71))
        .isEqualTo(new Outcome.Over(Limit.COST_MICROS, OF_MANDATE, 70, null));
    assertThat(room(limits)).isEqualTo(new Room(1, 50, 70));
    held(limits, 50, 70);
    assertThat(reserve(limits, 0, 0))
        .isEqualTo(new Outcome.Over(Limit.REQUESTS, OF_MANDATE, 0, null));
  }

  @Test
  void tokensOfTheDayComeBackAtMidnightOfTheZone() {
    Limits limits = limits(null, null, 100, null);
    List<Account> path = List.of(account(OF_MANDATE, limits, ZoneId.of("Europe/Berlin")));
    Reservation first = held(reserve(path, 80, 0));
    // 11:00 in Berlin.
    assertThat(reserve(path, 21, 0))
        .isEqualTo(new Outcome.Over(Limit.TOKENS_PER_DAY, OF_MANDATE, 20, Duration.ofHours(13)));
    assertThat(reserve(path, 101, 0))
        .describedAs("tomorrow does not help with more than a day's tokens")
        .isEqualTo(new Outcome.Over(Limit.TOKENS_PER_DAY, OF_MANDATE, 20, null));
    clock.advance(Duration.ofHours(13));
    Reservation second = held(reserve(path, 100, 0));
    budgets.settle(first, Usage.of(80, 0), 0, "ok", false);
    assertThat(budgets.room(path, true).tokens()).describedAs("yesterday's call").isZero();
    budgets.settle(second, Usage.of(30, 0), 0, "ok", false);
    assertThat(budgets.room(path, true).tokens()).isEqualTo(70);
    budgets.flush();
    LedgerStore.Spent spent = ledger.spent(OF_MANDATE);
    CalendarWindows tomorrow =
        CalendarWindows.at(ZoneId.of("Europe/Berlin"), Instant.parse("2026-11-22T10:00:00Z"));
    assertThat(spent.in(Period.DAY, tomorrow).tokens()).isEqualTo(30);
    assertThat(spent.in(Period.MONTH, tomorrow).tokens()).isEqualTo(110);
  }

  @Test
  void aLimitThatWaitingDoesNotHelpWithIsNamedFirst() {
    List<Account> path =
        List.of(
            account(OF_MANDATE, limits(null, null, 10, null)),
            account(OF_USER, limits(null, null, null, 5)));
    held(reserve(path, 10, 5));
    assertThat(reserve(path, 1, 1))
        .isEqualTo(new Outcome.Over(Limit.COST_MICROS, OF_USER, 0, null));
  }

  @Test
  void aCallFitsEveryAccountOrIsHeldOnNone() {
    List<Account> path =
        List.of(
            account(OF_MANDATE, limits(5, null, null, 100)),
            account(OF_USER, limits(5, 30, null, 10)));
    assertThat(reserve(path, 0, 11))
        .isEqualTo(new Outcome.Over(Limit.COST_MICROS, OF_USER, 10, null));
    assertThat(room(limits(5, null, null, 100))).isEqualTo(new Room(5, MAX, 100));
    assertThat(budgets.room(path, true)).isEqualTo(new Room(5, 30, 10));
  }

  @Test
  void truthAboveTheReserveIsBookedAndBlocksTheNextCall() {
    Limits limits = limits(null, null, 1000, 100);
    Reservation reservation = held(limits, 10, 90);
    budgets.started(reservation);
    budgets.settle(reservation, Usage.of(500, 501), 130, "ok", false);
    assertThat(room(limits)).isEqualTo(new Room(MAX, 0, 0));
    assertThat(reserve(limits(null, null, null, 100), 0, 0))
        .isEqualTo(new Outcome.Over(Limit.COST_MICROS, OF_MANDATE, 0, null));
    assertThat(reserve(limits(null, null, 1000, null), 0, 0))
        .isEqualTo(new Outcome.Over(Limit.TOKENS_PER_DAY, OF_MANDATE, 0, Duration.ofHours(14)));
    budgets.flush();
    assertThat(ledger.spent(OF_MANDATE).ever().costMicros()).isEqualTo(130);
  }

  @Test
  void aLimitLoweredBelowWhatIsSpentRefuses() {
    budgets.settle(held(Limits.NONE, 100, 100), Usage.of(100, 0), 100, "ok", false);
    assertThat(reserve(limits(null, null, null, 99), 0, 0)).isInstanceOf(Outcome.Over.class);
    assertThat(reserve(limits(null, null, 99, null), 0, 0)).isInstanceOf(Outcome.Over.class);
    assertThat(reserve(limits(0, null, null, null), 0, 0)).isInstanceOf(Outcome.Over.class);
    assertThat(reserve(limits(2, null, 100, 100), 0, 0)).isInstanceOf(Outcome.Held.class);
  }

  @Test
  void zeroAllowsNothing() {
    assertThat(reserve(limits(0, null, null, null), 0, 0))
        .isEqualTo(new Outcome.Over(Limit.REQUESTS, OF_MANDATE, 0, null));
    assertThat(reserve(limits(null, 0, null, null), 1, 0))
        .isEqualTo(new Outcome.Over(Limit.TOKENS_PER_REQUEST, OF_MANDATE, 0, null));
    assertThat(reserve(limits(null, null, 0, null), 1, 0))
        .isEqualTo(new Outcome.Over(Limit.TOKENS_PER_DAY, OF_MANDATE, 0, null));
    assertThat(reserve(limits(null, null, null, 0), 0, 1))
        .isEqualTo(new Outcome.Over(Limit.COST_MICROS, OF_MANDATE, 0, null));
    assertThat(room(limits(0, 0, 0, 0))).isEqualTo(new Room(0, 0, 0));
  }

  @Test
  void theLargestNumbersNeitherOverflowNorGiveRoom() {
    Reservation all = held(new Limits(MAX, MAX, MAX, MAX), MAX, MAX);
    assertThat(reserve(Limits.NONE, 1, 0)).isInstanceOf(Outcome.Over.class);
    assertThat(reserve(Limits.NONE, 0, 1)).isInstanceOf(Outcome.Over.class);
    assertThat(room(Limits.NONE)).isEqualTo(new Room(MAX, MAX, MAX));
    assertThat(room(new Limits(MAX, MAX, MAX, MAX))).isEqualTo(new Room(MAX - 1, 0, 0));
    budgets.started(all);
    Reservation small = held(Limits.NONE, 0, 0);
    budgets.settle(all, new Usage(MAX, MAX, MAX, MAX, MAX), MAX, "ok", false);
    budgets.settle(small, Usage.of(MAX, 0), MAX, "ok", false);
    assertThat(room(new Limits(MAX, MAX, MAX, MAX))).isEqualTo(new Room(MAX - 2, 0, 0));
    ledger.refuse(entry -> true);
  }

  @Test
  void whatMakesNoSenseIsRefusedByName() {
    assertThatThrownBy(() -> reserve(Limits.NONE, -1, 0)).hasMessageContaining("tokens=-1");
    assertThatThrownBy(() -> reserve(Limits.NONE, 0, -1)).hasMessageContaining("costMicros=-1");
    assertThatThrownBy(() -> reserve(List.of(), 0, 0)).hasMessageContaining("0 accounts");
    Account once = account(OF_MANDATE, Limits.NONE);
    assertThatThrownBy(() -> reserve(List.of(once, once), 0, 0)).hasMessageContaining("twice");
    Account elsewhere = account(OF_USER, Limits.NONE, ZoneId.of("Asia/Tokyo"));
    assertThatThrownBy(() -> reserve(List.of(once, elsewhere), 0, 0))
        .hasMessageContaining("Asia/Tokyo");
    Reservation reservation = held(Limits.NONE, 0, 0);
    assertThatThrownBy(() -> budgets.settle(reservation, Usage.of(0, -1), 0, "ok", false))
        .hasMessageContaining("output=-1");
    assertThatThrownBy(() -> budgets.settle(reservation, Usage.NONE, -1, "ok", false))
        .hasMessageContaining("-1 micros");
    assertThatThrownBy(() -> budgets.settle(reservation, Usage.NONE, 0, "o".repeat(33), false))
        .hasMessageContaining("1 to 32");
    Call endless =
        new Call(
            Calls.TENANT,
            "c",
            Calls.MANDATE,
            0,
            call("c").client(),
            null,
            null,
            "openai",
            "m".repeat(20_000),
            "chat",
            "1");
    assertThatThrownBy(() -> budgets.reserve(endless, List.of(once), new Amount(0, 0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("journal");
    assertThat(room(limits(1, null, null, null)).requests()).isZero();
  }

  @Test
  void anAccountThatWasNotLoadedIsAMistake() {
    AccountId unknown = AccountId.of(Calls.TENANT, Calls.MANDATE, 7);
    List<Account> path = List.of(account(OF_MANDATE, Limits.NONE), account(unknown, Limits.NONE));
    assertThat(reserve(path, 0, 0)).isEqualTo(new Outcome.NotAtHand());
    assertThatThrownBy(() -> budgets.room(path, true))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("/7");
    assertThat(budgets.refill(path, new Amount(0, 0), new Amount(0, 0)).join())
        .isEqualTo(new Budgets.Refilled.Ready());
    assertThat(reserve(path, 0, 0)).isInstanceOf(Outcome.Held.class);
  }

  @Test
  void aLoadStartsFromTheLedgerAndNeverCountsTwice() {
    Limits limits = limits(10, null, 1000, 1000);
    budgets.settle(held(limits, 100, 100), Usage.of(10, 0), 10, "ok", false);
    Reservation open = held(limits, 100, 100);
    budgets.load(List.of(OF_MANDATE));
    assertThat(room(limits)).describedAs("unflushed").isEqualTo(new Room(8, 890, 890));
    budgets.flush();
    budgets.load(List.of(OF_MANDATE));
    assertThat(room(limits)).describedAs("flushed").isEqualTo(new Room(8, 890, 890));
    budgets.release(open);
    budgets.close();
    open();
    assertThat(room(limits)).describedAs("from the ledger").isEqualTo(new Room(9, 990, 990));
  }

  @Test
  void reservationsOfOtherBudgetsAreRefused() {
    Reservation mine = held(Limits.NONE, 0, 0);
    budgets.close();
    open();
    assertThatThrownBy(() -> budgets.release(mine)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void afterTheEndNothingIsAdmittedAndNothingStarts() {
    Reservation before = held(Limits.NONE, 0, 0);
    budgets.close();
    budgets.close();
    assertThat(reserve(Limits.NONE, 0, 0)).isEqualTo(new Outcome.Unavailable("closed"));
    assertThatThrownBy(() -> budgets.started(before)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> budgets.release(before)).isInstanceOf(IllegalStateException.class);
  }
}
