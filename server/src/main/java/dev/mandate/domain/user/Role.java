package dev.mandate.domain.user;

import java.util.Locale;

/// The built-in roles of a tenant.
public enum Role {
  OWNER,
  ADMIN,
  APPROVER,
  AUDITOR,
  MEMBER;

  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Role ofWire(String wire) {
    return valueOf(wire.toUpperCase(Locale.ROOT));
  }
}
