package dev.mandate.domain.monitoring;

import dev.mandate.domain.tenant.TenantId;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Keeps what callers do until it is learned and what is usual for each.
public interface MonitoringStore {
  /// Adds to what this node has seen of each caller in its slot.
  ///
  /// @param node that saw it
  void add(String node, List<Observed> seen);

  /// What all nodes have seen of these callers of one tenant and is not learned yet, summed by
  /// slot, oldest first.
  Map<CallerId, List<Observed>> seen(TenantId tenant, List<CallerId> callers);

  /// Null for a caller of whom nothing is learned.
  @Nullable Baseline baseline(CallerId caller);

  /// Callers of all tenants with something from before this slot that is to be learned.
  List<CallerId> unlearned(long before, int limit);

  /// How a baseline takes a slot in.
  interface Fold {
    Baseline with(@Nullable Baseline baseline, Observed slot);
  }

  /// Learns all slots of the caller before this one, once, and forgets them. Of racing nodes one
  /// does it; the others find nothing.
  void learn(CallerId caller, long before, Fold fold);

  /// Forgets what is usual for a caller: it is learned anew.
  ///
  /// @return false when nothing is known of it
  boolean forget(CallerId caller);

  /// A baseline in a list.
  record Known(CallerId caller, Baseline baseline) {}

  /// By caller.
  List<Known> page(TenantId tenant, @Nullable String after, int limit);
}
