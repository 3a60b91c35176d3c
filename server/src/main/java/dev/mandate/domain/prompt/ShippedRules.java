package dev.mandate.domain.prompt;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.platform.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The rule sets that ship, English and Korean. How well they do is in
/// `docs/guides/prompt-categories.md`.
///
/// @param version a date
public record ShippedRules(String version, Map<String, RuleSet> sets) {
  private static final String SHIPPED = "/prompts/rules-2026-11-21.json";

  /// @param displayName for people
  public record RuleSet(String name, String displayName, List<String> patterns) {
    public RuleSet {
      patterns = List.copyOf(patterns);
    }
  }

  public ShippedRules {
    sets = Map.copyOf(sets);
  }

  public static ShippedRules load() {
    try (InputStream in = ShippedRules.class.getResourceAsStream(SHIPPED)) {
      if (in == null) {
        throw new IllegalStateException(SHIPPED + " is not in the jar");
      }
      JsonNode file = Json.parse(in.readAllBytes());
      Map<String, RuleSet> sets = new TreeMap<>();
      file.path("sets")
          .properties()
          .forEach(
              entry -> {
                List<String> patterns = new ArrayList<>();
                JsonNode set = entry.getValue();
                set.path("any").forEach(pattern -> patterns.add(pattern.asText()));
                set.path("en").forEach(pattern -> patterns.add(pattern.asText()));
                set.path("ko").forEach(pattern -> patterns.add(pattern.asText()));
                sets.put(
                    entry.getKey(),
                    new RuleSet(entry.getKey(), set.path("display_name").asText(), patterns));
              });
      return new ShippedRules(file.path("version").asText(), sets);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public @Nullable RuleSet set(String name) {
    return sets.get(name);
  }
}
