package dev.mandate.platform.log;

/// Text as it may stand in a log line: bounded, and without a character that could end the line,
/// begin another, move a terminal's cursor or reverse the reading order. What a client sent can
/// then not pass for a line of ours (CWE-117).
final class Cleaned {
  private static final String CUT = "…";

  private Cleaned() {}

  /// @param lines whether line feeds may stay, for stack traces
  static String of(String text, int charactersMax, boolean lines) {
    int end = Math.min(text.length(), charactersMax);
    int clean = 0;
    while (clean < end && isPlain(text.charAt(clean), lines)) {
      clean++;
    }
    if (clean == text.length()) {
      return text;
    }
    StringBuilder out = new StringBuilder(end + 1).append(text, 0, clean);
    for (int i = clean; i < end; i++) {
      char c = text.charAt(i);
      out.append(isPlain(c, lines) ? c : '?');
    }
    return end < text.length() ? out.append(CUT).toString() : out.toString();
  }

  private static boolean isPlain(char c, boolean lines) {
    if (c >= ' ' && c < 0x7f) {
      return true;
    }
    if (c == '\n' || c == '\t') {
      return lines;
    }
    // C0, DEL and C1; line and paragraph separators; marks that change the reading order.
    return c > 0x9f
        && c != '\u2028'
        && c != '\u2029'
        && c != '\u061c'
        && !(c >= '\u200e' && c <= '\u200f')
        && !(c >= '\u202a' && c <= '\u202e')
        && !(c >= '\u2066' && c <= '\u2069');
  }
}
