package dev.mandate.domain.tier;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A model's name with a date at its end, as providers name what an alias stands for:
/// `gpt-x-2026-01-02`, `claude-x-20260102`. Nothing else counts: a name that merely begins like
/// another one (`gpt-4-32k`, `gpt-4-0613`) is another model, and is listed by its own name.
final class DatedName {
  private static final Pattern DATED =
      Pattern.compile("(.+)-(20[0-9]{2})(-?)([0-9]{2})\\3([0-9]{2})");

  /// With the dash before it.
  private static final int DASHED_CHARACTERS = 11;

  private static final int PLAIN_CHARACTERS = 9;

  private DatedName() {}

  /// The alias of a dated name; null for any other name.
  static @Nullable String alias(String model) {
    if (!DATED.matcher(model).matches()) {
      return null;
    }
    boolean dashed = model.charAt(model.length() - 3) == '-';
    int at = model.length() - (dashed ? DASHED_CHARACTERS : PLAIN_CHARACTERS);
    try {
      var _ =
          LocalDate.parse(
              model.substring(at + 1).replace("-", ""), DateTimeFormatter.BASIC_ISO_DATE);
    } catch (DateTimeException _) {
      // Digits, but no day: a name like any other.
      return null;
    }
    return model.substring(0, at);
  }
}
