package dev.mandate.domain.prompt;

import java.util.ArrayList;
import java.util.List;

/// The texts of one prompt while it is classified; nothing of it is kept or written down. Bounded:
/// of what is too long, the beginning and the end are here.
public final class PromptText {
  /// Never printed, and no character of any text after [NormalText].
  private static final char BOUNDARY = '\u001e';

  private final int max;
  private final StringBuilder spoken = new StringBuilder();
  private final StringBuilder other = new StringBuilder();
  private char[] end = {};
  private int parts;
  private long beyond;

  public PromptText(int charactersMax) {
    this.max = charactersMax;
  }

  /// What was said, in pieces that a model may read as one text.
  public void spoken(char[] text, int offset, int length) {
    parts++;
    add(spoken, text, offset, length);
  }

  /// What stands beside it: names, arguments, addresses.
  public void beside(char[] text, int offset, int length) {
    add(other, text, offset, length);
  }

  public void beside(String text) {
    add(other, text.toCharArray(), 0, text.length());
  }

  private void add(StringBuilder to, char[] text, int offset, int length) {
    int room = Math.max(0, Math.min(length, max - spoken.length() - other.length() - 1));
    int from = to.length();
    if (room > 0) {
      to.append(text, offset, room);
      for (int at = to.indexOf("\u001e", from); at >= 0; at = to.indexOf("\u001e", at)) {
        // One that was sent would look like one of ours.
        to.deleteCharAt(at);
      }
      to.append(BOUNDARY);
    }
    if (room < length && end.length == 0) {
      end = new char[max / 2];
    }
    for (int i = offset + room; i < offset + length; i++) {
      end[(int) (beyond++ % end.length)] = text[i];
    }
  }

  public boolean isTooLong() {
    return beyond > 0;
  }

  /// The text as it is matched: pieces apart, and, since a word can be cut in two, pieces joined.
  public List<String> views() {
    StringBuilder tail = new StringBuilder();
    int kept = (int) Math.min(beyond, end.length);
    for (long i = beyond - kept; i < beyond; i++) {
      tail.append(end[(int) (i % end.length)]);
    }
    String all = spoken.toString() + BOUNDARY + other + BOUNDARY + tail;
    List<String> views = new ArrayList<>();
    views.add(NormalText.of(all.replace(BOUNDARY, '\n')));
    if (parts > 1) {
      views.add(NormalText.of(spoken.toString().replace(String.valueOf(BOUNDARY), "")));
    }
    return views;
  }
}
