package dev.mandate.domain.monitoring;

import dev.mandate.domain.monitoring.Finding.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Monitoring over calls that are past: what it would have found, had it begun to learn with the
/// first of them. The same learning, detector and cool-down; it looks after each call, where the
/// product looks every fifteen seconds.
public final class Replay {
  /// One call of a recording.
  ///
  /// @param network as [Network#named]
  /// @param model null for a call that was refused
  public record Call(
      Instant at, CallerId caller, String network, @Nullable String model, long costMicros) {}

  /// What would have been a finding.
  public record Found(Instant at, CallerId caller, Kind kind, String observed, String expected) {}

  /// What became of a caller.
  ///
  /// @param days of the time in which it was seen, with calls and without
  /// @param learned whether anything could be unusual for it in the end
  public record Summary(CallerId caller, long calls, long refusals, long days, boolean learned) {}

  private final Map<String, Watched> callers = new TreeMap<>();
  private final List<Found> found = new ArrayList<>();

  private static final class Watched {
    private final Map<Kind, List<Instant>> before = new EnumMap<>(Kind.class);
    private Baseline baseline;
    private Observed slot;
    private long calls;
    private long refusals;

    Watched(Observed first) {
      this.baseline = Baseline.start(first.slot());
      this.slot = first;
    }

    void add(Observed one) {
      // Calls that ended at the same time may be written down in any order.
      if (one.slot() <= slot.slot()) {
        slot = slot.plus(one);
      } else {
        baseline = baseline.with(slot);
        slot = one;
      }
    }
  }

  /// Takes the next call; they come in the order in which they happened.
  public void take(Call call) {
    boolean refused = call.model() == null;
    Observed one =
        new Observed(
            call.caller(),
            Observed.slotOf(call.at().toEpochMilli()),
            refused ? 0 : 1,
            refused ? 1 : 0,
            call.costMicros(),
            networks(call.network()),
            call.model() == null ? Collections.emptySortedSet() : models(call.model()));
    Watched watched = callers.get(call.caller().text());
    if (watched == null) {
      watched = new Watched(one);
      callers.put(call.caller().text(), watched);
    } else {
      watched.add(one);
    }
    watched.calls += one.calls();
    watched.refusals += one.refusals();
    for (Detector.Sign sign : Detector.look(watched.baseline, watched.slot)) {
      List<Instant> same = watched.before.computeIfAbsent(sign.kind(), _ -> new ArrayList<>());
      if (CoolDown.admits(sign.kind(), same, call.at())) {
        same.add(call.at());
        found.add(
            new Found(call.at(), call.caller(), sign.kind(), sign.observed(), sign.expected()));
      }
    }
  }

  private static SortedSet<Long> networks(String named) {
    long network = Network.of(named);
    return network == Network.UNKNOWN
        ? Collections.emptySortedSet()
        : new TreeSet<>(List.of(network));
  }

  private static SortedSet<String> models(String model) {
    return new TreeSet<>(List.of(model));
  }

  /// What was found so far, in the order of the calls.
  public List<Found> found() {
    return List.copyOf(found);
  }

  /// By caller.
  public List<Summary> summaries() {
    return callers.values().stream()
        .map(
            one ->
                new Summary(
                    one.slot.caller(),
                    one.calls,
                    one.refusals,
                    Baseline.dayOf(one.slot.slot()) - one.baseline.firstDay() + 1,
                    one.baseline.at(one.slot.slot()).measures().learned()))
        .toList();
  }
}
