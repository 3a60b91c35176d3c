package dev.mandate.domain.tier;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A model's name with a date at its end, as providers name what an alias stands for:
/// `gpt-x-2026-01-02`, `claude-x-20260102`. Nothing else counts: a name that merely begins like
/// another one (`gpt-4-32k`, `gpt-4-0613`) is another model, and is listed by its own name.
final class DatedName {
  private static final Pattern DATED =
      Pattern.compile("(.+)-(20[0-9]{2})(-?)([0-9]{2})\\3([0-9]{2})");

  private DatedName() {}

  /// The alias of a dated name; null for any other name.
  static @Nullable String alias(String model) {
    Matcher matcher = DATED.matcher(model);
    if (!matcher.matches()) {
      return null;
    }
    try {
      var _ =
          LocalDate.of(
              Integer.parseInt(matcher.group(2)),
              Integer.parseInt(matcher.group(4)),
              Integer.parseInt(matcher.group(5)));
    } catch (DateTimeException _) {
      // Digits, but no day: a name like any other.
      return null;
    }
    return matcher.group(1);
  }
}
