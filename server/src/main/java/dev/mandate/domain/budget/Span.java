package dev.mandate.domain.budget;

import dev.mandate.domain.access.Period;
import dev.mandate.domain.access.Unit;

/// One window of an account: what is used of each unit in it, bounded or not, so that a limit that
/// is set later knows it. The lock of [LocalBudgets] guards it.
final class Span {
  final Period period;
  final long id;
  final Slice requests;
  final Slice tokens;
  final Slice cost;

  /// Calls that are charged to it and not in the ledger yet.
  int calls;

  Span(Period period, long id, boolean leased, LedgerStore.Sum spent) {
    this.period = period;
    this.id = id;
    this.requests = new Slice(leased, spent.requests());
    this.tokens = new Slice(leased, spent.tokens());
    this.cost = new Slice(leased, spent.costMicros());
  }

  Slice slice(Unit unit) {
    return switch (unit) {
      case REQUESTS -> requests;
      case TOKENS -> tokens;
      case COST_MICROS -> cost;
    };
  }

  void reserve(Amount worst) {
    requests.reserve(1);
    tokens.reserve(worst.tokens());
    cost.reserve(worst.costMicros());
    calls++;
  }

  void release(Amount worst) {
    requests.release(1);
    tokens.release(worst.tokens());
    cost.release(worst.costMicros());
    calls--;
  }

  void settle(Amount worst, long truthTokens, long truthMicros) {
    tokens.settle(worst.tokens(), truthTokens);
    cost.settle(worst.costMicros(), truthMicros);
  }

  void kept(long truthTokens, long truthMicros) {
    requests.kept(1);
    tokens.kept(truthTokens);
    cost.kept(truthMicros);
    calls--;
  }

  /// Whether the store has nothing of it for this node.
  boolean isEmpty() {
    return requests.isEmpty() && tokens.isEmpty() && cost.isEmpty();
  }
}
