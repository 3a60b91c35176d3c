package dev.mandate.domain.ratelimit;

import org.jspecify.annotations.Nullable;

/// How fast, at most; null means that this one is not limited here. Zero allows nothing.
///
/// @param requestsPerMinute calls
/// @param tokensPerMinute input and output together
/// @param concurrentCalls under way at a time, streams until their end
public record Rates(
    @Nullable Long requestsPerMinute,
    @Nullable Long tokensPerMinute,
    @Nullable Long concurrentCalls) {
  /// Far from where a sum or a product of limits would overflow.
  public static final long MAX = 1_000_000_000_000L;

  public static final Rates NONE = new Rates(null, null, null);

  public Rates {
    bounded(RateUnit.REQUESTS, requestsPerMinute);
    bounded(RateUnit.TOKENS, tokensPerMinute);
    bounded(RateUnit.CALLS, concurrentCalls);
  }

  private static void bounded(RateUnit unit, @Nullable Long value) {
    if (value != null && (value < 0 || value > MAX)) {
      throw new IllegalArgumentException(unit.wire() + " is " + value + ", expected 0 to " + MAX);
    }
  }

  public @Nullable Long of(RateUnit unit) {
    return switch (unit) {
      case REQUESTS -> requestsPerMinute;
      case TOKENS -> tokensPerMinute;
      case CALLS -> concurrentCalls;
    };
  }

  /// These, and where they say nothing the others.
  Rates or(Rates others) {
    return new Rates(
        requestsPerMinute == null ? others.requestsPerMinute : requestsPerMinute,
        tokensPerMinute == null ? others.tokensPerMinute : tokensPerMinute,
        concurrentCalls == null ? others.concurrentCalls : concurrentCalls);
  }
}
