package dev.mandate.domain.upstream;

import java.net.URI;
import java.util.Locale;

/// Whose API an LLM upstream speaks.
public enum Provider {
  OPENAI,
  ANTHROPIC;

  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Provider ofWire(String wire) {
    return valueOf(wire.toUpperCase(Locale.ROOT));
  }

  /// Where the provider itself serves its API.
  public URI ownUrl() {
    return switch (this) {
      case OPENAI -> URI.create("https://api.openai.com");
      case ANTHROPIC -> URI.create("https://api.anthropic.com");
    };
  }
}
