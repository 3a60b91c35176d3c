package dev.mandate.testing;

import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantId;
import java.time.Duration;
import java.time.ZoneId;

/// Tenants.
public final class Tenants {
  public static final TenantId ACME = new TenantId("acme");
  public static final TenantId GLOBEX = new TenantId("globex");

  private Tenants() {}

  /// A mandate lasts 30 days there, 90 at most.
  public static Tenant tenant(TenantId id) {
    return new Tenant(
        id, "Tenant " + id, ZoneId.of("Europe/Berlin"), Duration.ofDays(30), Duration.ofDays(90));
  }
}
