package dev.mandate.domain.budget;

import java.util.function.LongSupplier;

/// How [LocalBudgets] share accounts with other nodes.
///
/// @param node this node's name for ever: what it holds is its own, across restarts
/// @param nanos a clock that only goes forward
public record Sharing(LeaseStore leases, String node, LeaseBounds bounds, LongSupplier nanos) {
  public static Sharing of(LeaseStore leases, String node) {
    return new Sharing(leases, node, LeaseBounds.DEFAULT, System::nanoTime);
  }
}
