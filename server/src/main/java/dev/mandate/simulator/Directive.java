package dev.mandate.simulator;

import java.util.HashMap;
import java.util.Map;

/// The knobs of one request: `[[sim name name=value …]]` anywhere in the last user text.
///
/// | Knob | Effect |
/// |---|---|
/// | `delay=ms` | wait before the status line |
/// | `ttfb=ms` | streams: wait between the headers and the first event; JSON: added to `delay` |
/// | `tokens=n` | exactly n output tokens (text is cut or padded; no effect on tool calls) |
/// | `chunks=n` | a stream carries the text of each choice in n chunks (short text is padded) |
/// | `chunk_delay=ms` | wait after each of those chunks |
/// | `status=n` | answer with that HTTP error (400–599) in the provider's shape |
/// | `retry_after=s` | `retry-after` header on any answer |
/// | `no_usage` | leave usage out; `/sim/stats` still counts it |
/// | `drop_after=n` | streams: close the connection after n chunks; JSON: half-way through the body |
/// | `error_midstream[=n]` | streams: an error event after n chunks (default 1), then the end |
/// | `thoughts=n` | Gemini: n tokens of thoughts beside the answer |
/// | `echo` | the answer's text is the request's body, as it arrived |
///
/// An unknown name or a value out of range is a 400: a test with a typo must not pass. Only the
/// first directive of the text counts. Its own text is part of the prompt and charged.
final class Directive {
  static final Directive NONE = new Directive("", Map.of());

  private static final String OPEN = "[[sim";
  private static final String CLOSE = "]]";
  private static final int MAX_DELAY_MILLIS = 600_000;
  private static final int MAX_TOKENS = 1_000_000;

  private enum Knob {
    DELAY(0, MAX_DELAY_MILLIS, false),
    TTFB(0, MAX_DELAY_MILLIS, false),
    TOKENS(1, MAX_TOKENS, false),
    CHUNKS(1, MAX_TOKENS, false),
    CHUNK_DELAY(0, MAX_DELAY_MILLIS, false),
    STATUS(400, 599, false),
    RETRY_AFTER(0, 86_400, false),
    NO_USAGE(1, 1, true),
    DROP_AFTER(0, MAX_TOKENS, false),
    ERROR_MIDSTREAM(0, MAX_TOKENS, true),
    THOUGHTS(0, MAX_TOKENS, false),
    ECHO(1, 1, true);

    private final int min;
    private final int max;
    private final boolean bare;

    Knob(int min, int max, boolean bare) {
      this.min = min;
      this.max = max;
      this.bare = bare;
    }
  }

  private final String text;
  private final Map<Knob, Integer> values;

  private Directive(String text, Map<Knob, Integer> values) {
    this.text = text;
    this.values = values;
  }

  static Directive in(String prompt) {
    int open = prompt.indexOf(OPEN);
    int close = open < 0 ? -1 : prompt.indexOf(CLOSE, open);
    if (close < 0) {
      return NONE;
    }
    Map<Knob, Integer> values = new HashMap<>();
    for (String word : prompt.substring(open + OPEN.length(), close).strip().split("\\s+", -1)) {
      if (!word.isEmpty()) {
        read(word, values);
      }
    }
    return new Directive(prompt.substring(open, close + CLOSE.length()), Map.copyOf(values));
  }

  private static void read(String word, Map<Knob, Integer> values) {
    int equals = word.indexOf('=');
    String name = equals < 0 ? word : word.substring(0, equals);
    for (Knob knob : Knob.values()) {
      if (knob.name().equalsIgnoreCase(name)) {
        values.put(knob, equals < 0 ? bareValue(knob) : value(knob, word.substring(equals + 1)));
        return;
      }
    }
    throw Refusal.invalid(
        "Simulator directive '" + name + "' is unknown, see dev.mandate.simulator.Directive.");
  }

  private static int bareValue(Knob knob) {
    if (!knob.bare) {
      throw Refusal.invalid("Simulator directive '" + knob + "' needs a value.");
    }
    return 1;
  }

  private static int value(Knob knob, String value) {
    try {
      int number = Integer.parseInt(value);
      if (number >= knob.min && number <= knob.max) {
        return number;
      }
    } catch (NumberFormatException notANumber) {
      // Refused below like a number out of range.
    }
    throw Refusal.invalid(
        "Simulator directive '%s' is '%s', must be %d to %d."
            .formatted(knob, value, knob.min, knob.max));
  }

  private int or(Knob knob, int absent) {
    return values.getOrDefault(knob, absent);
  }

  /// The prompt without the directive.
  String without(String prompt) {
    return text.isEmpty() ? prompt : prompt.replace(text, "").strip();
  }

  int delay() {
    return or(Knob.DELAY, 0);
  }

  int ttfb() {
    return or(Knob.TTFB, 0);
  }

  int chunkDelay() {
    return or(Knob.CHUNK_DELAY, 0);
  }

  /// 0 means: as the prompt has it.
  int tokens() {
    return or(Knob.TOKENS, 0);
  }

  /// 0 means: by length.
  int chunks() {
    return or(Knob.CHUNKS, 0);
  }

  /// 0 means: no error.
  int status() {
    return or(Knob.STATUS, 0);
  }

  /// -1 means: no header.
  int retryAfter() {
    return or(Knob.RETRY_AFTER, -1);
  }

  boolean usage() {
    return !values.containsKey(Knob.NO_USAGE);
  }

  boolean drop() {
    return values.containsKey(Knob.DROP_AFTER);
  }

  /// Chunks after which the connection is closed; never for [Integer#MAX_VALUE].
  int dropAfter() {
    return or(Knob.DROP_AFTER, Integer.MAX_VALUE);
  }

  /// Chunks after which an error event ends the stream; never for [Integer#MAX_VALUE].
  int errorAfter() {
    return or(Knob.ERROR_MIDSTREAM, Integer.MAX_VALUE);
  }

  int thoughts() {
    return or(Knob.THOUGHTS, 0);
  }

  boolean echo() {
    return values.containsKey(Knob.ECHO);
  }
}
