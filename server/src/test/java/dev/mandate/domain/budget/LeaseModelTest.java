package dev.mandate.domain.budget;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.Unit;
import dev.mandate.domain.budget.Budgets.Outcome;
import dev.mandate.domain.budget.Budgets.Refilled;
import dev.mandate.domain.budget.Budgets.Reservation;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.testing.InMemoryLeases;
import dev.mandate.testing.InMemoryLedger;
import dev.mandate.testing.TestClock;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Plays random sequences against several nodes that share accounts, with a store that loses,
/// doubles and delays messages, nodes that are killed, restart or pause, days that end and limits
/// that change.
///
/// At every admission the account has room, counting open calls at their worst. In sequences
/// without faults nobody is refused who had room all the while. At the end, all that is not spent
/// can be had from any node. A failure names its seed: put it into [#SEEDS] to see it again.
class LeaseModelTest {
  private static final int SEQUENCES = Integer.getInteger("mandate.lease.sequences", 600);
  private static final int STEPS = 250;
  private static final long[] SEEDS = {};
  private static final int ACCOUNTS = 3;

  private static final BudgetBounds BOUNDS =
      new BudgetBounds(16 * 1024, 64, 10_000, 1_000, 8, Duration.ofMillis(1), Duration.ofMillis(5));

  @TempDir Path folder;

  @Test
  void noSequenceOverspendsOrLosesMoney() {
    for (long seed : SEEDS) {
      play(seed);
    }
    // Fixed, so that a build says the same twice; -Dmandate.seed explores others.
    long first = Long.getLong("mandate.seed", 1);
    int admitted = 0;
    int refused = 0;
    for (int i = 0; i < SEQUENCES; i++) {
      Sequence sequence = play(first + i);
      admitted += sequence.calls.size();
      refused += sequence.refused;
    }
    // Else the generator has nothing to say.
    assertThat(admitted).isGreaterThan(10 * SEQUENCES);
    assertThat(refused).isGreaterThan(SEQUENCES);
  }

  private Sequence play(long seed) {
    Sequence sequence = new Sequence(seed, folder.resolve(Long.toHexString(seed)));
    try {
      sequence.play();
      return sequence;
    } catch (AssertionError | RuntimeException e) {
      sequence.describe();
      throw new AssertionError(
          "seed " + seed + "L: " + e.getMessage() + "\n" + String.join("\n", sequence.log), e);
    }
  }

  private static final class ModelCall {
    final int node;
    final List<Integer> path;
    final CalendarWindows windows;
    final Reservation reservation;
    boolean started;
    boolean ended;
    long requests = 1;
    long tokens;
    long costMicros;

    ModelCall(
        int node,
        List<Integer> path,
        CalendarWindows windows,
        Amount worst,
        Reservation reservation) {
      this.node = node;
      this.path = path;
      this.windows = windows;
      this.tokens = worst.tokens();
      this.costMicros = worst.costMicros();
      this.reservation = reservation;
    }

    long of(Unit unit) {
      return switch (unit) {
        case REQUESTS -> requests;
        case TOKENS -> tokens;
        case COST_MICROS -> costMicros;
      };
    }

    void release() {
      ended = true;
      requests = 0;
      tokens = 0;
      costMicros = 0;
    }
  }

  /// A call that waits for a refill.
  private static final class Waiter {
    final int node;
    final String id;
    final List<Integer> path;
    final Amount worst;
    final CompletableFuture<Refilled> refilled;
    final int tries;
    boolean hadRoomAlways = true;

    Waiter(
        int node,
        String id,
        List<Integer> path,
        Amount worst,
        CompletableFuture<Refilled> refilled,
        int tries) {
      this.node = node;
      this.id = id;
      this.path = path;
      this.worst = worst;
      this.refilled = refilled;
      this.tries = tries;
    }
  }

  private static final class Sequence {
    final List<String> log = new ArrayList<>();
    final List<ModelCall> calls = new ArrayList<>();
    int refused;

    private final RandomGenerator random;
    private final Path folder;
    private final TestClock clock = new TestClock(Instant.parse("2026-10-24T20:00:00Z"));
    private final InMemoryLedger ledger = new InMemoryLedger();
    private final InMemoryLeases store = new InMemoryLeases(ledger, clock);
    private final Limits[] limits = new Limits[ACCOUNTS];
    private final @Nullable LocalBudgets[] nodes;
    private final FaultyLeases[] ways;
    private final List<Waiter> waiters = new ArrayList<>();

