package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Period;
import dev.mandate.domain.access.Unit;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.LeaseStore.Ask;
import dev.mandate.domain.budget.LeaseStore.Held;
import dev.mandate.domain.budget.LeaseStore.Lease;
import dev.mandate.domain.budget.LeaseStore.Recall;
import dev.mandate.domain.budget.LeaseStore.Window;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.budget.LedgerStore.Sum;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.user.UserId;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

abstract class LeaseStoreContract extends StoreContract {
  private static final LocalDate TODAY = LocalDate.of(2026, 11, 21);
  private static final AccountId OF_MANDATE = AccountId.of(ACME, new MandateId("mandate_1"), 0);
  private static final AccountId OF_USER = AccountId.of(ACME, new UserId("user_mia"));
  private static final Window REQUESTS = new Window(OF_MANDATE, Limit.REQUESTS, Window.TOTAL);
  private static final Window COST = new Window(OF_MANDATE, Limit.COST_MICROS, Window.TOTAL);
  private static final Window TOKENS =
      new Window(OF_MANDATE, Limit.TOKENS_PER_DAY, TODAY.toEpochDay());

  private long order;

  LeaseStoreContract(Opening opening) {
    super(opening);
  }

  @BeforeEach
  final void nodesJoin() {
    order = Math.max(stores.leases().join("a"), stores.leases().join("b"));
  }

  private Ask ask(Window window, long limit, long floor, long amount) {
    return new Ask(window, ++order, limit, floor, amount, amount, 0, 1);
  }

  private Lease adjust(String node, Ask ask) {
    List<Lease> leases = stores.leases().adjust(node, List.of(ask));
    assertThat(leases).hasSize(1);
    return leases.getFirst();
  }

  private static LedgerEntry entry(String call, long cost) {
    return LedgerStoreContract.entry(ACME, call, TODAY, cost);
  }

  @Test
  void leasesOfAllNodesTogetherStayWithinTheLimit() {
    assertThat(adjust("a", ask(REQUESTS, 5, 0, 3))).isEqualTo(new Lease(REQUESTS, 3, 0, 0));
    assertThat(adjust("b", ask(REQUESTS, 5, 0, 3))).isEqualTo(new Lease(REQUESTS, 0, 0, 3));
    assertThat(adjust("b", ask(REQUESTS, 5, 0, 2))).isEqualTo(new Lease(REQUESTS, 2, 0, 3));
    assertThat(adjust("a", Ask.giveBack(REQUESTS, ++order, 1)))
        .isEqualTo(new Lease(REQUESTS, 1, 0, 2));
    assertThat(adjust("b", ask(REQUESTS, 5, 2, 4))).isEqualTo(new Lease(REQUESTS, 4, 0, 1));
  }

  @Test
  void anAskThatComesAfterALaterOneChangesNothing() {
    Ask early = Ask.giveBack(COST, ++order, 0);
    Ask late = ask(COST, 100, 0, 60);
    assertThat(adjust("a", late).held()).isEqualTo(60);
    assertThat(adjust("a", early).held()).isEqualTo(60);
    assertThat(adjust("a", late).held()).isEqualTo(60);
  }

  @Test
  void anAskOfAnEarlierProcessChangesNothing() {
    Ask early = ask(COST, 100, 0, 60);
    long first = stores.leases().join("a");
    assertThat(first).isGreaterThan(early.order());
    assertThat(adjust("a", early).held()).isZero();
  }

  @Test
  void whoJoinsAgainGivesBackAllThatItHeldAndNothingOfOthers() {
    adjust("a", ask(COST, 100, 0, 60));
    adjust("b", ask(COST, 100, 0, 30));
    assertThat(stores.leases().join("a")).isGreaterThan(order);
    assertThat(stores.leases().held(OF_MANDATE))
        .extracting(Held::node, Held::window, Held::amount)
        .containsExactly(org.assertj.core.groups.Tuple.tuple("b", COST, 30L));
  }

