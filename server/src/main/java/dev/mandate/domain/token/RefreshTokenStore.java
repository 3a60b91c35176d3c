package dev.mandate.domain.token;

import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Keeps refresh tokens and rotates them so that neither a lost answer nor a parallel refresh kills
/// a family, and a stolen token does.
public interface RefreshTokenStore {
  /// How long after a successor's first use its predecessor gets a plain refusal instead of
  /// revoking the family.
  Duration REUSE_GRACE = Duration.ofSeconds(60);

  void insert(RefreshToken token);

  /// The token, whatever state it is in, unless its family is revoked.
  @Nullable RefreshToken find(TenantId tenant, TokenHash hash);

  /// The token, if presenting it now would yield an access token: it has not expired, its family is
  /// not revoked and its successor was not used.
  @Nullable RefreshToken findUsable(TenantId tenant, TokenHash hash, Instant now);

  /// What became of a presented token. Exactly one transaction decides.
  sealed interface Rotation {
    /// The proposed successor is stored; hand it out.
    record Rotated(RefreshToken presented) implements Rotation {}

    /// A successor exists and was never used: hand out the same one, whose sealed form this is
    /// (sealed under a key derived from the presented token).
    record Repeated(RefreshToken presented, byte[] sealedSuccessor) implements Rotation {}

    /// The successor was first used within [#REUSE_GRACE]: refuse, change nothing.
    record Superseded() implements Rotation {}

    /// The successor was used longer ago: the token was stolen, or is. The family's mandate is for
    /// the caller to revoke.
    record Reused(MandateId mandate) implements Rotation {}

    /// No such token, an expired one, or one of a revoked family.
    record Unknown() implements Rotation {}
  }

  /// Presents the token `presented` and proposes a successor for it. The first use of a token also
  /// marks its predecessor as superseded and erases the sealed copy kept there.
  ///
  /// @param sealedSuccessor the successor, sealed under a key derived from the presented token
  Rotation rotate(
      TenantId tenant,
      TokenHash presented,
      TokenHash successor,
      byte[] sealedSuccessor,
      Instant now,
      Instant successorExpiresAt);
}
