package dev.mandate.gateway.relay;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Finds the `usage` object in JSON that arrives in pieces, at its exact place and nowhere else: a
/// tool's schema, which the caller writes and some answers repeat, may have a member of that name.
/// Also adds up the bytes of the texts that an answer shows.
///
/// Does not validate: the provider's JSON passes as it is.
final class UsageScanner {
  private static final int CAPTURE_MAX = 16 * 1024;
  private static final int KEY_MAX = 32;
  private static final int DEPTH_MAX = 256;
  private static final String USAGE = "usage";

  private final byte[] usage;
  private final boolean list;
  private final boolean top;
  private final byte @Nullable [] outer;
  private final byte[][] shown;

  private final boolean[] isObject = new boolean[DEPTH_MAX];
  private final byte[] key = new byte[KEY_MAX];
  private int depth;
  private boolean begun;
  private boolean inString;
  private boolean escaped;
  private boolean keyNext;
  private boolean readingKey;
  private int keyLength;
  private boolean inOuter;
  private boolean countText;
  private long textBytes;
  private long position;
  private int captureDepth;
  private final ByteArrayOutputStream capture = new ByteArrayOutputStream();
  private byte @Nullable [] captured;
  private int capturedFrom;
  private int capturedTo;

  /// @param top whether `usage` may be a member of the top-level object
  /// @param outer the top-level member whose object may have it
  /// @param shown names of members whose strings are shown text
  UsageScanner(boolean top, @Nullable String outer, String... shown) {
    this(USAGE, false, top, outer, shown);
  }

  private UsageScanner(
      String usage, boolean list, boolean top, @Nullable String outer, String... shown) {
    this.usage = usage.getBytes(StandardCharsets.UTF_8);
    this.list = list;
    this.top = top;
    this.outer = outer == null ? null : outer.getBytes(StandardCharsets.UTF_8);
    this.shown = new byte[shown.length][];
    for (int i = 0; i < shown.length; i++) {
      this.shown[i] = shown[i].getBytes(StandardCharsets.UTF_8);
    }
  }

  /// For an answer of Google's.
  ///
  /// @param list whether it is an array of answers, each of which may have its usage
  static UsageScanner gemini(boolean list) {
    return new UsageScanner("usageMetadata", list, !list, null, "text");
  }

  /// Whether the document has ended.
  boolean isOver() {
    return begun && depth == 0;
  }

  /// Begins another document; the sum of texts goes on.
  void reset() {
    depth = 0;
    begun = false;
    inString = false;
    escaped = false;
    keyNext = false;
    readingKey = false;
    keyLength = 0;
    inOuter = false;
    countText = false;
    position = 0;
    captureDepth = 0;
    captured = null;
  }

  long textBytes() {
    return textBytes;
  }

  /// The last usage object of this document, with its braces.
  byte @Nullable [] captured() {
    return captured;
  }

  /// Where it begins, counted from the document's first byte.
  int capturedFrom() {
    return capturedFrom;
  }

  int capturedTo() {
    return capturedTo;
  }

  void feed(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to) {
      int next = inString ? string(bytes, i, to) : structure(bytes, i, from);
      if (captureDepth > 0 && capture.size() <= CAPTURE_MAX) {
        capture.write(bytes, i, next - i);
      }
      i = next;
    }
    position += to - from;
  }

  /// The text of a string, as far as it is here.
  ///
  /// @return where to go on
  private int string(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to) {
      byte b = bytes[i++];
      if (escaped) {
        escaped = false;
      } else if (b == '\\') {
        escaped = true;
      } else if (b == '"') {
        inString = false;
        shown(bytes, from, i - 1);
        readingKey = false;
        return i;
      }
    }
    shown(bytes, from, to);
    return i;
  }

  private void shown(byte[] bytes, int from, int to) {
    if (readingKey) {
      if (keyLength < KEY_MAX) {
        System.arraycopy(bytes, from, key, keyLength, Math.min(to - from, KEY_MAX - keyLength));
      }
      keyLength += to - from;
    } else if (countText) {
      textBytes += to - from;
    }
  }

  /// One byte between strings.
  ///
  /// @param begin of the bytes that are fed
  /// @return where to go on
  private int structure(byte[] bytes, int at, int begin) {
    switch (bytes[at]) {
      case '"' -> {
        inString = true;
        if (keyNext) {
          readingKey = true;
          keyLength = 0;
          keyNext = false;
        } else {
          countText = isShown();
        }
      }
      case '{' -> open(true, at - begin);
      case '[' -> open(false, at - begin);
      case '}', ']' -> close(bytes[at], at - begin);
      case ',' -> keyNext = depth > 0 && depth <= DEPTH_MAX && isObject[depth - 1];
      default -> {
        // Numbers, literals, colons and white space decide nothing.
      }
    }
    return at + 1;
  }

  private void open(boolean object, int offset) {
    if (object
        && captureDepth == 0
        && isKey(usage)
        && ((depth == 1 && top && isObject[0])
            || (depth == 2 && inOuter && isObject[1])
            || (depth == 2 && list && !isObject[0] && isObject[1]))) {
      captureDepth = depth + 1;
      capture.reset();
      capturedFrom = (int) position + offset;
    }
    if (object && depth == 1 && outer != null && isObject[0] && isKey(outer)) {
      inOuter = true;
    }
    if (depth < DEPTH_MAX) {
      isObject[depth] = object;
    }
    depth++;
    begun = true;
    keyNext = object;
    if (object) {
      keyLength = 0;
    }
  }

  private void close(byte bracket, int offset) {
    if (depth == captureDepth && captureDepth > 0) {
      captureDepth = 0;
      capture.write(bracket);
      captured = capture.size() <= CAPTURE_MAX ? capture.toByteArray() : null;
      capturedTo = (int) position + offset + 1;
    }
    if (depth > 0) {
      depth--;
    }
    if (depth <= 1) {
      inOuter = false;
    }
    keyNext = false;
  }

  private boolean isKey(byte[] name) {
    return keyLength == name.length && Arrays.equals(key, 0, keyLength, name, 0, keyLength);
  }

  private boolean isShown() {
    for (byte[] name : shown) {
      if (isKey(name)) {
        return true;
      }
    }
    return false;
  }
}