  @Test
  void whatIsAppendedLeavesTheLeaseInTheSameTransactionAndOnce() {
    adjust("a", ask(COST, 1000, 0, 300));
    adjust("a", ask(REQUESTS, 10, 0, 2));
    adjust("a", ask(TOKENS, 1000, 0, 200));
    assertThat(stores.leases().append("a", List.of(entry("req_1", 100))))
        .isEqualTo(Map.of(COST, 200L, REQUESTS, 1L, TOKENS, 95L));
    // The answer was lost; the batch is cut differently the second time.
    assertThat(stores.leases().append("a", List.of(entry("req_1", 100), entry("req_2", 50))))
        .isEqualTo(Map.of(COST, 150L, REQUESTS, 0L, TOKENS, 0L));
    assertThat(stores.leases().append("a", List.of(entry("req_2", 50))))
        .isEqualTo(Map.of(COST, 150L, REQUESTS, 0L, TOKENS, 0L));
    assertThat(
            Objects.requireNonNull(stores.ledger().spent(List.of(OF_MANDATE)).get(OF_MANDATE))
                .ever())
        .isEqualTo(new Sum(2, 210, 150));
    assertThat(adjust("b", ask(COST, 1000, 0, 700))).isEqualTo(new Lease(COST, 700, 150, 150));
    assertThat(adjust("b", ask(COST, 1000, 700, 701))).isEqualTo(new Lease(COST, 700, 150, 150));
    assertThat(adjust("b", ask(TOKENS, 1000, 0, 790)).held()).isEqualTo(790);
  }

  @Test
  void aWindowOfEachPeriodIsLeasedAndChargedByItself() {
    LedgerEntry entry = entry("req_1", 100);
    Map<Window, Long> left = new HashMap<>();
    for (Limit limit : Limit.values()) {
      Period period = limit.period();
      if (period != null) {
        Window window = new Window(OF_MANDATE, limit, entry.windows().id(period));
        Window next = new Window(OF_MANDATE, limit, entry.windows().id(period) + 1);
        assertThat(adjust("a", ask(window, 1000, 0, 300))).isEqualTo(new Lease(window, 300, 0, 0));
        adjust("a", ask(period == Period.TOTAL ? window : next, 1000, 300, 300));
        long taken = limit.unit() == Unit.REQUESTS ? 1 : limit.unit() == Unit.TOKENS ? 105 : 100;
        left.put(window, 300 - taken);
      }
    }
    assertThat(stores.leases().append("a", List.of(entry))).isEqualTo(left);
    for (Map.Entry<Window, Long> one : left.entrySet()) {
      long spent = 300 - one.getValue();
      assertThat(adjust("b", ask(one.getKey(), 1000, 0, 1001 - spent)).spent()).isEqualTo(spent);
      assertThat(adjust("b", ask(one.getKey(), 1000, 0, 700)))
          .isEqualTo(new Lease(one.getKey(), 700, spent, 300 - spent));
    }
  }

  @Test
  void whatANodeAppendsLeavesOtherNodesLeasesAlone() {
    adjust("b", ask(COST, 1000, 0, 300));
    assertThat(stores.leases().append("a", List.of(entry("req_1", 100)))).isEmpty();
    assertThat(adjust("b", ask(COST, 1000, 300, 300)).held()).isEqualTo(300);
  }

  @Test
  void aLimitThatWasLoweredLeavesWhatOpenCallsNeed() {
    adjust("a", ask(COST, 1000, 0, 800));
    assertThat(adjust("a", ask(COST, 500, 300, 400)).held()).isEqualTo(400);
    assertThat(adjust("a", ask(COST, 100, 300, 400)).held()).isEqualTo(300);
    assertThat(adjust("b", ask(COST, 100, 0, 1)).held()).isZero();
  }

  @Test
  void aheadOfNeedANodeGetsAShareOfWhatIsLeft() {
    Ask ahead = new Ask(COST, ++order, 1000, 0, 10, 10, 10_000, 2);
    assertThat(adjust("a", ahead).held()).isEqualTo(10 + 990 / 4);
  }

