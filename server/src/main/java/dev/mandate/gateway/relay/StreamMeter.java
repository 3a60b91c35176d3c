package dev.mandate.gateway.relay;

import dev.mandate.domain.upstream.Api;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.gateway.routing.Endpoint;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Reads usage from the events of a stream, and takes out again what only our own request for usage
/// brought in.
final class StreamMeter implements SseSplitter.Sink {
  private static final byte[] USAGE_KEY = "\"usage\"".getBytes(StandardCharsets.UTF_8);
  private static final byte[] CHOICES_KEY = "\"choices\"".getBytes(StandardCharsets.UTF_8);
  private static final byte[] MESSAGE_STOP = "message_stop".getBytes(StandardCharsets.UTF_8);

  private static final byte[] FINISH_REASON = "\"finishReason\"".getBytes(StandardCharsets.UTF_8);
  private static final byte[] BLOCK_REASON = "\"blockReason\"".getBytes(StandardCharsets.UTF_8);

  /// Stands alone in its event: in a text, a quote would come before it.
  private static final byte[] DONE = "data: [DONE]".getBytes(StandardCharsets.UTF_8);

  private static final byte[] NOTHING = {};

  /// How far into an event its name can stand.
  private static final int NAME_REACH = 64;

  /// Tokens of an event that no text shows, such as the frame of a tool call.
  private static final int EVENT_TOKENS = 1;

  private final Endpoint endpoint;
  private final boolean strips;
  private final UsageScanner scanner;
  private @Nullable Usage usage;
  private boolean complete;
  private boolean saidWhy;
  private long events;

  /// @param strips whether the usage is in the stream only because we asked for it
  StreamMeter(Endpoint endpoint, boolean strips) {
    this.endpoint = endpoint;
    this.strips = strips;
    this.scanner =
        switch (endpoint) {
          case RESPONSES_CREATE -> new UsageScanner(false, "response", "delta");
          case MESSAGES_CREATE ->
              new UsageScanner(true, "message", "text", "partial_json", "thinking");
          case GENERATE_CONTENT, STREAM_GENERATE_CONTENT -> UsageScanner.gemini(false);
          case CHAT_COMPLETIONS,
              EMBEDDINGS,
              IMAGES_GENERATE,
              IMAGES_EDIT,
              SPEECH,
              TRANSCRIPTIONS,
              TRANSLATIONS,
              COUNT_TOKENS,
              OPENAI_MODELS,
              OPENAI_MODEL,
              ANTHROPIC_MODELS,
              ANTHROPIC_MODEL,
              GEMINI_COUNT_TOKENS,
              EMBED_CONTENT,
              BATCH_EMBED_CONTENTS,
              GEMINI_MODELS,
              GEMINI_MODEL,
              CONVERSE,
              CONVERSE_STREAM ->
              new UsageScanner(
                  true,
                  null,
                  "content",
                  "text",
                  "refusal",
                  "arguments",
                  "name",
                  "reasoning",
                  "reasoning_content",
                  "input");
        };
  }

  /// Usage so far; final when [#isComplete].
  @Nullable Usage usage() {
    return usage;
  }

  /// Whether the provider has said its last word on usage.
  boolean isComplete() {
    return complete;
  }

  /// Whether the provider said why it stops. Google says it of each candidate and, in old models,
  /// in each event: so it ends nothing before the stream does.
  boolean saidWhy() {
    return saidWhy;
  }

  boolean sawEvents() {
    return events > 0;
  }

  /// No more tokens were shown than this.
  long shownTokens() {
    return scanner.textBytes() + events * EVENT_TOKENS;
  }

  @Override
  public byte @Nullable [] event(byte[] bytes, int from, int to) {
    events++;
    scanner.reset();
    int data = -1;
    int lines = 0;
    for (int line = from; line < to; line = nextLine(bytes, line, to)) {
      if (startsWithData(bytes, line, to)) {
        int start = line + 5;
        data = lines == 0 ? start : data;
        lines++;
        scanner.feed(bytes, start, nextLine(bytes, line, to));
      }
    }
    byte[] object = scanner.captured();
    if (object != null) {
      read(object);
    }
    if (endpoint == Endpoint.CHAT_COMPLETIONS && usage != null && data >= 0) {
      // Some providers repeat a running usage in every chunk; only what has no choices, or the end
      // itself, is the last word.
      complete |=
          (object != null && hasNoChoices(bytes, data, to))
              || (to - from >= DONE.length && matches(bytes, DONE, from));
    }
    if (endpoint.api() == Api.GEMINI && data >= 0) {
      saidWhy |=
          indexOf(bytes, FINISH_REASON, data, to) >= 0
              || indexOf(bytes, BLOCK_REASON, data, to) >= 0;
    }
    if (endpoint == Endpoint.MESSAGES_CREATE
        && usage != null
        && indexOf(bytes, MESSAGE_STOP, from, Math.min(to, from + NAME_REACH)) >= 0) {
      complete = true;
    }
    return strips && lines == 1 ? stripped(bytes, from, to, data, object != null) : null;
  }

