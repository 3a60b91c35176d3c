package dev.mandate.console;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.apikey.KeyBounds;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.platform.html.Words;
import dev.mandate.platform.http.Parameters;
import dev.mandate.platform.net.AddressRange;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Reads the form for a new key.
final class KeyForm {
  static final List<Integer> LIVES_DAYS = List.of(1, 7, 30, 90);

  private static final int NAME_CHARACTERS_MAX = 80;
  private static final int LIST_CHARACTERS_MAX = 2_000;
  private static final int ADDRESSES_MAX = 20;
  private static final int MICROS_DIGITS = 6;

  private KeyForm() {}

  /// Something in it is not as it can be.
  static final class Wrong extends RuntimeException {
    /// @param problem a sentence for the person
    Wrong(String problem) {
      super(problem, null, false, false);
    }
  }

  static ConsoleViews.TypedView typed(Parameters form) {
    return new ConsoleViews.TypedView(
        text(form, "name"),
        text(form, "models"),
        text(form, "addresses"),
        text(form, "requests"),
        text(form, "tokens_per_day"),
        text(form, "cost"));
  }

  private static String text(Parameters form, String name) {
    String sent = form.one(name);
    return sent == null ? "" : sent.strip();
  }

  static String name(ConsoleViews.TypedView typed) {
    if (typed.name().isEmpty() || typed.name().length() > NAME_CHARACTERS_MAX) {
      throw new Wrong("Give the key a name of 1 to " + NAME_CHARACTERS_MAX + " characters.");
    }
    return typed.name();
  }

  /// When the key is to end.
  static Instant end(Parameters form, Instant latest, Instant now) {
    Duration most = Duration.between(now, latest);
    String days = form.one("days");
    if (days == null || days.equals("0")) {
      return latest;
    }
    if (!days.matches("[0-9]{1,3}")
        || Duration.ofDays(Integer.parseInt(days)).compareTo(most) > 0) {
      throw new Wrong("A key of this mandate lasts at most %s.".formatted(Words.duration(most)));
    }
    return now.plus(Duration.ofDays(Integer.parseInt(days)));
  }

  /// @param mandate that the key spends; null for one of the admin API, which has addresses only
  static KeyBounds bounds(ConsoleViews.TypedView typed, @Nullable Mandate mandate) {
    return new KeyBounds(
        mandate == null ? List.of() : access(typed.models(), mandate),
        mandate == null
            ? Limits.NONE
            : new Limits(
                amount("Requests", typed.requests()),
                null,
                amount("Tokens a day", typed.tokensPerDay()),
                cost(typed.cost())),
        addresses(typed.addresses()));
  }

  private static List<String> parts(String list) {
    if (list.length() > LIST_CHARACTERS_MAX) {
      throw new Wrong("A list here has at most " + LIST_CHARACTERS_MAX + " characters.");
    }
    List<String> parts = new ArrayList<>();
    for (String part : list.split("[\\s,]+", -1)) {
      if (!part.isEmpty()) {
        parts.add(part);
      }
    }
    return parts;
  }

  private static List<LlmTerms> access(String models, Mandate mandate) {
    Set<String> wanted = new TreeSet<>(parts(models));
    Set<String> unknown = new TreeSet<>(wanted);
    Map<String, Set<String>> byUpstream = new TreeMap<>();
    for (LlmAccess given : mandate.access()) {
      for (String model : given.models()) {
        if (wanted.contains(model)) {
          unknown.remove(model);
          byUpstream.computeIfAbsent(given.upstream(), _ -> new TreeSet<>()).add(model);
        }
      }
    }
    if (!unknown.isEmpty()) {
      throw new Wrong("The mandate does not give %s.".formatted(Words.list(List.copyOf(unknown))));
    }
    return byUpstream.entrySet().stream()
        .map(one -> new LlmTerms(one.getKey(), one.getValue(), null, Limits.NONE, null))
        .toList();
  }

  private static List<AddressRange> addresses(String list) {
    List<AddressRange> ranges = new ArrayList<>();
    for (String part : parts(list)) {
      try {
        ranges.add(AddressRange.parse(part));
      } catch (AddressRange.InvalidRange e) {
        throw new Wrong("Addresses: " + e.getMessage() + ".");
      }
    }
    if (ranges.size() > ADDRESSES_MAX) {
      throw new Wrong("A key has at most " + ADDRESSES_MAX + " ranges of addresses.");
    }
    return ranges;
  }

  private static @Nullable Long amount(String label, String text) {
    if (text.isEmpty()) {
      return null;
    }
    if (!text.matches("[0-9]{1,15}")) {
      throw new Wrong(label + " is a whole number, such as 1000.");
    }
    return Long.valueOf(text);
  }

  private static @Nullable Long cost(String text) {
    if (text.isEmpty()) {
      return null;
    }
    if (!text.matches("[0-9]{1,8}(\\.[0-9]{1,6})?")) {
      throw new Wrong("Money is a number, such as 2.50.");
    }
    return new BigDecimal(text).movePointRight(MICROS_DIGITS).longValueExact();
  }
}
