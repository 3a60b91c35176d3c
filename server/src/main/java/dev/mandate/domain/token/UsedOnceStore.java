package dev.mandate.domain.token;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Instant;

/// Remembers what others made and may be used once: the `jti` of an assertion or a proof. All nodes
/// of a database share it.
public interface UsedOnceStore {
  /// Of racing callers one is the first.
  ///
  /// @param until after which whatever it names is refused for its age, and may be forgotten
  /// @return whether it was not used before
  boolean useOnce(TenantId tenant, TokenHash id, Instant until);

  /// The name of a `jti` in one use: whoever picked the same one elsewhere is not in its way.
  ///
  /// @param use what for
  /// @param by who made it
  static TokenHash id(String use, String by, String jti) {
    // The lengths keep two uses from sharing a name.
    return TokenHash.of(
        Secret.of(use + " " + by.length() + " " + by + " " + jti.length() + " " + jti));
  }
}
