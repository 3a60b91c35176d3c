package dev.mandate.domain.tenant;

import java.time.Duration;
import java.time.ZoneId;

/// A tenant and what it decides for all of its mandates.
///
/// @param name for people; may change, unlike the id
/// @param zone in which its calendar days and months begin
/// @param mandateLifetime of a mandate whose request names none
/// @param mandateLifetimeMax that a person may approve
/// @param disabled its issuer answers nothing and its mandates hold nothing
public record Tenant(
    TenantId id,
    String name,
    ZoneId zone,
    Duration mandateLifetime,
    Duration mandateLifetimeMax,
    boolean disabled) {
  public Tenant {
    if (disabled && id.equals(TenantId.DEFAULT)) {
      throw new IllegalArgumentException("the tenant at the root can't be disabled");
    }
  }

  /// One that is served.
  public Tenant(
      TenantId id, String name, ZoneId zone, Duration mandateLifetime, Duration mandateLifetimeMax) {
    this(id, name, zone, mandateLifetime, mandateLifetimeMax, false);
  }
}
