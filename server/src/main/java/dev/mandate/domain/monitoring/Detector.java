package dev.mandate.domain.monitoring;

import dev.mandate.domain.monitoring.Finding.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.ToLongFunction;

/// Holds what a caller does against what is usual for it. Pure: the same baseline and slot give the
/// same signs.
public final class Detector {
  /// While nothing is known of a caller, this many refusals in a slot, and hardly a call, are a
  /// burst.
  static final long REFUSALS_OF_THE_NEW = 200;

  /// Credentials that are nobody's, from one network in a slot.
  static final long STRANGERS_MAX = 50;

  /// Days with a network that was new, of the last [Measures#DAYS], after which a caller is one
  /// that roams: another one says nothing.
  static final int ROAMING = 2;

  /// Days on which nearly every network is new.
  static final int FIRST_DAYS = 3;

  /// Days before an hour of the day can be unusual.
  static final int HOURS_LEARNING_DAYS = 14;

  /// The last days …
  static final int CREEP_LATE_DAYS = 3;

  /// … are held against those that are at least this far back …
  static final int CREEP_GAP_DAYS = 21;

  /// … if there are as many of them.
  static final int CREEP_EARLY_DAYS = 10;

  static final double CREEP_FACTOR = 2.5;
  static final long CREEP_CALLS_FLOOR = 500;
  static final long CREEP_COST_FLOOR = 1_000_000;

  private static final double MICROS = 1e6;

  /// One thing that is unlike before.
  ///
  /// @param observed in words
  /// @param expected in words
  public record Sign(Kind kind, String observed, String expected) {}

  private Detector() {}

  /// @param baseline with every slot before this one
  /// @param now the slot so far
  public static List<Sign> look(Baseline baseline, Observed now) {
    if (now.caller().kind() == CallerId.Kind.NETWORK) {
      return strangers(now);
    }
    List<Sign> signs = new ArrayList<>();
    // Yesterday is over as soon as a slot of today is seen.
    Baseline current = baseline.at(now.slot());
    Measures measures = current.measures();
    if (measures.learned()) {
      requests(current, measures, now, signs);
      spend(current, measures, now, signs);
      places(current, now, signs);
      creep(current, signs);
    }
    refusals(measures, now, signs);
    return signs;
  }

  private static List<Sign> strangers(Observed now) {
    return now.refusals() < STRANGERS_MAX
        ? List.of()
        : List.of(
            new Sign(
                Kind.STRANGERS,
                now.refusals() + " credentials that are nobody's in 5 minutes",
                "fewer than " + STRANGERS_MAX));
  }

  private static void requests(
      Baseline baseline, Measures measures, Observed now, List<Sign> signs) {
    long hour = sum(baseline, now, Baseline.Recent::calls) + now.calls();
    if (measures.slotCalls().isExceededBy(now.calls())) {
      signs.add(
          new Sign(
              Kind.REQUESTS,
              now.calls() + " calls in 5 minutes",
              "at most " + measures.slotCalls().most()));
    } else if (measures.hourCalls().isExceededBy(hour)) {
      signs.add(
          new Sign(
              Kind.REQUESTS, hour + " calls in an hour", "at most " + measures.hourCalls().most()));
    }
  }

  private static long sum(Baseline baseline, Observed now, ToLongFunction<Baseline.Recent> what) {
    return baseline.lastHour(now.slot()).stream().mapToLong(what).sum();
  }

  private static void spend(Baseline baseline, Measures measures, Observed now, List<Sign> signs) {
    long hour = sum(baseline, now, Baseline.Recent::costMicros) + now.costMicros();
    long day = baseline.today().costMicros() + now.costMicros();
    if (measures.hourCost().isExceededBy(hour)) {
      signs.add(
          new Sign(
              Kind.SPEND,
              money(hour) + " in an hour",
              "at most " + money(measures.hourCost().most())));
    } else if (measures.dayCost().isExceededBy(day)) {
      signs.add(
          new Sign(
              Kind.SPEND, money(day) + " in a day", "at most " + money(measures.dayCost().most())));
    }
  }

