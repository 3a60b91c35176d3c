package dev.mandate.domain.prompt;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Patterns in RE2's syntax, whose time is linear in the text whatever they and it are. What one
/// may grow to when it is compiled is bounded here: counted repetitions multiply.
public final class RulePatterns {
  public static final int CHARACTERS_MAX = 500;
  private static final int REPETITIONS_MAX = 1_000;

  private RulePatterns() {}

  /// @return what is wrong, after "the pattern"; null when nothing is
  public static @Nullable String wrongWith(String pattern) {
    if (pattern.isBlank() || pattern.length() > CHARACTERS_MAX) {
      return "has %d characters, expected 1 to %d".formatted(pattern.length(), CHARACTERS_MAX);
    }
    if (repetitions(pattern) > REPETITIONS_MAX) {
      return "repeats more than " + REPETITIONS_MAX + " times in all";
    }
    try {
      if (Pattern.compile(pattern).matcher("").find()) {
        return "matches the empty text, and so every text";
      }
    } catch (PatternSyntaxException e) {
      return "is not in RE2's syntax: " + e.getDescription();
    }
    return null;
  }

  private static long repetitions(String pattern) {
    long all = 1;
    for (int open = pattern.indexOf('{'); open >= 0; open = pattern.indexOf('{', open + 1)) {
      long largest = 0;
      long number = 0;
      int i = open + 1;
      for (; i < pattern.length() && pattern.charAt(i) != '}'; i++) {
        char c = pattern.charAt(i);
        number = c >= '0' && c <= '9' ? Math.min(number * 10 + (c - '0'), 1_000_000) : 0;
        largest = Math.max(largest, number);
      }
      all = Math.min(all * Math.max(1, largest), 1_000_000_000);
    }
    return all;
  }

  /// One pattern that finds what any of these finds.
  ///
  /// @throws PromptClassifier.Failed for one that can't be loaded
  static Pattern any(List<String> patterns) throws PromptClassifier.Failed {
    List<String> parts = new ArrayList<>();
    for (String pattern : patterns) {
      String wrong = wrongWith(pattern);
      if (wrong != null) {
        throw new PromptClassifier.Failed("a rule can't be loaded: it " + wrong);
      }
      parts.add("(?:" + pattern + ")");
    }
    return Pattern.compile(String.join("|", parts), Pattern.CASE_INSENSITIVE);
  }
}
