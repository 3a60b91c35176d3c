package dev.mandate.domain.prompt;

import java.text.Normalizer;
import java.util.Locale;

/// A text in the one spelling that rules are written for: Unicode's NFKC (full width, ligatures and
/// Korean in separate letters become the usual ones), lower case, without marks that aren't seen,
/// one space for any run of white space.
public final class NormalText {
  private NormalText() {}

  public static String of(String text) {
    String folded = Normalizer.normalize(unseenAway(text), Normalizer.Form.NFKC);
    // Again: what was composed of unseen parts may be one now.
    return spaced(folded.toLowerCase(Locale.ROOT));
  }

  private static String unseenAway(String text) {
    StringBuilder seen = null;
    for (int i = 0; i < text.length(); ) {
      int point = text.codePointAt(i);
      int next = i + Character.charCount(point);
      if (isUnseen(point)) {
        if (seen == null) {
          seen = new StringBuilder(text.length()).append(text, 0, i);
        }
      } else if (seen != null) {
        seen.appendCodePoint(point);
      }
      i = next;
    }
    return seen == null ? text : seen.toString();
  }

  /// Zero width, soft hyphen, direction marks, variation selectors, tags, fillers.
  private static boolean isUnseen(int point) {
    if (point < 0x80) {
      return point < 0x20 && point != '\n' && point != '\t' && point != '\r';
    }
    return Character.getType(point) == Character.FORMAT
        || (point >= 0xfe00 && point <= 0xfe0f)
        || (point >= 0xe0000 && point <= 0xe0fff)
        || point == 0x034f
        || point == 0x115f
        || point == 0x1160
        || point == 0x3164
        || point == 0xffa0;
  }

  /// Marks that NFKC left beside a letter (a struck-through word) go as well.
  private static String spaced(String text) {
    StringBuilder out = new StringBuilder(text.length());
    boolean space = true;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isWhitespace(c) || c == '\u00a0') {
        if (!space) {
          out.append(' ');
        }
        space = true;
      } else if (c < '\u0300' || c > '\u036f') {
        out.append(c);
        space = false;
      }
    }
    return out.toString();
  }
}
