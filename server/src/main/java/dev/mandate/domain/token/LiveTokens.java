package dev.mandate.domain.token;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.mandate.Rights;
import dev.mandate.domain.mandate.RightsReader;
import dev.mandate.domain.monitoring.Restraints;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.revocation.Snapshot;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.jose.InvalidJwt;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Says what an access token is worth right now, for endpoints of ours that take or judge one:
/// signature, times, its own revocation, whether its client is suspended, and what its mandate is
/// worth. Blocking; the gateway has its own way, in memory.
///
/// What can never change is kept: that a token is ours and what it says. Revocations and rights are
/// kept only until this node hears of a change: of its own before the call that makes it returns,
/// of another node's as soon as that announces it.
public final class LiveTokens {
  private static final int VERIFIED_MAX = 10_000;
  private static final int RIGHTS_MAX = 10_000;

  private final AccessTokens tokens;
  private final RevokedTokenStore revoked;
  private final RightsReader rights;
  private final Restraints restraints;
  private final InstantSource clock;

  /// Tokens that were looked for and are not among the revoked.
  private final Snapshot<String, Boolean> unrevoked;

  private final Cache<Key, AccessTokenClaims> verified =
      Caffeine.newBuilder().maximumSize(VERIFIED_MAX).build();

  private record Key(String issuer, TokenHash hash) {}

  /// A token that holds.
  public record Live(AccessTokenClaims claims, Rights rights) {
    /// The token's scopes that hold today.
    public SortedSet<String> scopes() {
      SortedSet<String> scopes = new TreeSet<>(claims.scopes());
      scopes.retainAll(rights.scopes());
      return Collections.unmodifiableSortedSet(scopes);
    }

    /// What it gives access to today.
    public List<LlmAccess> access(Instant now) {
      return rights.within(claims.details(), claims.issuedAt(), now);
    }
  }

  public LiveTokens(
      AccessTokens tokens,
      RevokedTokenStore revoked,
      RightsReader rights,
      Restraints restraints,
      ChangeFeed changes,
      InstantSource clock) {
    this.tokens = tokens;
    this.revoked = revoked;
    this.rights = rights;
    this.restraints = restraints;
    this.clock = clock;
    this.unrevoked = new Snapshot<>(changes, VERIFIED_MAX, Change.TokenRevoked.class);
  }

  /// One that reads again only after a change that may concern a mandate's rights. Not for whoever
  /// keeps rights itself (see [Snapshot]).
  public static RightsReader keeping(RightsReader rights, ChangeFeed changes) {
    Snapshot<MandateId, Rights> kept =
        new Snapshot<>(
            changes,
            RIGHTS_MAX,
            Change.MandateRevoked.class,
            Change.UserChanged.class,
            Change.ClientChanged.class);
    return rights.with(kept::find);
  }

  /// Null for anything but a token of this issuer that holds now. The audience is the caller's to
  /// check ([AccessTokenClaims#isFor]).
  public @Nullable Live find(Issuer issuer, Secret token) {
    AccessTokenClaims claims = claims(issuer, token);
    Instant now = clock.instant();
    if (claims == null
        || !now.isBefore(claims.expiresAt())
        || isRevoked(issuer.tenant(), claims.jti())
        || !restraints.admits(issuer.tenant(), null, claims.client())) {
      return null;
    }
    Rights worth = rights.read(issuer.tenant(), claims.mandate());
    return worth == null || !worth.isLive(now) ? null : new Live(claims, worth);
  }

  private boolean isRevoked(TenantId tenant, String jti) {
    return unrevoked.find(tenant, jti, () -> revoked.isRevoked(tenant, jti) ? null : true) == null;
  }

  private @Nullable AccessTokenClaims claims(Issuer issuer, Secret token) {
    Key key = new Key(issuer.url(), TokenHash.of(token));
    AccessTokenClaims known = verified.getIfPresent(key);
    if (known != null) {
      return known;
    }
    try {
      AccessTokenClaims claims = tokens.authentic(issuer, token.reveal());
      verified.put(key, claims);
      return claims;
    } catch (InvalidJwt e) {
      // Not ours: whoever asks is told no more than that.
      return null;
    }
  }
}
