package dev.mandate.domain.budget;

/// How full a node's budgets are, for metrics and readiness.
///
/// @param open calls that hold an amount
/// @param unkept settled calls that wait for the ledger
/// @param max of both together; from there on nothing is admitted
/// @param journalBytes that the journal takes on the disk
/// @param journalFree that it can still take for certain; 0 from its end on
public record BudgetLevel(int open, int unkept, int max, long journalBytes, long journalFree) {
  /// Whether a call could be written down now.
  public boolean admits() {
    return open + unkept < max && journalFree > 0;
  }
}
