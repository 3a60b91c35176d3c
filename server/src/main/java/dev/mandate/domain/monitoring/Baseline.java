package dev.mandate.domain.monitoring;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// What is usual for a caller: its days of late, the networks and models that it is known by. A few
/// kilobytes, whatever the caller does.
///
/// A day counts once, however busy it was: whoever wants to teach it another measure needs days for
/// that, not hours.
///
/// @param firstDay since when it is watched
/// @param today the day that is being learned
/// @param days that are over and on which it called, oldest first
/// @param recent slots of the last hour
/// @param networks with the day each was last seen on
/// @param models with the day each was last used on
/// @param measures of the days that are over
public record Baseline(
    long firstDay,
    Day today,
    List<Day> days,
    List<Recent> recent,
    SortedMap<Long, Long> networks,
    SortedMap<String, Long> models,
    Measures measures) {
  /// Days that are kept: what creeps is held against those of a month ago.
  static final int DAYS_MAX = 60;

  static final int NETWORKS_MAX = 64;
  static final int MODELS_MAX = 32;

  /// A slot of the last hour.
  public record Recent(long slot, long calls, long costMicros) {}

  public Baseline {
    days = List.copyOf(days);
    recent = List.copyOf(recent);
    networks = Collections.unmodifiableSortedMap(networks);
    models = Collections.unmodifiableSortedMap(models);
  }

  static long dayOf(long slot) {
    return Math.floorDiv(slot, Observed.SLOTS_A_DAY);
  }

  static int hourOf(long slot) {
    return Math.floorMod(slot, Observed.SLOTS_A_DAY) / Observed.SLOTS_AN_HOUR;
  }

  /// Of a caller that is seen for the first time.
  static Baseline start(long slot) {
    long day = dayOf(slot);
    return new Baseline(
        day, Day.start(day), List.of(), List.of(), new TreeMap<>(), new TreeMap<>(), Measures.NONE);
  }

  /// The same with one more slot. What is beyond the measure is learned as the measure: a burst
  /// that was found must not be tomorrow's usual.
  Baseline with(Observed seen) {
    long day = dayOf(seen.slot());
    if (day > today.day()) {
      return tomorrow(day).with(seen);
    }
    Day current = today;
    List<Recent> hour = lastHour(seen.slot());
    hour.add(new Recent(seen.slot(), seen.calls(), seen.costMicros()));
    long hourCalls = hour.stream().mapToLong(Recent::calls).sum();
    long hourCost = hour.stream().mapToLong(Recent::costMicros).sum();
    boolean strange = !networks.keySet().containsAll(seen.networks());
    current =
        new Day(
            current.day(),
            current.calls() + seen.calls(),
            measures.slotCalls().clipped(current.peakCalls(), seen.calls()),
            measures.hourCalls().clipped(current.peakHourCalls(), hourCalls),
            measures.refusals().clipped(current.peakRefusals(), seen.refusals()),
            current.costMicros() + seen.costMicros(),
            measures.hourCost().clipped(current.peakHourCost(), hourCost),
            seen.calls() > 0 ? current.hours() | 1 << hourOf(seen.slot()) : current.hours(),
            current.newNetwork() || (strange && !networks.isEmpty()));
    return new Baseline(
        firstDay,
        current,
        days,
        hour,
        // Only what was let through is the caller's own: whoever is refused teaches nothing.
        seen.calls() > 0 ? known(networks, seen.networks(), day, NETWORKS_MAX) : networks,
        known(models, seen.models(), day, MODELS_MAX),
        measures);
  }

  /// As of the beginning of a day that is not over.
  Baseline at(long slot) {
    return dayOf(slot) > today.day() ? tomorrow(dayOf(slot)) : this;
  }

  private Baseline tomorrow(long day) {
    List<Day> past = days;
    if (today.wasUsed()) {
      List<Day> all = new ArrayList<>(days);
      all.add(today);
      past = all.subList(Math.max(0, all.size() - DAYS_MAX), all.size());
    }
    return new Baseline(
        firstDay, Day.start(day), past, recent, networks, models, Measures.of(firstDay, past));
  }

  /// The slots of the hour before this one.
  List<Recent> lastHour(long slot) {
    return new ArrayList<>(
        recent.stream()
            .filter(one -> one.slot() > slot - Observed.SLOTS_AN_HOUR && one.slot() < slot)
            .toList());
  }

  private static <T extends Comparable<T>> SortedMap<T, Long> known(
      SortedMap<T, Long> before, Iterable<T> seen, long day, int max) {
    boolean same = true;
    for (T one : seen) {
      Long last = before.get(one);
      same &= last != null && last == day;
    }
    if (same) {
      return before;
    }
    TreeMap<T, Long> now = new TreeMap<>(before);
    seen.forEach(one -> now.put(one, day));
    if (now.size() <= max) {
      return now;
    }
    Map<T, Long> kept = new LinkedHashMap<>();
    now.entrySet().stream()
        .sorted(Map.Entry.<T, Long>comparingByValue().reversed())
        .limit(max)
        .forEach(one -> kept.put(one.getKey(), one.getValue()));
    return new TreeMap<>(kept);
  }
}
