package dev.mandate.domain.budget;

import java.time.Duration;

/// How much [LocalBudgets] keeps in memory and on the disk, and how often it writes.
///
/// @param segmentBytes of one journal file
/// @param maxSegments of the journal; with `segmentBytes`, its bound on the disk
/// @param maxCalls that are open or not in the ledger yet: the bound in memory
/// @param maxAccounts in memory while others could be forgotten; those in use come on top
/// @param batchEntries that the ledger is offered at once
/// @param flushInterval between two looks at what was settled
/// @param maxBackOff between two tries while the ledger refuses
public record BudgetBounds(
    int segmentBytes,
    int maxSegments,
    int maxCalls,
    int maxAccounts,
    int batchEntries,
    Duration flushInterval,
    Duration maxBackOff) {
  public static final BudgetBounds DEFAULT =
      new BudgetBounds(
          8 * 1024 * 1024,
          32,
          100_000,
          100_000,
          1_000,
          Duration.ofMillis(50),
          Duration.ofSeconds(5));

  public BudgetBounds {
    if (maxCalls < 1 || batchEntries < 1) {
      throw new IllegalArgumentException(
          "%d calls and %d entries a batch, expected 1 or more of each"
              .formatted(maxCalls, batchEntries));
    }
    if (maxAccounts < CallJournal.MAX_ACCOUNTS) {
      throw new IllegalArgumentException(
          "%d accounts in memory, expected a path's %d or more"
              .formatted(maxAccounts, CallJournal.MAX_ACCOUNTS));
    }
    if (!flushInterval.isPositive() || maxBackOff.compareTo(flushInterval) < 0) {
      throw new IllegalArgumentException(
          "flush interval %s and back-off %s, expected 0 < interval <= back-off"
              .formatted(flushInterval, maxBackOff));
    }
  }
}
