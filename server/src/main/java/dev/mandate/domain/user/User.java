package dev.mandate.domain.user;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.Secret;
import java.time.Instant;

/// A person in a tenant.
///
/// @param username unique in the tenant without regard to case
/// @param passwordHash in the PHC string format
public record User(
    TenantId tenant,
    UserId id,
    String username,
    String displayName,
    Role role,
    Secret passwordHash,
    boolean disabled,
    Instant createdAt) {}
