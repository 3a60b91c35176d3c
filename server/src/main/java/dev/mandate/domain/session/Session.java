package dev.mandate.domain.session;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Instant;

/// A signed-in browser.
///
/// @param hash of the cookie's value
/// @param authenticatedAt when the person proved who they are (`auth_time`)
/// @param expiresAt whatever happens
public record Session(
    TenantId tenant, TokenHash hash, UserId user, Instant authenticatedAt, Instant expiresAt) {}
