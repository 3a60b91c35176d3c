package dev.mandate.domain.budget;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// This node's recalls: one at a time for an account, each until the others have answered or are
/// waited for no longer. Touched by the thread of [Leasing] only.
final class Recalls {
  /// One recall of one account.
  static final class Round {
    final AccountId account;
    final long order;
    private final Set<String> asked;
    private final long endNanos;
    private boolean done;

    private Round(AccountId account, long order, Set<String> asked, long endNanos) {
      this.account = account;
      this.order = order;
      this.asked = asked;
      this.endNanos = endNanos;
      this.done = asked.isEmpty();
    }

    boolean isDone() {
      return done;
    }
  }

  private final LeaseStore store;
  private final String node;
  private final LeaseBounds bounds;
  private final LongSupplier order;
  private final Map<AccountId, Round> rounds = new HashMap<>();
  private final Map<String, Long> deafUntil = new HashMap<>();

  Recalls(LeaseStore store, String node, LeaseBounds bounds, LongSupplier order) {
    this.store = store;
    this.node = node;
    this.bounds = bounds;
    this.order = order;
  }

  boolean isWaiting() {
    return !rounds.isEmpty();
  }

  /// A recall that began after the caller came, or null while one runs that did not: its answers
  /// may be older than what the caller could get.
  @Nullable Round join(AccountId account, long since, long now) {
    Round running = rounds.get(account);
    if (running != null) {
      return running.order > since ? running : null;
    }
    long number = order.getAsLong();
    Set<String> asked = new HashSet<>(store.recall(node, account, number));
    asked.removeIf(other -> isDeaf(other, now));
    Round begun = new Round(account, number, asked, now + bounds.recallWait().toNanos());
    rounds.put(account, begun);
    return begun;
  }

  private boolean isDeaf(String other, long now) {
    Long until = deafUntil.get(other);
    return until != null && now - until < 0;
  }

  /// Looks for answers.
  void look(long now) {
    Iterator<Round> running = rounds.values().iterator();
    while (running.hasNext()) {
      Round round = running.next();
      if (!round.done) {
        round.asked.retainAll(store.unanswered(node, round.account));
        round.done = round.asked.isEmpty();
      }
      if (!round.done && now - round.endNanos >= 0) {
        for (String silent : round.asked) {
          deafUntil.put(silent, now + bounds.deaf().toNanos());
        }
        round.done = true;
      }
      if (round.done) {
        running.remove();
      }
    }
  }
}
