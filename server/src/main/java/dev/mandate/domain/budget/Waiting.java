package dev.mandate.domain.budget;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// A call that waits until [Leasing] has what it needs; without a future it is only a wish, for the
/// calls after this one.
final class Waiting {
  final List<Account> path;
  final Amount least;
  final Amount most;
  final @Nullable CompletableFuture<Budgets.Refilled> future;
  final long deadlineNanos;

  /// The newest ask or recall when it came: what began later has seen it.
  long since;

  /// The recalls that were made on its behalf.
  final Map<AccountId, Recalls.Round> rounds = new HashMap<>();

  Waiting(
      List<Account> path,
      Amount least,
      Amount most,
      @Nullable CompletableFuture<Budgets.Refilled> future,
      long deadlineNanos) {
    this.path = List.copyOf(path);
    this.least = least;
    this.most = most;
    this.future = future;
    this.deadlineNanos = deadlineNanos;
  }

  boolean isWish() {
    return future == null;
  }

  void answer(Budgets.Refilled answer) {
    if (future != null) {
      future.complete(answer);
    }
  }
}
