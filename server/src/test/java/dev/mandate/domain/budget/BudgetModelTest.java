package dev.mandate.domain.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.Period;
import dev.mandate.domain.budget.Budgets.Outcome;
import dev.mandate.domain.budget.Budgets.Reservation;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.testing.InMemoryLedger;
import dev.mandate.testing.TestClock;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Plays random sequences against [LocalBudgets] and against a model that is too simple to be
/// wrong, and compares them after every step. A failure names its seed: put it into [#SEEDS] to see
/// it again.
class BudgetModelTest {
  private static final int SEQUENCES = 1000;
  private static final int STEPS = 150;
  private static final long[] SEEDS = {};
  private static final int ACCOUNTS = 4;

  /// Segments so small that a sequence fills several: rotation, carrying over and discarding are in
  /// play.
  private static final BudgetBounds BOUNDS =
      new BudgetBounds(4608, 64, 10_000, 1_000, 8, Duration.ofMillis(1), Duration.ofMillis(5));

  private static final List<ZoneId> ZONES =
      Stream.of("UTC", "Europe/Berlin", "Pacific/Auckland", "America/St_Johns", "America/Havana")
          .map(ZoneId::of)
          .toList();

  @TempDir Path folder;

  @Test
  void randomSequencesEndAsTheModelSays() {
    for (long seed : SEEDS) {
      play(seed);
    }
    long first = System.nanoTime();
    for (int i = 0; i < SEQUENCES; i++) {
      play(first + i);
    }
  }

  private void play(long seed) {
    try {
      new Sequence(seed, folder.resolve(Long.toHexString(seed))).play();
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("seed " + seed + "L: " + e.getMessage(), e);
    }
  }

  /// The model of one call.
  private static final class ModelCall {
    final String id;
    final List<Integer> path;
    final Amount worst;
    final LocalDate day;
    @Nullable Reservation reservation;
    boolean started;
    boolean ended;
    boolean charged;
    long tokens;
    long costMicros;

    ModelCall(String id, List<Integer> path, Amount worst, LocalDate day) {
      this.id = id;
      this.path = path;
      this.worst = worst;
      this.day = day;
      this.tokens = worst.tokens();
      this.costMicros = worst.costMicros();
    }

    Reservation held() {
      return java.util.Objects.requireNonNull(reservation);
    }

    /// Whether it counts: open at its worst, settled at the truth, released not at all.
    boolean counts() {
      return !ended || charged;
    }
  }

  private static final class Sequence {
    private final RandomGenerator random;
    private final ZoneId zone;
    private final Path folder;
    private final InMemoryLedger ledger = new InMemoryLedger();
    private final TestClock clock;
    private final Limits[] limits = new Limits[ACCOUNTS];
    private final List<ModelCall> calls = new ArrayList<>();
    private final List<ModelCall> open = new ArrayList<>();
    private LocalBudgets budgets;

    /// In half of the sequences calls are many and linger, and the process seldom ends, so that the
    /// journal rotates and carries over.
    private final boolean isLong;

    private boolean refusing;

    Sequence(long seed, Path folder) {
      this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
      this.folder = folder;
      this.isLong = random.nextBoolean();
      this.zone = ZONES.get(random.nextInt(ZONES.size()));
      this.clock = new TestClock(Instant.parse("2026-10-24T20:00:00Z"));
      for (int i = 0; i < ACCOUNTS; i++) {
        limits[i] = randomLimits();
      }
      this.budgets = reopen();
    }

    void play() {
      for (int step = 0; step < STEPS; step++) {
        step();
        compare();
      }
      refuse(false);
      budgets.flush();
      for (ModelCall call : List.copyOf(open)) {
        settle(call);
      }
      budgets.close();
      compareLedger();
    }