    /// Messages get lost and nodes die.
    private final boolean faulty;

    private int ids;

    Sequence(long seed, Path folder) {
      this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
      this.folder = folder;
      this.faulty = random.nextBoolean();
      this.nodes = new LocalBudgets[1 + random.nextInt(3)];
      this.ways = new FaultyLeases[nodes.length];
      for (int i = 0; i < ACCOUNTS; i++) {
        limits[i] = randomLimits();
        log.add("limits of " + i + ": " + limits[i]);
      }
      for (int i = 0; i < nodes.length; i++) {
        ways[i] = new FaultyLeases(store, random);
        start(i);
      }
    }

    void play() {
      for (int i = 0; i < STEPS; i++) {
        act();
        observe();
      }
      settleDown();
      everythingIsReachable();
    }

    void describe() {
      for (int i = 0; i < ACCOUNTS; i++) {
        log.add("account " + i + " spent " + ledger.spent(id(i)));
        store.held(id(i)).forEach(held -> log.add("  " + held));
        int account = i;
        calls.stream()
            .filter(c -> c.path.contains(account) && c.requests > 0)
            .forEach(
                c ->
                    log.add(
                        "  %s on node %d: %d, %d%s"
                            .formatted(
                                c.reservation.call().id(),
                                c.node,
                                c.tokens,
                                c.costMicros,
                                c.ended ? "" : " open")));
      }
    }

    private void act() {
      switch (random.nextInt(20)) {
        case 0, 1, 2, 3 -> reserve();
        case 4, 5, 6 -> withCall(this::startCall);
        case 7, 8, 9 -> withCall(this::settle);
        case 10 -> withCall(this::release);
        case 11, 12, 13, 14 -> step(random.nextInt(nodes.length));
        case 15, 16 -> pass(Duration.ofMillis(random.nextInt(400)));
        case 17 -> flush(random.nextInt(nodes.length));
        case 18 -> {
          if (faulty) {
            fault();
          }
        }
        default -> {
          switch (random.nextInt(6)) {
            case 0 -> {
              int account = random.nextInt(ACCOUNTS);
              limits[account] = changed(limits[account]);
              // They wait under the old one.
              waiters.forEach(waiter -> waiter.hadRoomAlways = false);
              log.add("limits of " + account + ": " + limits[account]);
            }
            case 1 -> pass(Duration.ofMinutes(random.nextInt(600)));
            default -> pass(Duration.ofMillis(random.nextInt(3000)));
          }
        }
      }
    }

    /// Without faults nobody is away while another node waits for its answer.
    private void pass(Duration time) {
      clock.advance(faulty || waiters.isEmpty() ? time : Duration.ofMillis(random.nextInt(30)));
      if (!faulty) {
        IntStream.range(0, nodes.length).forEach(this::step);
      }
    }

    private void fault() {
      int node = random.nextInt(nodes.length);
      switch (random.nextInt(6)) {
        case 0 -> ways[node].faults = random.nextInt(60);
        case 1 -> ways[node].faults = 0;
        case 2, 3 -> ways[node].deliverOne();
        case 4 -> kill(node);
        default -> start(node);
      }
    }

    private void start(int node) {
      if (nodes[node] == null) {
        log.add("start " + node);
        nodes[node] =
            LocalBudgets.recover(
                folder.resolve("node" + node),
                ledger,
                new Sharing(
                    ways[node],
                    "node" + node,
                    LeaseBounds.DEFAULT,
                    () -> clock.millis() * 1_000_000),
                clock,
                BOUNDS);
      }
    }

    private void kill(int node) {
      LocalBudgets budgets = nodes[node];
      if (budgets == null) {
        return;
      }
      log.add("kill " + node);
      if (random.nextInt(4) == 0) {
        budgets.close();
      } else {
        budgets.abandon();
      }
      nodes[node] = null;
      waiters.removeIf(waiter -> waiter.node == node);
      for (ModelCall call : calls) {
        if (call.node == node && !call.ended) {
          if (call.started) {
            call.ended = true;
          } else {
            call.release();
          }
        }
      }
    }

    private void withCall(java.util.function.Consumer<ModelCall> verb) {
      List<ModelCall> open = calls.stream().filter(c -> !c.ended).toList();
      if (!open.isEmpty()) {
        verb.accept(open.get(random.nextInt(open.size())));
      }
    }

