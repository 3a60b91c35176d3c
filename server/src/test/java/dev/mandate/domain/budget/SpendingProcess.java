package dev.mandate.domain.budget;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.budget.Budgets.Outcome;
import dev.mandate.domain.budget.Budgets.Reservation;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Usage;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/// Spends on several threads until it is killed and says each step after its verb has returned.
///
/// Arguments: folder, number of the run. In odd runs its ledger is a file, in even ones it is out
/// of reach.
final class SpendingProcess {
  static final Amount WORST = new Amount(100, 1000);
  private static final int THREADS = 4;
  private static final CalendarWindows DAY = CalendarWindows.of(0, 20_778);
  private static final Instant NOW = Instant.parse("2026-11-21T10:00:00Z");

  private SpendingProcess() {}

  public static void main(String[] args) {
    Path folder = Path.of(args[0]);
    boolean reachable = Integer.parseInt(args[1]) % 2 == 1;
    // Small segments, so that the kill falls into rotations too.
    BudgetBounds bounds =
        new BudgetBounds(
            64 * 1024,
            10_000,
            10_000_000,
            1_000,
            50,
            java.time.Duration.ofMillis(5),
            java.time.Duration.ofMillis(50));
    LocalBudgets budgets =
        LocalBudgets.open(
            folder.resolve("journal"),
            new FileLedger(folder.resolve("ledger"), reachable),
            InstantSource.fixed(NOW),
            Thread.ofPlatform().daemon().factory(),
            bounds);
    budgets.load(List.of(Calls.OF_MANDATE));
    for (int t = 0; t < THREADS; t++) {
      String prefix = "call_" + args[1] + "_" + t + "_";
      Thread.ofPlatform().start(() -> spend(budgets, prefix));
    }
  }

  private static void spend(LocalBudgets budgets, String prefix) {
    PrintStream out = System.out;
    List<Account> path = List.of(Calls.account(Calls.OF_MANDATE, Limits.NONE));
    for (int i = 0; ; i++) {
      String id = prefix + i;
      Outcome outcome = budgets.reserve(Calls.call(id), path, WORST);
      if (!(outcome instanceof Outcome.Held held)) {
        // The journal makes room in a moment.
        Thread.onSpinWait();
        continue;
      }
      Reservation reservation = held.reservation();
      out.print("held " + id + "\n");
      if (i % 10 == 3) {
        budgets.release(reservation);
        out.print("released " + id + "\n");
        continue;
      }
      budgets.started(reservation);
      out.print("started " + id + "\n");
      if (i % 50 == 7) {
        continue;
      }
      long cost = ThreadLocalRandom.current().nextLong(WORST.costMicros() + 1);
      budgets.settle(reservation, Usage.of(cost / 10, 0), cost, "ok", false);
      out.print("settled " + id + " " + cost + "\n");
    }
  }

  /// Entries of which every line arrived whole.
  static List<LedgerEntry> read(Path file) throws IOException {
    String text = Files.readString(file);
    List<LedgerEntry> entries = new ArrayList<>();
    for (String line : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
      String[] words = line.split(" ", -1);
      entries.add(
          new LedgerEntry(
              Calls.call(words[0]),
              List.of(Calls.OF_MANDATE),
              NOW,
              NOW,
              DAY,
              Usage.of(Long.parseLong(words[1]), 0),
              Long.parseLong(words[2]),
              "ok",
              false));
    }
    return entries;
  }

  private record FileLedger(Path file, boolean reachable) implements LedgerStore {
    @Override
    public Map<AccountId, Spent> spent(Collection<AccountId> accounts) {
      return Map.of();
    }

    @Override
    public void append(List<LedgerEntry> entries) {
      if (!reachable) {
        throw new IllegalStateException("out of reach");
      }
      StringBuilder lines = new StringBuilder();
      for (LedgerEntry entry : entries) {
        lines.append(entry.call().id()).append(' ');
        lines.append(entry.usage().total()).append(' ').append(entry.costMicros()).append('\n');
      }
      try {
        Files.writeString(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public Summary summary(TenantId tenant, MandateId mandate) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<LedgerEntry> latest(TenantId tenant, MandateId mandate, int limit) {
      throw new UnsupportedOperationException();
    }
  }
}
