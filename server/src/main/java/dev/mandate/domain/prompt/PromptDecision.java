package dev.mandate.domain.prompt;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// What a tenant says to prompts of a category.
public enum PromptDecision {
  ALLOW,
  DENY,
  /// A person has to say yes first.
  NEEDS_APPROVAL;

  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static PromptDecision ofWire(String wire) {
    return valueOf(wire.toUpperCase(Locale.ROOT));
  }

  public static List<String> wires() {
    return Arrays.stream(values()).map(PromptDecision::wire).toList();
  }
}
