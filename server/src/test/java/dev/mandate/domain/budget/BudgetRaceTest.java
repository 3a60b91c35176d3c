package dev.mandate.domain.budget;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.budget.Budgets.Outcome;
import dev.mandate.domain.budget.Budgets.Reservation;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.testing.InMemoryLedger;
import dev.mandate.testing.TestClock;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BudgetRaceTest {
  private static final int THREADS = 64;
  private static final int RESERVES = 100_000;

  @TempDir Path folder;
  private final InMemoryLedger ledger = new InMemoryLedger();
  private final TestClock clock = new TestClock(Instant.parse("2026-11-21T10:00:00Z"));
  private final AtomicInteger next = new AtomicInteger();

  /// Each thread has a mandate account of its own and all share the user's, in changing order.
  private void race(LocalBudgets budgets, Limits shared, Caller caller) throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      List<Future<?>> running = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        AccountId own = AccountId.of(Calls.TENANT, Calls.MANDATE, t);
        running.add(
            threads.submit(
                () -> {
                  budgets.load(List.of(own, Calls.OF_USER));
                  Account user = Calls.account(Calls.OF_USER, shared);
                  Account mandate = Calls.account(own, Limits.NONE);
                  for (int id = next.getAndIncrement();
                      id < RESERVES;
                      id = next.getAndIncrement()) {
                    caller.call(
                        "call_" + id,
                        id % 2 == 0 ? List.of(user, mandate) : List.of(mandate, user));
                  }
                }));
      }
      for (Future<?> one : running) {
        try {
          one.get();
        } catch (ExecutionException e) {
          throw new AssertionError("a thread failed", e);
        }
      }
    }
  }

  private interface Caller {
    void call(String id, List<Account> path);
  }

  private LocalBudgets open() {
    // Room for all calls, so that nothing but a limit refuses one.
    BudgetBounds bounds =
        new BudgetBounds(
            64 * 1024 * 1024,
            8,
            1_000_000,
            1_000,
            1_000,
            Duration.ofMillis(5),
            Duration.ofSeconds(1));
    return LocalBudgets.open(folder, ledger, clock, Thread.ofPlatform().daemon().factory(), bounds);
  }

  private static @Nullable Reservation reserve(
      LocalBudgets budgets, String id, List<Account> path, Amount worst) {
    return switch (budgets.reserve(Calls.call(id), path, worst)) {
      case Outcome.Held held -> held.reservation();
      case Outcome.Over over -> null;
      case Outcome.NotAtHand _ -> throw new AssertionError("the only node has all accounts");
      case Outcome.Unavailable unavailable -> throw new AssertionError(unavailable.reason());
    };
  }

  @Test
  void exactlyAsManyCallsAsTheLimitAreAdmitted() throws Exception {
    LongAdder admitted = new LongAdder();
    try (LocalBudgets budgets = open()) {
      race(
          budgets,
          Calls.limits(12_345, null, null, null),
          (id, path) -> {
            Reservation held = reserve(budgets, id, path, new Amount(10, 10));
            if (held != null) {
              admitted.increment();
              budgets.started(held);
              budgets.settle(held, Usage.of(1, 1), 3, "ok", false);
            }
          });
    }
    assertThat(admitted.sum()).isEqualTo(12_345);
    assertThat(ledger.spent(Calls.OF_USER).windows()).hasSize(5);
    assertThat(ledger.spent(Calls.OF_USER).windows().values())
        .containsOnly(new LedgerStore.Sum(12_345, 2 * 12_345L, 3 * 12_345));
  }

  @Test
  void costAndTokensAreSpentToTheLastUnitAndNeverOver() throws Exception {
    long cost = 1_000_003;
    long tokens = 2_000_003;
    Limits limits = new Limits(null, null, tokens, cost);
    try (LocalBudgets budgets = open()) {
      race(
          budgets,
          limits,
          (id, path) -> {
            ThreadLocalRandom random = ThreadLocalRandom.current();
            Amount worst = new Amount(random.nextInt(1, 200), random.nextInt(1, 100));
            Reservation held = reserve(budgets, id, path, worst);
            if (held != null) {
              if (random.nextInt(4) == 0) {
                budgets.release(held);
                return;
              }
              budgets.started(held);
              long used = random.nextLong(worst.tokens() + 1);
              long paid = random.nextLong(worst.costMicros() + 1);
              budgets.settle(held, Usage.of(used, 0), paid, "ok", false);
            }
          });
      // What is left goes in calls of one unit each, and then nothing does.
      List<Account> path = List.of(Calls.account(Calls.OF_USER, limits));
      Budgets.Room room = budgets.room(path, true);
      assertThat(room.tokens()).isNotNegative();
      assertThat(room.costMicros()).isNotNegative();
      fill(budgets, path, room);
      assertThat(budgets.room(path, true)).isEqualTo(new Budgets.Room(Long.MAX_VALUE, 0, 0));
    }
    assertThat(ledger.spent(Calls.OF_USER).ever().costMicros()).isEqualTo(cost);
    assertThat(ledger.spent(Calls.OF_USER).windows().values())
        .extracting(LedgerStore.Sum::tokens)
        .containsOnly(tokens);
    long sum = 0;
    for (LedgerEntry entry : ledger.entries()) {
      sum += entry.costMicros();
    }
    assertThat(sum).isEqualTo(cost);
  }

  private static void fill(LocalBudgets budgets, List<Account> path, Budgets.Room room) {
    Amount rest = new Amount(room.tokens(), room.costMicros());
    Amount more = new Amount(room.tokens() + 1, room.costMicros());
    assertThat(budgets.reserve(Calls.call("more"), path, more)).isInstanceOf(Outcome.Over.class);
    Reservation last = Objects.requireNonNull(reserve(budgets, "last", path, rest));
    budgets.settle(last, Usage.of(rest.tokens(), 0), rest.costMicros(), "ok", false);
  }
}