  private void read(byte[] object) {
    if (endpoint == Endpoint.MESSAGES_CREATE) {
      usage = UsageReader.anthropic(usage, object);
      return;
    }
    if (endpoint.api() == Api.GEMINI) {
      Usage read = UsageReader.gemini(object, true);
      usage = read == null ? usage : read;
      return;
    }
    Usage read = UsageReader.openAi(object, true);
    if (read != null) {
      usage = read;
      complete |= endpoint != Endpoint.CHAT_COMPLETIONS;
    }
  }

  /// Without the usage member, or nothing when the event carries usage alone.
  private byte @Nullable [] stripped(byte[] bytes, int from, int to, int data, boolean object) {
    int keyAt;
    int end;
    if (object) {
      if (hasNoChoices(bytes, data, to)) {
        return NOTHING;
      }
      keyAt = lastIndexOf(bytes, USAGE_KEY, data, data + scanner.capturedFrom());
      end = data + scanner.capturedTo();
    } else {
      // In a string the quotes would be escaped, so this can only be a member's name.
      keyAt = indexOf(bytes, USAGE_KEY, data, to);
      end = keyAt < 0 ? -1 : nullEnd(bytes, keyAt + USAGE_KEY.length, to);
    }
    if (keyAt < 0 || end < 0) {
      return null;
    }
    return without(bytes, from, to, keyAt, end);
  }

  /// Cuts a member and the one comma that goes with it.
  private static byte[] without(byte[] bytes, int from, int to, int keyAt, int end) {
    int cutFrom = keyAt;
    int cutTo = end;
    int before = skipBlanksBack(bytes, keyAt - 1, from);
    if (before >= from && bytes[before] == ',') {
      cutFrom = before;
    } else {
      int after = skipBlanks(bytes, end, to);
      if (after < to && bytes[after] == ',') {
        cutTo = skipBlanks(bytes, after + 1, to);
      }
    }
    byte[] out = new byte[to - from - (cutTo - cutFrom)];
    System.arraycopy(bytes, from, out, 0, cutFrom - from);
    System.arraycopy(bytes, cutTo, out, cutFrom - from, to - cutTo);
    return out;
  }

  private static boolean hasNoChoices(byte[] bytes, int from, int to) {
    int key = indexOf(bytes, CHOICES_KEY, from, to);
    if (key < 0) {
      return true;
    }
    int at = afterColon(bytes, key + CHOICES_KEY.length, to);
    if (at >= to || bytes[at] != '[') {
      return false;
    }
    at = skipBlanks(bytes, at + 1, to);
    return at < to && bytes[at] == ']';
  }

  /// Where a `null` that is the value ends, or -1.
  private static int nullEnd(byte[] bytes, int afterKey, int to) {
    int at = afterColon(bytes, afterKey, to);
    return at + 4 <= to
            && bytes[at] == 'n'
            && bytes[at + 1] == 'u'
            && bytes[at + 2] == 'l'
            && bytes[at + 3] == 'l'
        ? at + 4
        : -1;
  }

  private static int afterColon(byte[] bytes, int from, int to) {
    int at = skipBlanks(bytes, from, to);
    return at < to && bytes[at] == ':' ? skipBlanks(bytes, at + 1, to) : to;
  }

  private static int skipBlanks(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && (bytes[at] == ' ' || bytes[at] == '\t')) {
      at++;
    }
    return at;
  }

  private static int skipBlanksBack(byte[] bytes, int from, int floor) {
    int at = from;
    while (at >= floor && (bytes[at] == ' ' || bytes[at] == '\t')) {
      at--;
    }
    return at;
  }

  private static int nextLine(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && bytes[at] != '\n' && bytes[at] != '\r') {
      at++;
    }
    return at < to ? at + 1 : to;
  }

  private static boolean startsWithData(byte[] bytes, int from, int to) {
    return from + 5 <= to
        && bytes[from] == 'd'
        && bytes[from + 1] == 'a'
        && bytes[from + 2] == 't'
        && bytes[from + 3] == 'a'
        && bytes[from + 4] == ':';
  }

  private static int indexOf(byte[] bytes, byte[] what, int from, int to) {
    for (int i = from; i + what.length <= to; i++) {
      if (matches(bytes, what, i)) {
        return i;
      }
    }
    return -1;
  }

  private static int lastIndexOf(byte[] bytes, byte[] what, int from, int to) {
    for (int i = to - what.length; i >= from; i--) {
      if (matches(bytes, what, i)) {
        return i;
      }
    }
    return -1;
  }

  private static boolean matches(byte[] bytes, byte[] what, int at) {
    for (int i = 0; i < what.length; i++) {
      if (bytes[at + i] != what[i]) {
        return false;
      }
    }
    return true;
  }
}
