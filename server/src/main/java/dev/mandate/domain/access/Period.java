package dev.mandate.domain.access;

import java.util.Locale;

/// How long a limit counts before it begins anew: from the beginning of a calendar minute, hour,
/// day or month in the tenant's time zone to its end, or for ever. One such stretch is a *window*.
public enum Period {
  MINUTE,
  HOUR,
  DAY,
  MONTH,
  TOTAL;

  /// Its name in JSON.
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }
}
