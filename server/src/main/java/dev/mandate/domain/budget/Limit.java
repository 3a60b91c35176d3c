package dev.mandate.domain.budget;

import java.util.Locale;

/// Which limit a call ran into.
public enum Limit {
  REQUESTS,
  TOKENS_PER_REQUEST,
  TOKENS_PER_DAY,
  COST_MICROS;

  /// Its name in `authorization_details` and in refusals.
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }
}
