package dev.mandate.domain.upstream;

/// Micro-units of money for a million tokens of each kind.
public record Price(
    long input, long cachedInput, long cacheWrite, long cacheWriteLong, long output) {
  private static final long MILLION = 1_000_000;

  /// What this usage costs in micro-units, rounded up once.
  public long cost(Usage usage) {
    long scaled = 0;
    scaled = plus(scaled, usage.input(), input);
    scaled = plus(scaled, usage.cachedInput(), cachedInput);
    scaled = plus(scaled, usage.cacheWrite(), cacheWrite);
    scaled = plus(scaled, usage.cacheWriteLong(), cacheWriteLong);
    scaled = plus(scaled, usage.output(), output);
    return Math.ceilDiv(scaled, MILLION);
  }

  /// Stops at the largest number: an absurd usage must still be booked.
  private static long plus(long sum, long tokens, long price) {
    if (price > 0 && tokens > (Long.MAX_VALUE - sum) / price) {
      return Long.MAX_VALUE;
    }
    return sum + tokens * price;
  }

  /// The dearest price that a token of input can have in any call.
  public long dearestInput() {
    return Math.max(Math.max(input, cachedInput), Math.max(cacheWrite, cacheWriteLong));
  }
}
