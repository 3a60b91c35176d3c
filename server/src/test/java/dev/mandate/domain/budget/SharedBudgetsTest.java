package dev.mandate.domain.budget;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.budget.Budgets.Outcome;
import dev.mandate.domain.budget.Budgets.Refilled;
import dev.mandate.domain.budget.Budgets.Reservation;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.storage.DatabaseUrl;
import dev.mandate.storage.Stores;
import dev.mandate.testing.PatientSharing;
import dev.mandate.testing.Postgres;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two nodes on one PostgreSQL, with calls that alternate between them.
class SharedBudgetsTest {
  private static final int REFILLS_MAX = 16;

  @TempDir Path folder;

  private final InstantSource clock = InstantSource.system();
  private final Stores[] stores = new Stores[2];
  private final LocalBudgets[] nodes = new LocalBudgets[2];
  private DatabaseUrl database;

  @BeforeEach
  void start() {
    database = Postgres.database();
    for (int i = 0; i < 2; i++) {
      stores[i] = Stores.open(folder.resolve("data" + i), database, new ChangeFeed(), clock);
      open(i);
    }
  }

  private void open(int node) {
    nodes[node] =
        LocalBudgets.open(
            folder.resolve("journal" + node),
            stores[node].ledger(),
            PatientSharing.of(stores[node].leases(), "node" + node),
            clock,
            Thread.ofPlatform().daemon().factory(),
            BudgetBounds.DEFAULT);
  }

  @AfterEach
  void stop() {
    for (int i = 0; i < 2; i++) {
      nodes[i].close();
      stores[i].close();
    }
  }

  private static List<Account> path(Limits limits) {
    return List.of(
        Calls.account(Calls.OF_USER, Limits.NONE), Calls.account(Calls.OF_MANDATE, limits));
  }

  /// As the gateway does: reserve, refill, reserve again.
  private @Nullable Reservation held(LocalBudgets node, String id, Limits limits, Amount worst) {
    for (int i = 0; i < REFILLS_MAX; i++) {
      switch (node.reserve(Calls.call(id), path(limits), worst)) {
        case Outcome.Held held -> {
          return held.reservation();
        }
        case Outcome.Over _ -> {
          return null;
        }
        case Outcome.Unavailable unavailable -> throw new AssertionError(unavailable);
        case Outcome.NotAtHand _ -> {
          switch (node.refill(path(limits), worst, worst).join()) {
            case Refilled.Ready _ -> {}
            case Refilled.Refused _ -> {
              return null;
            }
            case Refilled.Failed failed -> throw new AssertionError(failed);
          }
        }
      }
    }
    throw new AssertionError(id + " was overtaken " + REFILLS_MAX + " times");
  }

  private static <T> List<T> atOnce(int count, IntFunction<T> call) {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<T>> running = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int at = i;
        running.add(threads.submit(() -> call.apply(at)));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> one : running) {
        results.add(one.get());
      }
      return results;
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError(e);
    }
  }

  private LedgerStore.Spent spent() {
    return stores[0]
        .ledger()
        .spent(List.of(Calls.OF_MANDATE))
        .getOrDefault(Calls.OF_MANDATE, LedgerStore.Spent.NOTHING);
  }

  @Test
  void fiveRequestsAdmitExactlyFiveOfFortyConcurrentCallsAndTheRefusedCostNothing() {
    Limits limits = Calls.limits(5, null, null, null);
    List<Boolean> admitted =
        atOnce(
            40,
            i -> {
              LocalBudgets node = nodes[i % 2];
              Reservation held = held(node, "call_" + i, limits, new Amount(10, 10));
              if (held != null) {
                node.started(held);
                node.settle(held, Usage.of(3, 4), 5, "ok", false);
              }
              return held != null;
            });
    assertThat(admitted).filteredOn(Boolean::booleanValue).hasSize(5);
    nodes[0].flush();
    nodes[1].flush();
    assertThat(spent().ever().requests()).isEqualTo(5);
    assertThat(spent().ever().costMicros()).isEqualTo(25);
  }

  @Test
  void moneyThatACallLeftOverOnOneNodeIsThereForTheNextCallOnTheOther() {
    Limits limits = Calls.limits(null, null, 1000, 1000);
    for (int i = 0; i < 9; i++) {
      LocalBudgets node = nodes[i % 2];
      // Each takes all that is left, and costs a tenth.
      int left = 1000 - 100 * i;
      Reservation held =
          Objects.requireNonNull(
              held(node, "call_" + i, limits, new Amount(left, left)), "call " + i + " is refused");
      assertThat(held(nodes[(i + 1) % 2], "other_" + i, limits, new Amount(1, 1))).isNull();
      node.started(held);
      node.settle(held, Usage.of(50, 50), 100, "ok", false);
    }
    assertThat(held(nodes[0], "last", limits, new Amount(101, 101))).isNull();
  }

  @Test
  void aKillUnderLoadOverspendsNothingAndTheRestartGivesBackWhatWasHeld() {
    Limits limits = Calls.limits(300, null, null, 3000);
    Amount worst = new Amount(20, 10);
    List<Integer> cost =
        atOnce(
            200,
            i -> {
              LocalBudgets node = nodes[i % 2];
              Reservation held = held(node, "call_" + i, limits, worst);
              if (held == null) {
                return 0;
              }
              node.started(held);
              if (i % 20 == 0) {
                // Open when the node is killed: charged at its reserve.
                return i % 2 == 0 ? 10 : 0;
              }
              node.settle(held, Usage.of(3, 4), 7, "ok", false);
              return 7;
            });
    nodes[0].abandon();
    assertThat(stores[1].leases().held(Calls.OF_MANDATE))
        .describedAs("a dead node keeps what it held")
        .anyMatch(held -> held.node().equals("node0") && held.amount() > 0);
    open(0);
    assertThat(stores[1].leases().held(Calls.OF_MANDATE))
        .noneMatch(held -> held.node().equals("node0"));
    nodes[0].flush();
    nodes[1].flush();
    long truth = cost.stream().mapToLong(Integer::longValue).sum();
    assertThat(spent().ever().requests()).isEqualTo(200);
    assertThat(spent().ever().costMicros()).isEqualTo(truth);
    // All that is left can be had from either node, to the last micro.
    Reservation rest =
        Objects.requireNonNull(
            held(nodes[0], "rest", limits, new Amount(1, 3000 - (int) truth)),
            "the rest is refused");
    nodes[0].release(rest);
    assertThat(held(nodes[1], "too_much", limits, new Amount(1, 3001 - (int) truth))).isNull();
    assertThat(held(nodes[1], "again", limits, new Amount(1, 3000 - (int) truth))).isNotNull();
  }
}
