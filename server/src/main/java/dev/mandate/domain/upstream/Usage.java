package dev.mandate.domain.upstream;

/// Tokens of one call as the provider reports them; the input parts don't overlap.
///
/// @param input charged at the input price
/// @param cachedInput read from the provider's cache
/// @param cacheWrite written to the provider's cache for about five minutes
/// @param cacheWriteLong written to the provider's cache for about an hour
/// @param output with reasoning tokens
public record Usage(
    long input, long cachedInput, long cacheWrite, long cacheWriteLong, long output) {
  public static final Usage NONE = new Usage(0, 0, 0, 0, 0);

  public static Usage of(long input, long output) {
    return new Usage(input, 0, 0, 0, output);
  }

  public long allInput() {
    return input + cachedInput + cacheWrite + cacheWriteLong;
  }

  public long total() {
    return allInput() + output;
  }
}
