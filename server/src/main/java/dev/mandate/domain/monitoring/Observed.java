package dev.mandate.domain.monitoring;

import java.util.Collections;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/// What was seen of one caller in one slot, by one node or by all.
///
/// @param slot five minutes; slots since 1970
/// @param calls that were let through
/// @param networks at most [#NETWORKS_MAX]
/// @param models at most [#MODELS_MAX]
public record Observed(
    CallerId caller,
    long slot,
    long calls,
    long refusals,
    long costMicros,
    SortedSet<Long> networks,
    SortedSet<String> models) {
  public static final long SLOT_MILLIS = 300_000;
  public static final int SLOTS_AN_HOUR = 12;
  public static final int SLOTS_A_DAY = 288;

  /// Of a caller in a slot; more than that is many anyway.
  public static final int NETWORKS_MAX = 8;

  public static final int MODELS_MAX = 8;

  public Observed {
    networks = Collections.unmodifiableSortedSet(new TreeSet<>(networks));
    models = Collections.unmodifiableSortedSet(new TreeSet<>(models));
  }

  public static long slotOf(long millis) {
    return Math.floorDiv(millis, SLOT_MILLIS);
  }

  /// Both together.
  public Observed plus(Observed more) {
    return new Observed(
        caller,
        slot,
        calls + more.calls,
        refusals + more.refusals,
        costMicros + more.costMicros,
        both(networks, more.networks, NETWORKS_MAX),
        both(models, more.models, MODELS_MAX));
  }

  private static <T extends Comparable<T>> SortedSet<T> both(Set<T> one, Set<T> other, int max) {
    TreeSet<T> both = new TreeSet<>(one);
    for (T value : other) {
      if (both.size() < max) {
        both.add(value);
      }
    }
    return both;
  }
}
