package dev.mandate.domain.budget;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.budget.Budgets.Outcome;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.testing.InMemoryLeases;
import dev.mandate.testing.InMemoryLedger;
import dev.mandate.testing.TestClock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Leases of windows that come and go while an account stays busy.
class WindowLeasesTest {
  private static final List<Account> PATH =
      List.of(
          Calls.account(Calls.OF_MANDATE, Limits.of(Map.of(Limit.REQUESTS_PER_MINUTE, 1_000L))));
  private static final Amount WORST = new Amount(1, 1);

  private final TestClock clock = new TestClock();
  private final InMemoryLedger ledger = new InMemoryLedger();
  private final InMemoryLeases store = new InMemoryLeases(ledger, clock);

  private static void call(LocalBudgets node, String id) {
    Outcome outcome = node.reserve(Calls.call(id), PATH, WORST);
    if (outcome instanceof Outcome.NotAtHand) {
      var _ = node.refill(PATH, WORST, WORST);
      var _ = node.step();
      outcome = node.reserve(Calls.call(id), PATH, WORST);
    }
    assertThat(outcome).isInstanceOf(Outcome.Held.class);
    node.settle(((Outcome.Held) outcome).reservation(), Usage.of(1, 0), 1, "ok", false);
  }

  @Test
  void whatIsHeldOfMinutesThatAreOverGoesBackWhileTheAccountStaysBusy(@TempDir Path folder) {
    Sharing sharing =
        new Sharing(store, "node", LeaseBounds.DEFAULT, () -> clock.millis() * 1_000_000);
    try (LocalBudgets node = LocalBudgets.recover(folder, ledger, sharing, clock, Calls.SMALL)) {
      int calls = 0;
      for (int minute = 0; minute < 20; minute++) {
        for (int i = 0; i < 20; i++) {
          call(node, "call_" + calls++);
          node.flush();
          node.maintain();
          clock.advance(Duration.ofMillis(250));
          var _ = node.step();
        }
        clock.advance(Duration.ofSeconds(55));
      }
      call(node, "last");
      node.flush();
      var _ = node.step();
      clock.advance(Duration.ofMillis(250));
      var _ = node.step();
      assertThat(store.held(Calls.OF_MANDATE)).hasSize(1);
      assertThat(ledger.entries()).hasSize(401);
    }
  }
}
