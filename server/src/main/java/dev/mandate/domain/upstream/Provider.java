package dev.mandate.domain.upstream;

import java.util.Locale;

/// Whose API an LLM upstream speaks.
public enum Provider {
  OPENAI,
  ANTHROPIC;

  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }
}
