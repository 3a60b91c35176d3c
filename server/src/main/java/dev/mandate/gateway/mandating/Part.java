package dev.mandate.gateway.mandating;

import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.apikey.KeyBounds;
import org.jspecify.annotations.Nullable;

/// The part of a mandate that an API key with bounds of its own has. Worked out again only when the
/// mandate's standing is another one; safe from any thread.
public final class Part {
  private final ApiKeyId key;
  private final KeyBounds bounds;
  private volatile @Nullable Known known;

  private record Known(Standing whole, Standing part) {}

  public Part(ApiKeyId key, KeyBounds bounds) {
    this.key = key;
    this.bounds = bounds;
  }

  public KeyBounds bounds() {
    return bounds;
  }

  @SuppressWarnings("ReferenceEquality") // The same one, not one like it: comparing all would cost.
  public Standing of(Standing whole) {
    Known last = known;
    if (last == null || last.whole != whole) {
      last = new Known(whole, whole.within(key, bounds));
      known = last;
    }
    return last.part;
  }
}
