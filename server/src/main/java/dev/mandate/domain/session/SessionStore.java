package dev.mandate.domain.session;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Keeps sessions.
public interface SessionStore {
  void insert(Session session);

  /// The session, unless it has expired at `now` or its user is disabled.
  @Nullable Session find(TenantId tenant, TokenHash hash, Instant now);

  void delete(TenantId tenant, TokenHash hash);

  /// Signs the user out everywhere.
  void deleteOfUser(TenantId tenant, UserId user);
}
