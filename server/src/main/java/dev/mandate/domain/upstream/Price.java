package dev.mandate.domain.upstream;

import org.jspecify.annotations.Nullable;

/// Micro-units of money for a million tokens of each kind.
///
/// @param longContext what holds instead for a call with a long input; null where all cost the same
public record Price(
    long input,
    long cachedInput,
    long cacheWrite,
    long cacheWriteLong,
    long output,
    @Nullable LongContext longContext) {
  private static final long MILLION = 1_000_000;

  /// The price of calls whose input, cached or not, has more tokens than this; for all of their
  /// tokens.
  public record LongContext(long aboveTokens, Price price) {
    public LongContext {
      if (price.longContext() != null) {
        throw new IllegalArgumentException("a price for long inputs has no other one in it");
      }
    }
  }

  /// The same for calls of any length.
  public Price(long input, long cachedInput, long cacheWrite, long cacheWriteLong, long output) {
    this(input, cachedInput, cacheWrite, cacheWriteLong, output, null);
  }

  /// What this usage costs in micro-units, rounded up once.
  public long cost(Usage usage) {
    if (longContext != null && usage.allInput() > longContext.aboveTokens()) {
      return longContext.price().cost(usage);
    }
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

  /// The dearest of each kind that a call with at most this much input can have: one with less may
  /// cost more a token.
  public Price dearest(long inputTokens) {
    if (longContext == null || inputTokens <= longContext.aboveTokens()) {
      return this;
    }
    Price other = longContext.price();
    return new Price(
        Math.max(input, other.input),
        Math.max(cachedInput, other.cachedInput),
        Math.max(cacheWrite, other.cacheWrite),
        Math.max(cacheWriteLong, other.cacheWriteLong),
        Math.max(output, other.output));
  }

  /// The dearest price that a token of input can have in any call that isn't long.
  public long dearestInput() {
    return Math.max(Math.max(input, cachedInput), Math.max(cacheWrite, cacheWriteLong));
  }
}
