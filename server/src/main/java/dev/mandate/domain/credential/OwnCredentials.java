package dev.mandate.domain.credential;

import java.util.Locale;

/// Whether people pay at an upstream with keys of their own.
public enum OwnCredentials {
  /// The tenant's key pays for everybody.
  OFF,
  /// A person's own key pays for their mandates; the tenant's does for whoever has none.
  ALLOWED,
  /// A person's mandates are refused until they have added a key. What the tenant itself gave to a
  /// service is paid with the tenant's.
  REQUIRED;

  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static OwnCredentials ofWire(String wire) {
    return valueOf(wire.toUpperCase(Locale.ROOT));
  }
}
