package dev.mandate.domain.tenant;

import java.time.Duration;
import java.time.ZoneId;

/// A tenant and what it decides for all of its mandates.
///
/// @param zone in which its calendar days and months begin
/// @param mandateLifetime of a mandate whose request names none
/// @param mandateLifetimeMax that a person may approve
public record Tenant(
    TenantId id, String name, ZoneId zone, Duration mandateLifetime, Duration mandateLifetimeMax) {}
