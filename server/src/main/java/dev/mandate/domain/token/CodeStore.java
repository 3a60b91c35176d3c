package dev.mandate.domain.token;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Keeps authorization codes.
public interface CodeStore {
  void insert(AuthorizationCode code);

  /// Looks without using it up, so that a request that fails its checks doesn't burn the code.
  @Nullable AuthorizationCode find(TenantId tenant, TokenHash hash);

  /// Uses the code up, atomically: of racing callers exactly one is told `true`. A used code is
  /// kept until it is long expired, so that a replay is recognised.
  ///
  /// @return false when it was used before
  boolean consume(TenantId tenant, TokenHash hash, Instant now);
}
