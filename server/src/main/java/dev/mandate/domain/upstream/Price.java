package dev.mandate.domain.upstream;

/// Micro-units of money for a million tokens of each kind.
public record Price(
    long input, long cachedInput, long cacheWrite, long cacheWriteLong, long output) {
  private static final long MILLION = 1_000_000;

  /// What this usage costs in micro-units, rounded up once.
  public long cost(Usage usage) {
    long scaled =
        Math.addExact(
            Math.addExact(
                Math.multiplyExact(usage.input(), input),
                Math.multiplyExact(usage.cachedInput(), cachedInput)),
            Math.addExact(
                Math.addExact(
                    Math.multiplyExact(usage.cacheWrite(), cacheWrite),
                    Math.multiplyExact(usage.cacheWriteLong(), cacheWriteLong)),
                Math.multiplyExact(usage.output(), output)));
    return Math.ceilDiv(scaled, MILLION);
  }

  /// The dearest price that a token of input can have in any call.
  public long dearestInput() {
    return Math.max(Math.max(input, cachedInput), Math.max(cacheWrite, cacheWriteLong));
  }
}
