package dev.mandate.console;

import dev.mandate.domain.monitoring.Finding;
import dev.mandate.domain.monitoring.Usual;
import dev.mandate.platform.html.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the pages about monitoring show, and how they say it.
public final class MonitoringViews {
  /// Networks or models that are named of a caller; the others are counted.
  private static final int NAMED_MAX = 6;

  private static final int HOURS = 24;

  private MonitoringViews() {}

  /// @param older where the findings before these are; null for the last of them
  /// @param newest whether these are the newest
  /// @param policy null on the pages of older findings
  /// @param callers where what is usual for each is
  /// @param notice what was just done; null when nothing was
  /// @param problem why what was sent was not done; null when it was
  public record MonitoringView(
      List<HeldView> held,
      List<FindingView> findings,
      @Nullable String older,
      boolean newest,
      @Nullable PolicyView policy,
      String callers,
      @Nullable String notice,
      @Nullable String problem) {}

  /// A key or a client, or a network of strangers.
  ///
  /// @param id as the admin API spells it
  public record CallerView(String kind, String name, String id) {}

  /// A caller that is held back.
  ///
  /// @param until null for one that waits for an administrator
  /// @param why what was found; null when that is not kept any more
  /// @param resume proof for the form that lets it go on; null for who may only look
  public record HeldView(
      CallerView caller,
      String since,
      @Nullable String until,
      @Nullable String why,
      String action,
      @Nullable String resume) {}

  /// @param state in a word, and its colour: `good`, `off` or `bad`
  /// @param done what the policy did about it
  /// @param action where its buttons post to, without the verb
  /// @param acknowledge proof for that form; null when there is nothing to see to
  /// @param suspend proof for that form; null where it can't be done
  public record FindingView(
      String kind,
      CallerView caller,
      String observed,
      String expected,
      String when,
      String state,
      String tone,
      String done,
      String action,
      @Nullable String acknowledge,
      @Nullable String suspend) {}

  /// @param proof for the form; null for who may only look
  public record PolicyView(String action, @Nullable String proof, List<RuleView> rules) {}

  /// @param words what raises it
  /// @param decided whether somebody has decided, or it is as built in
  public record RuleView(
      String kind,
      String name,
      String words,
      String answer,
      boolean decided,
      List<AnswerView> answers) {}

  public record AnswerView(String wire, String label, boolean chosen) {}

  /// @param next where the next page is; null on the last
  /// @param back where the findings are
  public record CallersView(
      List<UsualView> callers, @Nullable String next, String back, @Nullable String notice) {}

  /// @param learned whether something can be unusual for it, in words
  /// @param action where its form posts to
  /// @param relearn proof for that form; null for who may only look
  public record UsualView(
      CallerView caller,
      boolean watched,
      String learned,
      String rate,
      String refusals,
      String spend,
      String networks,
      String models,
      String hours,
      String action,
      @Nullable String relearn) {}

  static String name(Finding.Kind kind) {
    return switch (kind) {
      case REQUESTS -> "Mass requests";
      case SPEND -> "Sudden spend";
      case REFUSALS -> "Burst of refusals";
      case NETWORK -> "Unknown network";
      case CREEP -> "Slow growth";
      case STRANGERS -> "Nobody's credentials";
      case MODEL -> "New model";
      case HOUR -> "Unusual hour";
    };
  }

  static String words(Finding.Kind kind) {
    return switch (kind) {
      case REQUESTS -> "Far more calls in five minutes or an hour than on any usual day.";
      case SPEND -> "Far more money in an hour or a day than on any usual day.";
      case REFUSALS -> "Far more 401, 403 and 429 in five minutes than on any usual day.";
      case NETWORK -> "A call from a network that it never came from.";
      case CREEP -> "The last three days are a multiple of those a month ago.";
      case STRANGERS -> "From one network, many credentials in five minutes that are nobody's.";
      case MODEL -> "A model that it never used.";
      case HOUR -> "A call at an hour of the day at which it never called.";
    };
  }

  static String words(Finding.Response response) {
    return switch (response) {
      case NOTHING -> "Do nothing";
      case RECORD -> "Write it down";
      case ALERT -> "Tell people";
      case THROTTLE -> "Tell people, and answer 429 for ten minutes";
      case SUSPEND -> "Tell people, and suspend until somebody lets it go on";
    };
  }

  static String done(Finding.Response response) {
    return switch (response) {
      case NOTHING -> "Nothing was done";
      case RECORD -> "Written down";
      case ALERT -> "People were told";
      case THROTTLE -> "People were told; it was throttled";
      case SUSPEND -> "People were told; it was suspended";
    };
  }

  static UsualView usual(Usual usual, CallerView caller, String action, @Nullable String relearn) {
    Map<String, Long> most = usual.measures();
    return new UsualView(
        caller,
        usual.learned(),
        usual.learned()
            ? "Learned from " + Words.count(usual.days(), "day") + " with calls"
            : "Still learning: %d of %d days with calls"
                .formatted(Math.min(usual.days(), Usual.LEARNING_DAYS), Usual.LEARNING_DAYS),
        most.isEmpty()
            ? "Not known yet"
            : "Up to %s in 5 minutes, %s in an hour"
                .formatted(
                    Words.count(most(most, "calls_per_5_minutes_max"), "call"),
                    Words.number(most(most, "calls_per_hour_max"))),
        most.isEmpty()
            ? "Not known yet"
            : "Up to %s in 5 minutes"
                .formatted(Words.number(most(most, "refusals_per_5_minutes_max"))),
        most.isEmpty()
            ? "Not known yet"
            : "Up to %s in an hour, %s in a day"
                .formatted(
                    Words.money(most(most, "cost_micros_per_hour_max")),
                    Words.money(most(most, "cost_micros_per_day_max"))),
        named(usual.networks()),
        named(usual.models()),
        hours(usual.hours()),
        action,
        relearn);
  }

  private static long most(Map<String, Long> measures, String name) {
    return measures.getOrDefault(name, 0L);
  }

  private static String named(List<String> all) {
    if (all.isEmpty()) {
      return "None yet";
    }
    return all.size() <= NAMED_MAX
        ? Words.list(all)
        : String.join(", ", all.subList(0, NAMED_MAX))
            + " and %d more".formatted(all.size() - NAMED_MAX);
  }

  /// `08:00–18:00 and 22:00–23:00 UTC`.
  static String hours(List<Integer> hours) {
    if (hours.isEmpty()) {
      return "None yet";
    }
    if (hours.size() == HOURS) {
      return "At any hour";
    }
    List<String> stretches = new ArrayList<>();
    int from = hours.getFirst();
    int end = from;
    for (int hour : hours) {
      if (hour > end) {
        stretches.add(stretch(from, end));
        from = hour;
      }
      end = hour + 1;
    }
    stretches.add(stretch(from, end));
    return Words.list(stretches) + " UTC";
  }

  private static String stretch(int from, int end) {
    return "%02d:00–%02d:00".formatted(from, end);
  }
}
