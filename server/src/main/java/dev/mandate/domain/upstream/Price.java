package dev.mandate.domain.upstream;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Micro-units of money for a million of each kind of token, and of what isn't counted in tokens.
///
/// @param longContext what holds instead for a call with a long input; null where all cost the same
/// @param mediaInput of a token of an image or of sound in the input
/// @param perUnit where a call costs something beside its tokens; null where it doesn't
public record Price(
    long input,
    long cachedInput,
    long cacheWrite,
    long cacheWriteLong,
    long output,
    @Nullable LongContext longContext,
    long mediaInput,
    @Nullable PerUnit perUnit) {
  private static final long MILLION = 1_000_000;

  /// What is counted where tokens aren't.
  public enum Unit {
    /// That was made.
    IMAGE,
    /// Of the text that is spoken.
    CHARACTER,
    /// Of the sound that is heard; begun ones count.
    SECOND;

    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    public static Unit ofWire(String wire) {
      return valueOf(wire.toUpperCase(Locale.ROOT));
    }
  }

  /// The price of a million units.
  ///
  /// @param most of them that one call can take, where nothing in the call bounds them
  public record PerUnit(Unit unit, long price, long most) {}

  /// The price of calls whose input, cached or not, has more tokens than this; for all of their
  /// tokens.
  public record LongContext(long aboveTokens, Price price) {
    public LongContext {
      if (price.longContext() != null || price.perUnit() != null) {
        throw new IllegalArgumentException(
            "a price for long inputs has no other one in it, and none of units");
      }
    }
  }

  /// Images and sound cost what text does.
  public Price(
      long input,
      long cachedInput,
      long cacheWrite,
      long cacheWriteLong,
      long output,
      @Nullable LongContext longContext) {
    this(input, cachedInput, cacheWrite, cacheWriteLong, output, longContext, input, null);
  }

  /// The same for calls of any length.
  public Price(long input, long cachedInput, long cacheWrite, long cacheWriteLong, long output) {
    this(input, cachedInput, cacheWrite, cacheWriteLong, output, null);
  }

  /// Images and sound have a price of their own, or there are units beside tokens.
  public Price with(long media, @Nullable PerUnit units) {
    return new Price(
        input, cachedInput, cacheWrite, cacheWriteLong, output, longContext, media, units);
  }

  /// What is counted where tokens aren't; null where only they are.
  public @Nullable Unit unit() {
    return perUnit == null ? null : perUnit.unit();
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
    scaled = plus(scaled, usage.mediaInput(), mediaInput);
    scaled = plus(scaled, usage.units(), unitPrice());
    return Math.ceilDiv(scaled, MILLION);
  }

  /// Of a million units; 0 where none are charged.
  public long unitPrice() {
    return perUnit == null ? 0 : perUnit.price();
  }

  /// Stops at the largest number: an absurd usage must still be booked.
  private static long plus(long sum, long number, long price) {
    if (price > 0 && number > (Long.MAX_VALUE - sum) / price) {
      return Long.MAX_VALUE;
    }
    return sum + number * price;
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
        Math.max(output, other.output),
        null,
        Math.max(mediaInput, other.mediaInput),
        perUnit);
  }

  /// The dearest price that a token of input can have in any call that isn't long.
  public long dearestInput() {
    return Math.max(Math.max(input, cachedInput), Math.max(cacheWrite, cacheWriteLong));
  }
}