  private static String money(long micros) {
    return String.format(Locale.ROOT, "%.2f", micros / MICROS);
  }

  private static void refusals(Measures measures, Observed now, List<Sign> signs) {
    boolean burst =
        measures.learned()
            ? measures.refusals().isExceededBy(now.refusals())
            : now.refusals() > REFUSALS_OF_THE_NEW && now.calls() * 10 < now.refusals();
    if (burst) {
      long most = measures.learned() ? measures.refusals().most() : REFUSALS_OF_THE_NEW;
      signs.add(
          new Sign(Kind.REFUSALS, now.refusals() + " refusals in 5 minutes", "at most " + most));
    }
  }

  private static void places(Baseline baseline, Observed now, List<Sign> signs) {
    List<Day> days = baseline.days();
    List<Day> late = days.subList(Math.max(0, days.size() - Measures.DAYS), days.size());
    SortedSet<Long> strange = new TreeSet<>(now.networks());
    strange.removeAll(baseline.networks().keySet());
    if (now.calls() > 0 && !strange.isEmpty() && !roams(days, late)) {
      signs.add(
          new Sign(
              Kind.NETWORK,
              "calls from " + Network.text(strange.first()),
              "one of %d known networks".formatted(baseline.networks().size())));
    }
    SortedSet<String> unused = new TreeSet<>(now.models());
    unused.removeAll(baseline.models().keySet());
    if (!unused.isEmpty()) {
      signs.add(
          new Sign(
              Kind.MODEL, "the model " + unused.first(), "one of " + baseline.models().keySet()));
    }
    int hour = Baseline.hourOf(now.slot());
    int around = 1 << hour | 1 << (hour + 1) % 24 | 1 << (hour + 23) % 24;
    if (now.calls() > 0
        && days.size() >= HOURS_LEARNING_DAYS
        && late.stream().noneMatch(day -> (day.hours() & around) != 0)
        && (baseline.today().hours() & 1 << hour) == 0) {
      signs.add(
          new Sign(
              Kind.HOUR,
              "calls between %d:00 and %d:00 UTC".formatted(hour, hour + 1),
              "none around that hour in %d days".formatted(late.size())));
    }
  }

  private static boolean roams(List<Day> days, List<Day> late) {
    long first = days.get(Math.min(days.size(), FIRST_DAYS) - 1).day();
    return late.stream().filter(day -> day.day() > first && day.newNetwork()).count() > ROAMING;
  }

  private static void creep(Baseline baseline, List<Sign> signs) {
    List<Day> days = baseline.days();
    long end = days.getLast().day() - CREEP_GAP_DAYS;
    List<Day> early = days.stream().filter(day -> day.day() <= end).toList();
    if (early.size() < CREEP_EARLY_DAYS) {
      return;
    }
    List<Day> late = days.subList(days.size() - CREEP_LATE_DAYS, days.size());
    double callsThen = median(early, Day::calls);
    double callsNow = median(late, Day::calls);
    double costThen = median(early, Day::costMicros);
    double costNow = median(late, Day::costMicros);
    if (callsNow >= CREEP_CALLS_FLOOR && callsNow > CREEP_FACTOR * callsThen) {
      signs.add(
          new Sign(
              Kind.CREEP,
              Math.round(callsNow) + " calls a day",
              Math.round(callsThen) + " a month ago"));
    } else if (costNow >= CREEP_COST_FLOOR && costNow > CREEP_FACTOR * costThen) {
      signs.add(
          new Sign(
              Kind.CREEP,
              money(Math.round(costNow)) + " a day",
              money(Math.round(costThen)) + " a month ago"));
    }
  }

  private static double median(List<Day> days, ToLongFunction<Day> what) {
    return Measure.median(days.stream().mapToDouble(what::applyAsLong).toArray());
  }
}
