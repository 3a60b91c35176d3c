package dev.mandate.domain.upstream;

/// What one call took, as the provider reports it; the parts don't overlap.
///
/// @param input tokens charged at the input price
/// @param cachedInput read from the provider's cache
/// @param cacheWrite written to the provider's cache for about five minutes
/// @param cacheWriteLong written to the provider's cache for about an hour
/// @param output with reasoning tokens
/// @param mediaInput tokens of images and sound, where those have a price of their own
/// @param units that are no tokens: images, characters or seconds, as the model's price has it
public record Usage(
    long input,
    long cachedInput,
    long cacheWrite,
    long cacheWriteLong,
    long output,
    long mediaInput,
    long units) {
  public static final Usage NONE = new Usage(0, 0, 0, 0, 0);

  /// Of texts alone.
  public Usage(long input, long cachedInput, long cacheWrite, long cacheWriteLong, long output) {
    this(input, cachedInput, cacheWrite, cacheWriteLong, output, 0, 0);
  }

  public static Usage of(long input, long output) {
    return new Usage(input, 0, 0, 0, output);
  }

  public Usage withOutput(long tokens) {
    return new Usage(input, cachedInput, cacheWrite, cacheWriteLong, tokens, mediaInput, units);
  }

  public Usage withUnits(long number) {
    return new Usage(input, cachedInput, cacheWrite, cacheWriteLong, output, mediaInput, number);
  }

  /// Tokens of all kinds.
  public long allInput() {
    return input + cachedInput + cacheWrite + cacheWriteLong + mediaInput;
  }

  /// Tokens of all kinds.
  public long total() {
    return allInput() + output;
  }
}