    private void step() {
      switch (random.nextInt(21)) {
        case 0, 1, 2, 3, 4, 5 -> reserve();
        case 6, 7, 8 -> with(this::start);
        case 9, 10, 11, 12 -> with(this::settle);
        case 13 -> with(this::release);
        case 14 -> again();
        case 15 ->
            clock.advance(Duration.ofMinutes(random.nextInt(random.nextInt(10) == 0 ? 5000 : 600)));
        case 16 -> limits[random.nextInt(ACCOUNTS)] = randomLimits();
        case 17, 18 -> {
          if (refusing && budgets.backlog() > 0) {
            assertThatThrownBy(budgets::flush).hasMessageContaining("refuses");
          } else {
            budgets.flush();
          }
          budgets.maintain();
        }
        case 19 -> refuse(random.nextInt(4) == 0);
        default -> {
          if (random.nextInt(isLong ? 10 : 2) == 0) {
            endOfProcess();
          }
        }
      }
    }

    private void with(java.util.function.Consumer<ModelCall> verb) {
      if (!open.isEmpty()) {
        int at = random.nextInt(open.size());
        verb.accept(open.get(isLong ? Math.max(at, random.nextInt(open.size())) : at));
      }
    }

    private LocalDate today() {
      return clock.instant().atZone(zone).toLocalDate();
    }

    private void reserve() {
      List<Integer> path = new ArrayList<>(List.of(0, 1, 2, 3));
      Collections.shuffle(path, random);
      path = List.copyOf(path.subList(0, 1 + random.nextInt(ACCOUNTS)));
      Amount worst = new Amount(random.nextInt(60), random.nextInt(60));
      ModelCall call = new ModelCall("call_" + calls.size(), path, worst, today());
      boolean fits = path.stream().allMatch(a -> fits(a, worst));
      Outcome outcome = budgets.reserve(Calls.call(call.id), accounts(path), worst);
      switch (outcome) {
        case Outcome.Held held -> {
          assertThat(fits).describedAs("%s admitted %s", this, call.worst).isTrue();
          call.reservation = held.reservation();
          calls.add(call);
          open.add(call);
        }
        case Outcome.Over over -> {
          assertThat(fits).describedAs("%s refused %s: %s", this, call.worst, over).isFalse();
          if (over.retryAfter() != null) {
            assertThat(over.limit()).isEqualTo(Limit.TOKENS_PER_DAY);
            Instant then = clock.instant().plus(over.retryAfter());
            assertThat(then.atZone(zone).toLocalDate()).isEqualTo(today().plusDays(1));
            assertThat(then.minusMillis(1).atZone(zone).toLocalDate()).isEqualTo(today());
          }
        }
        case Outcome.NotAtHand _ -> throw new AssertionError("the only node has all accounts");
        case Outcome.Unavailable unavailable ->
            // Two small segments fill before anything else keeps the journal up here.
            budgets.maintain();
      }
    }

    private void start(ModelCall call) {
      budgets.started(call.held());
      call.started = true;
    }

    private void settle(ModelCall call) {
      boolean overdraft = random.nextInt(8) == 0;
      long tokens = random.nextLong(call.worst.tokens() * (overdraft ? 3 : 1) + 1);
      call.tokens = tokens;
      call.costMicros = random.nextLong(call.worst.costMicros() * (overdraft ? 3 : 1) + 1);
      long input = random.nextLong(tokens + 1);
      Usage usage = Usage.of(input, tokens - input);
      budgets.settle(call.held(), usage, call.costMicros, "ok", false);
      end(call, true);
    }

    private void release(ModelCall call) {
      if (call.started) {
        assertThatThrownBy(() -> budgets.release(call.held()))
            .isInstanceOf(IllegalStateException.class);
      } else {
        budgets.release(call.held());
        end(call, false);
      }
    }

    private void end(ModelCall call, boolean charged) {
      call.ended = true;
      call.charged = charged;
      open.remove(call);
    }

    /// Ends a call that has ended, if it is one of this process.
    private void again() {
      if (calls.isEmpty()) {
        return;
      }
      ModelCall call = calls.get(random.nextInt(calls.size()));
      if (call.ended && call.reservation != null) {
        budgets.settle(call.held(), Usage.of(99, 99), 99, "ok", false);
        budgets.release(call.held());
      }
    }

