package dev.mandate.domain.ratelimit;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Whose calls a rate limit counts together.
public enum RateHolder {
  TENANT,
  USER,
  CLIENT,
  MANDATE,
  API_KEY;

  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static @Nullable RateHolder ofWire(String wire) {
    for (RateHolder holder : values()) {
      if (holder.wire().equals(wire)) {
        return holder;
      }
    }
    return null;
  }
}
