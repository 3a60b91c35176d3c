package dev.mandate.gateway.relay;

import dev.mandate.domain.budget.Budgets;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.gateway.budgeting.Holds;
import org.jspecify.annotations.Nullable;

/// Books what a call took, once (design §5): the provider's word where there is one, otherwise an
/// upper bound; never zero for a call that may have been served.
final class Settlement {
  /// What was booked.
  record Booked(Usage usage, long costMicros, String outcome, boolean estimated) {
    /// Nothing of the call went upstream.
    boolean isUnsent() {
      return outcome.equals(UNSENT);
    }
  }

  private static final String UNSENT = "unsent";

  private final Budgets budgets;
  private final Holds.Hold hold;
  private boolean started;
  private boolean uncharged;
  private @Nullable Booked booked;

  /// @param begun whether its request was sent elsewhere before, and refused there
  Settlement(Budgets budgets, Holds.Hold hold, boolean begun) {
    this.budgets = budgets;
    this.hold = hold;
    this.started = begun;
    this.uncharged = begun;
  }

  boolean hasStarted() {
    return started;
  }

  /// What was held is held for another upstream now, or was given back there.
  void moved() {
    if (booked == null) {
      booked = new Booked(Usage.NONE, 0, "upstream_error", false);
    }
  }

  @Nullable Booked booked() {
    return booked;
  }

  /// The first byte goes upstream.
  void started() {
    uncharged = false;
    if (!started) {
      budgets.started(hold.reservation());
      started = true;
    }
  }

  /// What went upstream so far was refused for the key that it came with, and is not charged. The
  /// request still counts.
  void uncharged() {
    uncharged = true;
  }

  /// Nothing went upstream; or, if something did, nobody knows what became of it.
  void unsent(String outcome) {
    if (started && uncharged) {
      exact(Usage.NONE, outcome);
    } else if (started) {
      estimated(null, Long.MAX_VALUE, outcome);
    } else if (booked == null) {
      booked = new Booked(Usage.NONE, 0, UNSENT, false);
      budgets.release(hold.reservation());
    }
  }

  void exact(Usage usage, String outcome) {
    book(usage, hold.worst().price().cost(usage), outcome, false);
  }

  /// @param known the provider's word so far, which covers the input
  /// @param shown output tokens that went through at most
  void estimated(@Nullable Usage known, long shown, String outcome) {
    long output = Math.min(hold.worst().output(hold.cap()), shown);
    if (known == null) {
      Usage bound = Usage.of(hold.worst().input(), output).withUnits(hold.worst().units());
      book(bound, hold.worst().cost(output), outcome, true);
      return;
    }
    Usage bound = known.withOutput(Math.max(known.output(), output));
    book(bound, hold.worst().price().cost(bound), outcome, true);
  }

  private void book(Usage usage, long costMicros, String outcome, boolean estimated) {
    if (booked != null) {
      return;
    }
    booked = new Booked(usage, costMicros, outcome, estimated);
    budgets.settle(hold.reservation(), usage, costMicros, outcome, estimated);
  }
}
