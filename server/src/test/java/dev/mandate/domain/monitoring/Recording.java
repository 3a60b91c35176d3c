package dev.mandate.domain.monitoring;

import dev.mandate.domain.monitoring.Finding.Kind;
import dev.mandate.testing.Tenants;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Recorded calls, as `TrafficRecorder` writes them: letters for callers, networks and models, then
/// a row a call.
///
/// @param found what the server found while it was recorded
record Recording(List<Replay.Call> calls, List<Seen> found) {
  private static final String REFUSED = "refused:";

  /// A finding, to the slot.
  record Seen(long slot, CallerId caller, Kind kind) {
    static Seen of(Instant at, CallerId caller, Kind kind) {
      return new Seen(Observed.slotOf(at.toEpochMilli()), caller, kind);
    }
  }

  static Recording read(String name) {
    try (InputStream file = Recording.class.getResourceAsStream("/recordings/" + name)) {
      String text = new String(Objects.requireNonNull(file).readAllBytes(), StandardCharsets.UTF_8);
      return parse(text.lines().toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Recording parse(List<String> lines) {
    Map<String, String> letters = new HashMap<>();
    List<Replay.Call> calls = new ArrayList<>();
    List<Seen> found = new ArrayList<>();
    Instant at = Instant.EPOCH;
    for (String line : lines) {
      String[] words = line.split(" ", -1);
      String[] cells = line.split(",", -1);
      if (words[0].equals("start")) {
        at = Instant.parse(words[1]);
      } else if (words[0].equals("found")) {
        Kind kind = Objects.requireNonNull(Kind.ofWire(words[3]), line);
        found.add(Seen.of(Instant.parse(words[1]), caller(letters, words[2]), kind));
      } else if (words.length == 3) {
        letters.put(words[0] + words[1], words[2]);
      } else if (Character.isDigit(line.charAt(0))) {
        at = at.plusSeconds(Long.parseLong(cells[0]));
        calls.add(
            new Replay.Call(
                at,
                caller(letters, cells[1]),
                letter(letters, "network" + cells[2]),
                cells[4].startsWith(REFUSED) ? null : letter(letters, "model" + cells[3]),
                Long.parseLong(cells[5])));
      }
    }
    return new Recording(List.copyOf(calls), List.copyOf(found));
  }

  private static CallerId caller(Map<String, String> letters, String letter) {
    return CallerId.parse(Tenants.ACME, letter(letters, "caller" + letter));
  }

  private static String letter(Map<String, String> letters, String letter) {
    return Objects.requireNonNull(letters.get(letter), letter);
  }
}