    private void refuse(boolean refuse) {
      refusing = refuse;
      ledger.refuse(entry -> refuse);
    }

    private void endOfProcess() {
      if (random.nextInt(3) == 0) {
        budgets.close();
      } else {
        budgets.abandon();
      }
      refuse(false);
      for (ModelCall call : List.copyOf(open)) {
        end(call, call.started);
      }
      calls.forEach(call -> call.reservation = null);
      budgets = reopen();
      compareLedger();
    }

    private LocalBudgets reopen() {
      LocalBudgets opened = LocalBudgets.recover(folder, ledger, null, clock, BOUNDS);
      opened.load(Stream.of(0, 1, 2, 3).map(Sequence::id).toList());
      return opened;
    }

    private static AccountId id(int account) {
      return AccountId.of(Calls.TENANT, Calls.MANDATE, account);
    }

    private List<Account> accounts(List<Integer> path) {
      return path.stream().map(a -> new Account(id(a), limits[a], zone)).toList();
    }

    private Limits randomLimits() {
      return Calls.limits(
          limit(20), random.nextInt(3) == 0 ? limit(80) : null, limit(500), limit(800));
    }

    private @Nullable Integer limit(int most) {
      if (isLong && random.nextInt(4) != 0) {
        return 100 * most;
      }
      return switch (random.nextInt(8)) {
        case 0 -> null;
        case 1 -> 0;
        default -> random.nextInt(most);
      };
    }

    private long used(int account, java.util.function.ToLongFunction<ModelCall> part) {
      return calls.stream()
          .filter(c -> c.counts() && c.path.contains(account))
          .mapToLong(part)
          .sum();
    }

    private long usedToday(int account) {
      LocalDate today = today();
      return used(account, c -> c.day.equals(today) ? c.tokens : 0);
    }

    private boolean fits(int account, Amount worst) {
      Limits bound = limits[account];
      return within(bound.requests(), used(account, c -> 1), 1)
          && within(bound.tokensPerRequest(), 0, worst.tokens())
          && within(bound.tokensPerDay(), usedToday(account), worst.tokens())
          && within(bound.costMicros(), used(account, c -> c.costMicros), worst.costMicros());
    }

    private static boolean within(@Nullable Long limit, long used, long wanted) {
      return limit == null || used + wanted <= limit;
    }

    private static long left(@Nullable Long limit, long used) {
      return limit == null ? Long.MAX_VALUE : Math.max(0, limit - used);
    }

    private void compare() {
      for (int a = 0; a < ACCOUNTS; a++) {
        Budgets.Room expected =
            new Budgets.Room(
                left(limits[a].requests(), used(a, c -> 1)),
                Math.min(
                    left(limits[a].tokensPerRequest(), 0),
                    left(limits[a].tokensPerDay(), usedToday(a))),
                left(limits[a].costMicros(), used(a, c -> c.costMicros)));
        assertThat(budgets.room(accounts(List.of(a)), true))
            .describedAs("account " + a)
            .isEqualTo(expected);
      }
    }

    private void compareLedger() {
      for (int a = 0; a < ACCOUNTS; a++) {
        int account = a;
        List<ModelCall> charged =
            calls.stream().filter(c -> c.charged && c.path.contains(account)).toList();
        LedgerStore.Spent spent = ledger.spent(id(a));
        assertThat(spent.ever())
            .isEqualTo(
                new LedgerStore.Sum(
                    charged.size(),
                    charged.stream().mapToLong(c -> c.tokens).sum(),
                    charged.stream().mapToLong(c -> c.costMicros).sum()));
        charged.stream()
            .map(c -> c.day)
            .distinct()
            .forEach(
                day ->
                    assertThat(
                            spent
                                .windows()
                                .get(new LedgerStore.Stretch(Period.DAY, day.toEpochDay())))
                        .extracting(LedgerStore.Sum::tokens)
                        .isEqualTo(
                            charged.stream()
                                .filter(c -> c.day.equals(day))
                                .mapToLong(c -> c.tokens)
                                .sum()));
      }
    }
  }
}
