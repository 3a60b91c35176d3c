package dev.mandate.domain.budget;

import static dev.mandate.domain.budget.Calls.OF_MANDATE;
import static dev.mandate.domain.budget.Calls.account;
import static dev.mandate.domain.budget.Calls.call;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.budget.Budgets.Outcome;
import dev.mandate.domain.budget.Budgets.Reservation;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.testing.InMemoryLedger;
import dev.mandate.testing.TestClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The way from a settled call into the ledger, when it is long.
class BudgetFlushTest {
  private static final List<Account> PATH = List.of(account(OF_MANDATE, Limits.NONE));

  @TempDir Path folder;
  private final InMemoryLedger ledger = new InMemoryLedger();
  private final TestClock clock = new TestClock(Instant.parse("2026-11-21T10:00:00Z"));

  private LocalBudgets recover(BudgetBounds bounds) {
    LocalBudgets budgets = LocalBudgets.recover(folder, ledger, null, clock, bounds);
    budgets.load(List.of(OF_MANDATE));
    return budgets;
  }

  private static Reservation held(LocalBudgets budgets, String id) {
    return ((Outcome.Held) budgets.reserve(call(id), PATH, new Amount(20, 10))).reservation();
  }

  private static void spend(LocalBudgets budgets, String id) {
    Reservation reservation = held(budgets, id);
    budgets.started(reservation);
    budgets.settle(reservation, Usage.of(1, 0), 1, "ok", false);
  }

  private List<String> ids() {
    return ledger.entries().stream().map(entry -> entry.call().id()).toList();
  }