    private LocalBudgets node(int node) {
      return Objects.requireNonNull(nodes[node]);
    }

    private void startCall(ModelCall call) {
      node(call.node).started(call.reservation);
      call.started = true;
    }

    private void settle(ModelCall call) {
      call.tokens = random.nextLong(call.tokens + 1);
      call.costMicros = random.nextLong(call.costMicros + 1);
      call.ended = true;
      long input = random.nextLong(call.tokens + 1);
      log.add("settle " + call.reservation + " at " + call.tokens + ", " + call.costMicros);
      node(call.node)
          .settle(
              call.reservation, Usage.of(input, call.tokens - input), call.costMicros, "ok", false);
    }

    private void release(ModelCall call) {
      if (!call.started) {
        log.add("release " + call.reservation);
        node(call.node).release(call.reservation);
        call.release();
      }
    }

    private void step(int node) {
      LocalBudgets budgets = nodes[node];
      if (budgets != null) {
        try {
          var _ = budgets.step();
          log.add("step " + node);
        } catch (FaultyLeases.Lost e) {
          log.add("step " + node + ": " + e.getMessage());
        }
      }
    }

    private void flush(int node) {
      LocalBudgets budgets = nodes[node];
      if (budgets != null) {
        try {
          budgets.flush();
          budgets.maintain();
          log.add("flush " + node);
        } catch (FaultyLeases.Lost e) {
          log.add("flush " + node + ": " + e.getMessage());
        }
      }
    }

    private void reserve() {
      int node = random.nextInt(nodes.length);
      if (nodes[node] == null) {
        return;
      }
      List<Integer> path = new ArrayList<>(List.of(0, 1, 2));
      Collections.shuffle(path, random);
      path = List.copyOf(path.subList(0, 1 + random.nextInt(2)));
      boolean large = random.nextInt(4) == 0;
      reserve(
          node,
          "call_" + ids++,
          path,
          new Amount(random.nextInt(large ? 400 : 40), random.nextInt(large ? 400 : 40)),
          0);
    }

    private void reserve(int node, String id, List<Integer> path, Amount worst, int tries) {
      boolean fits = path.stream().allMatch(a -> fits(a, worst));
      Outcome outcome = node(node).reserve(Calls.call(id), accounts(path), worst);
      log.add("reserve " + id + " on " + node + " of " + path + ": " + worst + " " + outcome);
      switch (outcome) {
        case Outcome.Held held -> {
          assertThat(fits).describedAs("admitted").isTrue();
          calls.add(new ModelCall(node, path, now(), worst, held.reservation()));
        }
        case Outcome.Over over -> {
          refused++;
          if (!faulty) {
            assertThat(fits).describedAs("refused " + id + " " + over).isFalse();
          }
        }
        case Outcome.NotAtHand _ -> {
          if (tries < 16) {
            waiters.add(
                new Waiter(
                    node,
                    id,
                    path,
                    worst,
                    node(node).refill(accounts(path), worst, worst),
                    tries + 1));
          }
        }
        case Outcome.Unavailable _ -> node(node).maintain();
      }
    }

    private void observe() {
      for (Waiter waiter : waiters) {
        waiter.hadRoomAlways &= waiter.path.stream().allMatch(this::fitsBesideAllWhoWait);
      }
      for (Waiter waiter : List.copyOf(waiters)) {
        if (waiter.refilled.isDone()) {
          waiters.remove(waiter);
          Refilled refilled = waiter.refilled.join();
          log.add("refilled " + waiter.id + ": " + refilled);
          switch (refilled) {
            case Refilled.Ready _ ->
                reserve(waiter.node, waiter.id, waiter.path, waiter.worst, waiter.tries);
            case Refilled.Refused(Outcome.Over over) -> {
              refused++;
              if (!faulty) {
                assertThat(waiter.hadRoomAlways)
                    .describedAs("refused " + waiter.id + " " + over)
                    .isFalse();
              }
            }
            case Refilled.Failed _ -> {}
          }
        }
      }
    }

    private CalendarWindows now() {
      return CalendarWindows.at(ZoneOffset.UTC, clock.instant());
    }

    private static AccountId id(int account) {
      return AccountId.of(Calls.TENANT, Calls.MANDATE, account);
    }

