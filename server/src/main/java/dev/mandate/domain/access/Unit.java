package dev.mandate.domain.access;

import java.util.Locale;

/// What a limit counts.
public enum Unit {
  /// Calls.
  REQUESTS,
  /// Input and output together.
  TOKENS,
  /// Millionths of the tenant's currency.
  COST_MICROS;

  /// Its name in JSON.
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }
}
