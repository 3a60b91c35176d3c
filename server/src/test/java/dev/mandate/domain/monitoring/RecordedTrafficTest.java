package dev.mandate.domain.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.monitoring.Finding.Response;
import dev.mandate.domain.monitoring.Recording.Seen;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What monitoring finds in recorded calls, as they are and with attacks spliced in: the second
/// table of docs/guides/monitoring.md.
class RecordedTrafficTest {
  private static final Recording RECORDING = Recording.read("four-callers.csv");
  private static final int EVERY = Integer.getInteger("mandate.attackEveryDays", 5);

  /// The first day of an attack; before it every caller has learned.
  private static final int FIRST_DAY = 14;

  private static final Duration LOUD = Duration.ofMinutes(30);
  private static final Duration LONG = Duration.ofHours(2);

  /// What somebody does with a caller's credential, or the caller by itself.
  private enum Attack {
    /// Two calls in five minutes from a network that it never came from, for two hours.
    STOLEN_KEY(LONG),
    /// A call a second for half an hour, from its own network, at its own usual price.
    RUNAWAY_LOOP(LOUD),
    /// Thirty refusals a minute, for half an hour, from its own network.
    REFUSALS(LOUD),
    /// What it does anyway costs thirty times as much, for a day.
    SPEND_JUMP(Duration.ofDays(1));

    private final Duration length;

    Attack(Duration length) {
      this.length = length;
    }
  }

  private static Replay replay(List<Replay.Call> calls) {
    Replay replay = new Replay();
    calls.forEach(replay::take);
    return replay;
  }

  private static List<Replay.Call> of(CallerId caller) {
    return RECORDING.calls().stream().filter(call -> call.caller().equals(caller)).toList();
  }

  private static List<CallerId> callers() {
    return RECORDING.calls().stream().map(Replay.Call::caller).distinct().toList();
  }

  private static List<Replay.Call> spliced(
      List<Replay.Call> calls, Attack attack, Instant start, Replay.Call usual) {
    Instant end = start.plus(attack.length);
    List<Replay.Call> all = new ArrayList<>();
    for (Replay.Call call : calls) {
      boolean within = !call.at().isBefore(start) && call.at().isBefore(end);
      all.add(within && attack == Attack.SPEND_JUMP ? priced(call, 30 * call.costMicros()) : call);
    }
    long seconds =
        switch (attack) {
          case STOLEN_KEY -> 150;
          case RUNAWAY_LOOP -> 1;
          case REFUSALS -> 2;
          case SPEND_JUMP -> 0;
        };
    for (Instant at = start; seconds > 0 && at.isBefore(end); at = at.plusSeconds(seconds)) {
      all.add(
          new Replay.Call(
              at,
              usual.caller(),
              attack == Attack.STOLEN_KEY ? "233.252.0.0/24" : usual.network(),
              attack == Attack.REFUSALS ? null : usual.model(),
              attack == Attack.REFUSALS ? 0 : usual.costMicros()));
    }
    // Stable: what was recorded comes first of what happens at the same second.
    all.sort(Comparator.comparing(Replay.Call::at));
    return all;
  }

  private static Replay.Call priced(Replay.Call call, long costMicros) {
    return new Replay.Call(call.at(), call.caller(), call.network(), call.model(), costMicros);
  }

  private static boolean alerts(Replay.Found found) {
    return found.kind().builtIn().compareTo(Response.ALERT) >= 0;
  }

  /// How long it took until there was an alert that there is not without the attack; null for none.
  private static @Nullable Duration delay(
      List<Replay.Call> calls, Set<Replay.Found> without, Attack attack, Instant start) {
    Replay.Call usual =
        calls.stream()
            .filter(call -> call.model() != null && call.at().isBefore(start))
            .sorted(Comparator.comparingLong(Replay.Call::costMicros))
            .skip(calls.stream().filter(call -> call.at().isBefore(start)).count() / 2)
            .findFirst()
            .orElseThrow();
    for (Replay.Found found : replay(spliced(calls, attack, start, usual)).found()) {
      boolean during =
          !found.at().isBefore(start) && found.at().isBefore(start.plus(attack.length));
      if (during && alerts(found) && !without.contains(found)) {
        return Duration.between(start, found.at());
      }
    }
    return null;
  }

  /// At the first call of every so many days.
  private static List<Instant> starts(List<Replay.Call> calls) {
    Instant first = calls.getFirst().at().truncatedTo(ChronoUnit.DAYS);
    Map<Long, Instant> byDay = new TreeMap<>();
    for (Replay.Call call : calls) {
      byDay.putIfAbsent(Duration.between(first, call.at()).toDays(), call.at());
    }
    return byDay.entrySet().stream()
        .filter(day -> day.getKey() >= FIRST_DAY && (day.getKey() - FIRST_DAY) % EVERY == 0)
        .map(Map.Entry::getValue)
        .toList();
  }

  @Test
  void aReplayFindsWhatTheServerFoundWhileItWasRecorded() {
    Set<Seen> found = new HashSet<>();
    for (Replay.Found one : replay(RECORDING.calls()).found()) {
      found.add(Seen.of(one.at(), one.caller(), one.kind()));
    }
    assertThat(RECORDING.found()).isNotEmpty().containsExactlyInAnyOrderElementsOf(found);
  }

  @Test
  void attacksOnRecordedCallersAreFoundAndFewAlertsAreFalse() {
    StringBuilder table = new StringBuilder("\n| Caller | calls | alerts | records |");
    for (Attack attack : Attack.values()) {
      table.append(' ').append(attack.name().toLowerCase(Locale.ROOT)).append(" |");
    }
    Map<Attack, List<Boolean>> caught = new EnumMap<>(Attack.class);
    long falseAlerts = 0;
    for (CallerId caller : callers()) {
      List<Replay.Call> calls = of(caller);
      List<Replay.Found> quiet = replay(calls).found();
      long alerts = quiet.stream().filter(RecordedTrafficTest::alerts).count();
      falseAlerts += alerts;
      table.append(
          "%n| %s | %d | %d | %d |"
              .formatted(caller.text(), calls.size(), alerts, quiet.size() - alerts));
      for (Attack attack : Attack.values()) {
        List<Duration> delays = new ArrayList<>();
        List<Instant> starts = starts(calls);
        for (Instant start : starts) {
          Duration delay = delay(calls, new HashSet<>(quiet), attack, start);
          caught.computeIfAbsent(attack, _ -> new ArrayList<>()).add(delay != null);
          if (delay != null) {
            delays.add(delay);
          }
        }
        delays.sort(null);
        table.append(
            delays.isEmpty()
                ? " 0/%d |".formatted(starts.size())
                : " %d/%d, %s |"
                    .formatted(delays.size(), starts.size(), delays.get(delays.size() / 2)));
      }
    }
    System.out.println(table);
    assertThat(falseAlerts).isZero();
    for (Attack attack : Attack.values()) {
      List<Boolean> all = Objects.requireNonNull(caught.get(attack));
      long found = all.stream().filter(one -> one).count();
      // What costs next to nothing may cost thirty times as much below the floor.
      assertThat(found)
          .as(attack + " of " + all.size())
          .isGreaterThanOrEqualTo(attack == Attack.SPEND_JUMP ? all.size() / 2 : all.size());
    }
  }
}