    private List<Account> accounts(List<Integer> path) {
      return path.stream().map(a -> new Account(id(a), limits[a], ZoneOffset.UTC)).toList();
    }

    private Limits randomLimits() {
      return Calls.limits(limit(40), null, limit(1000), limit(2000))
          .with(Limit.REQUESTS_PER_MINUTE, wide(limit(20)))
          .with(Limit.COST_MICROS_PER_HOUR, wide(limit(1500)))
          .with(Limit.TOKENS_PER_MONTH, wide(limit(4000)));
    }

    /// Higher or lower, but there or not as before: see the decision on leases for why.
    private Limits changed(Limits old) {
      return Limits.each(
          limit ->
              switch (limit.unit()) {
                case REQUESTS -> changed(old, limit, 60);
                case TOKENS -> changed(old, limit, 1500);
                case COST_MICROS -> changed(old, limit, 3000);
              });
    }

    private @Nullable Long changed(Limits old, Limit limit, int most) {
      return old.bounds(limit) ? Long.valueOf(random.nextInt(most)) : null;
    }

    private static @Nullable Long wide(@Nullable Integer limit) {
      return limit == null ? null : Long.valueOf(limit);
    }

    private @Nullable Integer limit(int most) {
      return switch (random.nextInt(6)) {
        case 0 -> null;
        case 1 -> 50 * most;
        default -> random.nextInt(most);
      };
    }

    /// What is used of a limit in the window that is open.
    private long used(int account, Limit limit) {
      long open = now().id(Objects.requireNonNull(limit.period()));
      return calls.stream()
          .filter(c -> c.path.contains(account) && c.windows.id(limit.period()) == open)
          .mapToLong(c -> c.of(limit.unit()))
          .sum();
    }

    /// What is fetched for a call that waits for another account as well is not there for others.
    private boolean fitsBesideAllWhoWait(int account) {
      List<Waiter> all = waiters.stream().filter(w -> w.path.contains(account)).toList();
      Amount together =
          new Amount(
              all.stream().mapToLong(w -> w.worst.tokens()).sum(),
              all.stream().mapToLong(w -> w.worst.costMicros()).sum());
      return fits(account, together, all.size());
    }

    private boolean fits(int account, Amount worst) {
      return fits(account, worst, 1);
    }

    private boolean fits(int account, Amount worst, int requests) {
      return limits[account].bounded().stream()
          .allMatch(
              limit ->
                  used(account, limit)
                          + switch (limit.unit()) {
                            case REQUESTS -> requests;
                            case TOKENS -> worst.tokens();
                            case COST_MICROS -> worst.costMicros();
                          }
                      <= limits[account].most(limit));
    }

    /// The faults end, everybody is there, all calls have ended.
    private void settleDown() {
      for (int i = 0; i < nodes.length; i++) {
        ways[i].faults = 0;
        start(i);
      }
      for (FaultyLeases way : ways) {
        way.deliverAll();
      }
      calls.stream().filter(c -> !c.ended).toList().forEach(this::settle);
      rounds(200);
      assertThat(waiters).isEmpty();
    }

    private void rounds(int count) {
      for (int i = 0; i < count; i++) {
        clock.advance(Duration.ofMillis(20));
        IntStream.range(0, nodes.length).forEach(this::flush);
        IntStream.range(0, nodes.length).forEach(this::step);
        observe();
      }
    }

    private void everythingIsReachable() {
      for (int i = 0; i < 2 * ACCOUNTS; i++) {
        int account = i % ACCOUNTS;
        int node = random.nextInt(nodes.length);
        long requests = left(account, Unit.REQUESTS);
        long tokens = left(account, Unit.TOKENS);
        long cost = left(account, Unit.COST_MICROS);
        if (requests < 1 || tokens < 0 || cost < 0) {
          continue;
        }
        int before = calls.size();
        log.add("all of " + account);
        reserve(node, "all_" + i, List.of(account), new Amount(tokens, cost), 0);
        rounds(60);
        assertThat(calls).describedAs("all of account " + account).hasSize(before + 1);
        ModelCall last = calls.getLast();
        if (i < ACCOUNTS) {
          release(last);
        }
      }
    }

    private long left(int account, Unit unit) {
      return limits[account].bounded().stream()
          .filter(limit -> limit.unit() == unit)
          .mapToLong(limit -> limits[account].most(limit) - used(account, limit))
          .min()
          .orElse(7);
    }
  }
}