  private long files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(".journal")).count();
    }
  }

  @Test
  void theThreadBringsEntriesIntoTheLedgerByItself() throws InterruptedException {
    CountDownLatch arrived = new CountDownLatch(100);
    ledger.refuse(
        entry -> {
          arrived.countDown();
          return false;
        });
    try (LocalBudgets budgets =
        LocalBudgets.open(folder, ledger, clock, Thread.ofPlatform().daemon().factory())) {
      budgets.load(List.of(OF_MANDATE));
      IntStream.range(0, 100).forEach(i -> spend(budgets, "call_" + i));
      assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(ids()).hasSize(100);
  }

  @Test
  void theThreadKeepsTryingUntilTheLedgerAccepts() throws InterruptedException {
    CountDownLatch refusals = new CountDownLatch(5);
    CountDownLatch accepted = new CountDownLatch(1);
    ledger.refuse(
        entry -> {
          if (refusals.getCount() == 0) {
            accepted.countDown();
            return false;
          }
          refusals.countDown();
          return true;
        });
    try (LocalBudgets budgets =
        LocalBudgets.open(
            folder, ledger, clock, Thread.ofPlatform().daemon().factory(), Calls.SMALL)) {
      budgets.load(List.of(OF_MANDATE));
      spend(budgets, "call");
      assertThat(accepted.await(10, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(ids()).containsExactly("call");
    assertThat(ledger.spent(OF_MANDATE).ever().requests()).isEqualTo(1);
  }

  @Test
  void whatTheLedgerRefusedIsOfferedAgainAndChargedOnce() {
    LocalBudgets budgets = recover(Calls.SMALL);
    IntStream.range(0, 20).forEach(i -> spend(budgets, "call_" + i));
    ledger.refuse(entry -> entry.call().id().equals("call_12"));
    assertThatThrownBy(budgets::flush).hasMessageContaining("call_12");
    assertThat(budgets.backlog()).isEqualTo(12);
    ledger.refuse(entry -> false);
    budgets.flush();
    assertThat(ids()).hasSize(20).startsWith("call_0").endsWith("call_19");
    assertThat(ledger.spent(OF_MANDATE).ever().costMicros()).isEqualTo(20);
    budgets.close();
  }

  @Test
  void oneBadEntryDoesNotKeepTheOthersOut() {
    LocalBudgets budgets = recover(Calls.SMALL);
    ledger.refuse(entry -> entry.call().id().equals("call_0"));
    IntStream.range(0, 20).forEach(i -> spend(budgets, "call_" + i));
    for (int attempt = 0; attempt < 10 && budgets.backlog() > 1; attempt++) {
      assertThatThrownBy(budgets::flush).hasMessageContaining("call_0");
    }
    assertThat(ids()).hasSize(19).doesNotContain("call_0");
    budgets.abandon();
    ledger.refuse(entry -> false);
    recover(Calls.SMALL).close();
    assertThat(ids()).hasSize(20).contains("call_0");
    assertThat(ledger.spent(OF_MANDATE).ever().requests()).isEqualTo(20);
  }

  @Test
  void aCrashAfterTheLedgerTookABatchChargesItOnce() {
    LocalBudgets budgets = recover(Calls.SMALL);
    IntStream.range(0, 5).forEach(i -> spend(budgets, "call_" + i));
    budgets.flush();
    spend(budgets, "call_5");
    budgets.abandon();
    recover(Calls.SMALL).close();
    assertThat(ids()).hasSize(6);
    assertThat(ledger.spent(OF_MANDATE).ever().costMicros()).isEqualTo(6);
  }

  @Test
  void anEndWithoutTheLedgerLeavesItToTheNextStart() {
    LocalBudgets budgets = recover(Calls.SMALL);
    spend(budgets, "call");
    ledger.refuse(entry -> true);
    budgets.close();
    assertThat(ids()).isEmpty();
    assertThatThrownBy(() -> recover(Calls.SMALL)).hasMessageContaining("call");
    ledger.refuse(entry -> false);
    recover(Calls.SMALL).close();
    assertThat(ids()).containsExactly("call");
  }

  @Test
  void tooManyUnkeptCallsStopAdmissionUntilTheLedgerIsBack() {
    BudgetBounds bounds =
        new BudgetBounds(16 * 1024, 16, 10, 1_000, 8, Duration.ofMillis(1), Duration.ofMillis(5));
    LocalBudgets budgets = recover(bounds);
    ledger.refuse(entry -> true);
    Reservation open = held(budgets, "open");
    IntStream.range(0, 9).forEach(i -> spend(budgets, "call_" + i));
    assertThat(budgets.reserve(call("more"), PATH, new Amount(1, 1)))
        .isEqualTo(new Outcome.Unavailable("1 calls are open, 9 wait for the ledger"));
    budgets.started(open);
    budgets.settle(open, Usage.of(1, 0), 1, "ok", false);
    assertThat(budgets.backlog()).isEqualTo(10);
    ledger.refuse(entry -> false);
    budgets.flush();
    spend(budgets, "after");
    budgets.close();
    assertThat(ids()).hasSize(11).contains("open", "after").doesNotContain("more");
  }

  @Test
  void aFullJournalStopsAdmissionButEveryOpenCallStillSettles() throws IOException {
    BudgetBounds bounds =
        new BudgetBounds(4096, 2, 10_000, 1_000, 8, Duration.ofMillis(1), Duration.ofMillis(5));
    LocalBudgets budgets = recover(bounds);
    ledger.refuse(entry -> true);
    ArrayDeque<Reservation> open = new ArrayDeque<>();
    Outcome outcome = budgets.reserve(call("call_0"), PATH, new Amount(20, 10));
    for (int i = 1; outcome instanceof Outcome.Held held; i++) {
      open.add(held.reservation());
      budgets.maintain();
      outcome = budgets.reserve(call("call_" + i), PATH, new Amount(20, 10));
    }
    assertThat(outcome).isInstanceOf(Outcome.Unavailable.class);
    assertThat(((Outcome.Unavailable) outcome).reason()).contains("journal is full");
    int admitted = open.size();
    assertThat(admitted).isBetween(5, 40);
    open.forEach(budgets::started);
    for (Reservation one : open) {
      budgets.settle(one, Usage.of(1, 2), 3, "o".repeat(32), true);
    }
    assertThat(budgets.backlog()).isEqualTo(admitted);
    ledger.refuse(entry -> false);
    budgets.flush();
    budgets.maintain();
    spend(budgets, "after");
    budgets.flush();
    assertThat(ids()).hasSize(admitted + 1);
    assertThat(files()).isLessThanOrEqualTo(3);
    budgets.close();
    assertThat(files()).isZero();
  }

  @Test
  void aLongCallDoesNotHoldUpTheJournal() throws IOException {
    BudgetBounds bounds =
        new BudgetBounds(8192, 8, 10_000, 1_000, 100, Duration.ofMillis(1), Duration.ofMillis(5));
    LocalBudgets budgets = recover(bounds);
    Reservation started = held(budgets, "started");
    budgets.started(started);
    Reservation waiting = held(budgets, "waiting");
    Usage heard = new Usage(1, 2, 3, 4, 5, 6, 7);
    for (int i = 0; i < 1000; i++) {
      spend(budgets, "call_" + i);
      if (i % 10 == 0) {
        budgets.flush();
        budgets.maintain();
        assertThat(files()).isLessThanOrEqualTo(6);
      }
    }
    Reservation settled = held(budgets, "settled");
    budgets.started(settled);
    budgets.settle(settled, heard, 8, "ok", false);
    budgets.abandon();
    assertThat(waiting.amount()).isEqualTo(started.amount());
    recover(bounds).close();
    assertThat(ledger.entry("settled").usage()).isEqualTo(heard);
    assertThat(ledger.entry("settled").costMicros()).isEqualTo(8);
    LedgerEntry killed = ledger.entry("started");
    assertThat(killed.outcome()).isEqualTo("killed");
    assertThat(killed.estimated()).isTrue();
    assertThat(killed.usage()).isEqualTo(Usage.of(20, 0));
    assertThat(killed.costMicros()).isEqualTo(10);
    assertThat(ledger.has("waiting")).isFalse();
    assertThat(ids()).hasSize(1002);
  }

  @Test
  void tagsOutliveAKill() {
    LocalBudgets budgets = recover(Calls.SMALL);
    Budgets.Outcome outcome =
        budgets.reserve(
            Calls.call("tagged").with("run=42,team=search"),
            List.of(Calls.account(Calls.OF_MANDATE, Limits.NONE)),
            new Amount(20, 10));
    budgets.started(((Budgets.Outcome.Held) outcome).reservation());
    spend(budgets, "untagged");
    budgets.abandon();
    recover(Calls.SMALL).close();
    assertThat(ledger.entry("tagged").call().tags()).isEqualTo("run=42,team=search");
    assertThat(ledger.entry("untagged").call().tags()).isEmpty();
  }

  @Test
  void whereTheJournalIsDamagedEveryOpenCallIsCharged() throws IOException {
    LocalBudgets budgets = recover(Calls.SMALL);
    spend(budgets, "call_before");
    held(budgets, "call_open");
    spend(budgets, "call_damaged");
    held(budgets, "call_after");
    budgets.abandon();
    List<Path> segments = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      files.filter(f -> f.toString().endsWith(".journal")).forEach(segments::add);
    }
    assertThat(segments).hasSize(1);
    byte[] bytes = Files.readAllBytes(segments.getFirst());
    int at =
        new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("call_damaged");
    bytes[at] ^= 0x40;
    Files.write(segments.getFirst(), bytes);
    recover(Calls.SMALL).close();
    assertThat(ids()).containsExactly("call_before", "call_open", "call_after");
    assertThat(ledger.spent(OF_MANDATE).ever().costMicros()).isEqualTo(21);
  }

  @Test
  void aSecondStartOnTheSameFolderIsRefused() {
    LocalBudgets budgets = recover(Calls.SMALL);
    assertThatThrownBy(() -> recover(Calls.SMALL)).hasMessageContaining("open already");
    budgets.close();
  }
}
