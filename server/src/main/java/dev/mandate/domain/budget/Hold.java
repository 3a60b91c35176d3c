package dev.mandate.domain.budget;

import dev.mandate.domain.upstream.Usage;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One call's hold, from the reservation until its entry is in the ledger. The lock of
/// [LocalBudgets] guards what changes.
final class Hold implements Budgets.Reservation {
  private static final Logger LOG = LoggerFactory.getLogger(Hold.class);

  enum State {
    HELD,
    STARTED,
    SETTLED,
    RELEASED
  }

  record Settlement(
      long settledAtMillis, Usage usage, long costMicros, String outcome, boolean estimated) {
    Settlement {
      boolean negative =
          (usage.input()
                  | usage.cachedInput()
                  | usage.cacheWrite()
                  | usage.cacheWriteLong()
                  | usage.output()
                  | costMicros)
              < 0;
      if (negative) {
        throw new IllegalArgumentException(
            "%s for %d micros, expected 0 or more of each".formatted(usage, costMicros));
      }
      if (outcome.isEmpty() || outcome.length() > CallJournal.MAX_OUTCOME_CHARS) {
        throw new IllegalArgumentException(
            "outcome '%s', expected 1 to %d characters"
                .formatted(outcome, CallJournal.MAX_OUTCOME_CHARS));
      }
    }
  }

  final LocalBudgets owner;
  final long number;
  private final Call call;
  private final Amount worst;
  final BalancePath on;
  final long reservedAtMillis;

  State state = State.HELD;
  @Nullable Settlement settlement;

  /// Where its reserve record is, and its neighbours among the open calls: for [CallJournal] only.
  CallJournal.@Nullable Segment segment;

  @Nullable Hold older;
  @Nullable Hold newer;

  Hold(
      LocalBudgets owner,
      long number,
      Call call,
      Amount worst,
      BalancePath on,
      long reservedAtMillis) {
    this.owner = owner;
    this.number = number;
    this.call = call;
    this.worst = worst;
    this.on = on;
    this.reservedAtMillis = reservedAtMillis;
  }

  @Override
  public Call call() {
    return call;
  }

  @Override
  public Amount amount() {
    return worst;
  }

  boolean isOpen() {
    return state == State.HELD || state == State.STARTED;
  }

  void release() {
    state = State.RELEASED;
    on.release(worst);
  }

  void settle(Settlement truth) {
    state = State.SETTLED;
    settlement = truth;
    on.settle(worst, tokens(truth.usage()), truth.costMicros());
  }

  void warnOfOverdraft() {
    Settlement truth = settlement;
    if (truth != null
        && (truth.costMicros() > worst.costMicros() || tokens(truth.usage()) > worst.tokens())) {
      LOG.warn(
          "overdraft: call {} under mandate {} took {} for {} micros, reserved was {}",
          call.id(),
          call.mandate(),
          truth.usage(),
          truth.costMicros(),
          worst);
    }
  }

  /// Its entry is in the ledger.
  void kept() {
    Settlement truth = settlement;
    if (truth != null) {
      on.kept(tokens(truth.usage()), truth.costMicros());
    }
  }

  /// All tokens of a usage; as [Usage#total], but stops at the largest number.
  static long tokens(Usage usage) {
    long input = Balance.sum(usage.input(), usage.cachedInput());
    long written = Balance.sum(usage.cacheWrite(), usage.cacheWriteLong());
    return Balance.sum(Balance.sum(input, written), usage.output());
  }

  LedgerEntry entry() {
    Settlement truth = settlement;
    if (truth == null) {
      throw new IllegalStateException("call " + call.id() + " is " + state + ", expected SETTLED");
    }
    return new LedgerEntry(
        call,
        on.accounts(),
        Instant.ofEpochMilli(reservedAtMillis),
        Instant.ofEpochMilli(truth.settledAtMillis()),
        on.ids(),
        truth.usage(),
        truth.costMicros(),
        truth.outcome(),
        truth.estimated());
  }

  @Override
  public String toString() {
    return "reservation of " + worst + " for call " + call.id() + ", " + state;
  }
}