  @Test
  void aRecallReachesTheOtherLivingNodesUntilTheyAnswer() {
    adjust("a", ask(COST, 1000, 0, 300));
    adjust("b", ask(TOKENS, 1000, 0, 300));
    assertThat(stores.leases().recall("b", OF_MANDATE, 7)).isEqualTo(Set.of("a"));
    assertThat(stores.leases().recalls("b")).isEmpty();
    List<Recall> asked = stores.leases().recalls("a");
    assertThat(asked).containsExactly(new Recall(OF_MANDATE, "b", 7));
    // Asked again meanwhile: the answer to the first time is not one to the second.
    stores.leases().recall("b", OF_MANDATE, 8);
    stores.leases().answer("a", asked);
    assertThat(stores.leases().unanswered("b", OF_MANDATE)).isEqualTo(Set.of("a"));
    stores.leases().answer("a", stores.leases().recalls("a"));
    assertThat(stores.leases().unanswered("b", OF_MANDATE)).isEmpty();
  }

  @Test
  void aliveNodesAreCounted() {
    assertThat(stores.leases().beat("a")).isEqualTo(2);
    stores.leases().join("c");
    assertThat(stores.leases().beat("a")).isEqualTo(3);
  }

  @Test
  void anotherTenantsAccountOfTheSameNameIsAnother() {
    AccountId foreign = AccountId.of(GLOBEX, new MandateId("mandate_1"), 0);
    Window theirs = new Window(foreign, Limit.COST_MICROS, Window.TOTAL);
    adjust("a", ask(COST, 1000, 0, 300));
    assertThat(adjust("b", ask(theirs, 1000, 0, 1000))).isEqualTo(new Lease(theirs, 1000, 0, 0));
    assertThat(stores.leases().held(foreign)).extracting(Held::node).containsExactly("b");
    assertThat(stores.leases().recall("b", OF_MANDATE, 1)).isEqualTo(Set.of("a"));
    assertThat(stores.leases().unanswered("b", foreign)).isEmpty();
  }

  @Test
  void racingNodesNeverGetMoreThanTheLimitTogether() {
    long first = order;
    for (int i = 0; i < RACERS; i++) {
      first = Math.max(first, stores.leases().join("n" + i));
    }
    long number = first;
    List<Long> held =
        race(
            RACERS,
            i -> {
              String node = "n" + i;
              long mine = 0;
              for (int round = 1; round <= 20; round++) {
                // Both accounts, given in either order: nobody waits in a circle.
                List<Ask> asks = new ArrayList<>();
                asks.add(new Ask(COST, number + round, 1000, mine, mine + 1, mine + 17, 0, 1));
                asks.add(
                    new Ask(
                        new Window(OF_USER, Limit.COST_MICROS, Window.TOTAL),
                        number + round,
                        1_000_000,
                        0,
                        1,
                        1,
                        0,
                        1));
                if (i % 2 == 0) {
                  asks = asks.reversed();
                }
                for (Lease lease : stores.leases().adjust(node, asks)) {
                  assertThat(lease.held() + lease.spent() + lease.others())
                      .isLessThanOrEqualTo(lease.window().equals(COST) ? 1000 : 1_000_000);
                  mine = lease.window().equals(COST) ? lease.held() : mine;
                }
                if (mine > 0) {
                  stores.leases().append(node, List.of(entry("req_" + i + "_" + round, 1)));
                  mine--;
                }
              }
              return mine;
            });
    long spent =
        Objects.requireNonNull(stores.ledger().spent(List.of(OF_MANDATE)).get(OF_MANDATE))
            .ever()
            .costMicros();
    assertThat(spent).isGreaterThan(RACERS);
    assertThat(held.stream().mapToLong(Long::longValue).sum() + spent).isEqualTo(1000);
    assertThat(stores.leases().held(OF_MANDATE).stream().mapToLong(Held::amount).sum() + spent)
        .isEqualTo(1000);
  }
}
