package dev.mandate.domain.ratelimit;

/// What a rate limit counts.
public enum RateUnit {
  REQUESTS("requests_per_minute"),
  TOKENS("tokens_per_minute"),
  CALLS("concurrent_calls");

  private final String wire;

  RateUnit(String wire) {
    this.wire = wire;
  }

  /// As the admin API and refusals name the limit.
  public String wire() {
    return wire;
  }
}
