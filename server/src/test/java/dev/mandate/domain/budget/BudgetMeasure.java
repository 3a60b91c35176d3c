package dev.mandate.domain.budget;

import dev.mandate.domain.budget.Budgets.Outcome;
import dev.mandate.domain.budget.Budgets.Reservation;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.testing.InMemoryLedger;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/// Prints what reserve, started and settle take, on a path of two accounts, with the journal and a
/// ledger that takes everything. A figure to compare with itself, not a test.
final class BudgetMeasure {
  private static final int CALLS = 400_000;
  private static final int ROUNDS = 8;

  private BudgetMeasure() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("budget-measure");
    try (LocalBudgets budgets =
        LocalBudgets.open(
            folder,
            new Sink(),
            InstantSource.system(),
            Thread.ofPlatform().daemon().factory(),
            // Room for what one thread can do in a second, which no node's calls can.
            new BudgetBounds(
                128 * 1024 * 1024,
                8,
                10_000_000,
                1_000,
                1_000,
                Duration.ofMillis(10),
                Duration.ofSeconds(1)))) {
      budgets.load(List.of(Calls.OF_MANDATE, Calls.OF_USER));
      for (int threads : new int[] {1, 2}) {
        for (int round = 0; round < ROUNDS; round++) {
          System.out.println(threads + " threads: " + round(budgets, threads));
        }
      }
    }
    Files.deleteIfExists(folder.resolve("lock"));
    Files.delete(folder);
  }

  private record Figures(
      long reserve, long started, long settle, long cpu, long bytes, long refused) {
    @Override
    public String toString() {
      return "reserve %d ns, started %d ns, settle %d ns, together %d ns (%d ns of CPU with the loop around them); %d bytes allocated; %d refused"
          .formatted(reserve, started, settle, reserve + started + settle, cpu, bytes, refused);
    }
  }

  private static Figures round(LocalBudgets budgets, int threads) throws InterruptedException {
    Figures[] figures = new Figures[threads];
    Thread[] running = new Thread[threads];
    for (int t = 0; t < threads; t++) {
      int at = t;
      running[t] = Thread.ofPlatform().start(() -> figures[at] = run(budgets));
    }
    for (Thread thread : running) {
      thread.join();
    }
    budgets.flush();
    return figures[0];
  }

  /// In groups, so that reading the clock weighs little.
  private static Figures run(LocalBudgets budgets) {
    int group = 64;
    Reservation[] held = new Reservation[group];
    Call[] calls = new Call[group];
    var limits = new dev.mandate.domain.access.Limits(1L << 40, 8000L, 1L << 50, 1L << 50);
    List<Account> path =
        List.of(Calls.account(Calls.OF_MANDATE, limits), Calls.account(Calls.OF_USER, limits));
    Usage usage = Usage.of(300, 200);
    Amount worst = new Amount(4000, 900);
    var memory = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long[] nanos = new long[3];
    long bytes = 0;
    long cpu = memory.getCurrentThreadCpuTime();
    long refused = 0;
    for (int done = 0; done < CALLS; done += group) {
      for (int i = 0; i < group; i++) {
        calls[i] = Calls.call("req_01hq3v9k7t8xkz5n2m" + (10_000_000 + done + i));
      }
      long before = memory.getCurrentThreadAllocatedBytes();
      long t0 = System.nanoTime();
      for (int i = 0; i < group; i++) {
        Outcome outcome = budgets.reserve(calls[i], path, worst);
        while (!(outcome instanceof Outcome.Held)) {
          refused++;
          Thread.onSpinWait();
          outcome = budgets.reserve(calls[i], path, worst);
        }
        held[i] = ((Outcome.Held) outcome).reservation();
      }
      long t1 = System.nanoTime();
      for (Reservation one : held) {
        budgets.started(one);
      }
      long t2 = System.nanoTime();
      for (Reservation one : held) {
        budgets.settle(one, usage, 120, "ok", false);
      }
      long t3 = System.nanoTime();
      bytes += memory.getCurrentThreadAllocatedBytes() - before;
      nanos[0] += t1 - t0;
      nanos[1] += t2 - t1;
      nanos[2] += t3 - t2;
    }
    return new Figures(
        nanos[0] / CALLS,
        nanos[1] / CALLS,
        nanos[2] / CALLS,
        (memory.getCurrentThreadCpuTime() - cpu) / CALLS,
        bytes / CALLS,
        refused);
  }

  private static final class Sink implements LedgerStore {
    private final InMemoryLedger empty = new InMemoryLedger();

    @Override
    public Map<AccountId, Spent> spent(Collection<AccountId> accounts) {
      return empty.spent(accounts);
    }

    @Override
    public void append(List<LedgerEntry> entries) {}

    @Override
    public Summary summary(
        dev.mandate.domain.tenant.TenantId tenant, dev.mandate.domain.mandate.MandateId mandate) {
      return empty.summary(tenant, mandate);
    }

    @Override
    public List<LedgerEntry> latest(
        dev.mandate.domain.tenant.TenantId tenant,
        dev.mandate.domain.mandate.MandateId mandate,
        int limit) {
      return empty.latest(tenant, mandate, limit);
    }
  }
}
