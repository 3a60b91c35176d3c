package dev.mandate.domain.credential;

import java.util.Locale;

/// What becomes of one version of a credential.
public enum CredentialState {
  /// Takes calls, as many as its weight says.
  ACTIVE,
  /// Takes no new call; those that are open finish.
  DRAINING,
  /// The provider refused it. Takes no call until it was put into use again, or a test of ours
  /// found it good.
  REJECTED,
  /// Takes no call and is kept until it is removed or put into use again.
  RETIRED;

  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static CredentialState ofWire(String wire) {
    return valueOf(wire.toUpperCase(Locale.ROOT));
  }
}
