package dev.mandate.domain.budget;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// What calls are for, in the words of who makes them, so that usage can be told apart by it: up to
/// [#COUNT_MAX] names with a value each. As text they are `run=42,team=search`, sorted by name; the
/// empty text is none. They decide nothing.
public final class Tags {
  public static final String NONE = "";
  public static final int COUNT_MAX = 8;
  public static final int NAME_CHARACTERS_MAX = 32;
  public static final int VALUE_CHARACTERS_MAX = 64;

  private Tags() {}

  /// Says what is wrong in words that may be shown to who sent it.
  public static final class Invalid extends RuntimeException {
    private Invalid(String message) {
      super(message, null, false, false);
    }
  }

  /// The text of what was given: `name=value` pairs with commas between them.
  ///
  /// @throws Invalid for a name or value of other characters, a doubled name, or too many
  public static String parse(String given) {
    return text(read(given));
  }

  /// Both, where nothing of the given says otherwise than what is fixed.
  ///
  /// @param fixed as [#parse] gives it
  /// @throws Invalid also where it does
  public static String within(String fixed, String given) {
    SortedMap<String, String> all = read(given);
    byName(fixed)
        .forEach(
            (name, value) -> {
              String other = all.put(name, value);
              if (other != null && !other.equals(value)) {
                throw new Invalid("tag '" + name + "' is fixed for this caller, it can't be set");
              }
            });
    if (all.size() > COUNT_MAX) {
      throw tooMany();
    }
    return text(all);
  }

  /// @param tags as [#parse] gives it
  public static SortedMap<String, String> byName(String tags) {
    SortedMap<String, String> byName = new TreeMap<>();
    if (!tags.isEmpty()) {
      for (String pair : tags.split(",", -1)) {
        int equals = pair.indexOf('=');
        byName.put(pair.substring(0, equals), pair.substring(equals + 1));
      }
    }
    return byName;
  }

  private static SortedMap<String, String> read(String given) {
    SortedMap<String, String> byName = new TreeMap<>();
    if (given.length() > COUNT_MAX * (NAME_CHARACTERS_MAX + VALUE_CHARACTERS_MAX + 4)) {
      throw tooMany();
    }
    for (String one : given.split(",", -1)) {
      String pair = one.strip();
      int equals = pair.indexOf('=');
      if (equals < 0 || !isName(pair.substring(0, equals))) {
        throw new Invalid(
            "a tag is '%s', expected name=value, the name of 1 to %d of a-z 0-9 _ . - and beginning"
                    .formatted(shown(pair), NAME_CHARACTERS_MAX)
                + " with a letter");
      }
      String value = pair.substring(equals + 1);
      if (!isValue(value)) {
        throw new Invalid(
            "tag '%s' is '%s', expected 1 to %d of A-Z a-z 0-9 _ . : / @ + -"
                .formatted(pair.substring(0, equals), shown(value), VALUE_CHARACTERS_MAX));
      }
      if (byName.put(pair.substring(0, equals), value) != null) {
        throw new Invalid("tag '" + pair.substring(0, equals) + "' is there twice, expected once");
      }
    }
    if (byName.size() > COUNT_MAX) {
      throw tooMany();
    }
    return byName;
  }

  private static Invalid tooMany() {
    return new Invalid("too many tags, expected at most " + COUNT_MAX);
  }

  /// Of what somebody sent, not more than a log line takes.
  private static String shown(String text) {
    String start = text.substring(0, Math.min(text.length(), VALUE_CHARACTERS_MAX));
    return start.codePoints().allMatch(c -> c >= ' ' && c < 0x7f) ? start : "(not ASCII)";
  }

  public static boolean isName(String text) {
    if (text.isEmpty() || text.length() > NAME_CHARACTERS_MAX || !isLower(text.charAt(0))) {
      return false;
    }
    return text.chars().allMatch(c -> isLower(c) || isDigit(c) || "_.-".indexOf(c) >= 0);
  }

  private static boolean isValue(String text) {
    return !text.isEmpty()
        && text.length() <= VALUE_CHARACTERS_MAX
        && text.chars()
            .allMatch(
                c ->
                    isLower(c)
                        || isDigit(c)
                        || (c >= 'A' && c <= 'Z')
                        || "_.:/@+-".indexOf(c) >= 0);
  }

  private static boolean isLower(int c) {
    return c >= 'a' && c <= 'z';
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private static String text(Map<String, String> byName) {
    StringBuilder text = new StringBuilder();
    byName.forEach(
        (name, value) ->
            text.append(text.isEmpty() ? "" : ",").append(name).append('=').append(value));
    return text.toString();
  }
}
