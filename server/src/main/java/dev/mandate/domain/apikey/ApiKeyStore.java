package dev.mandate.domain.apikey;

import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps API keys.
public interface ApiKeyStore {
  /// The key that has a secret with this hash, revoked and expired ones too, and those whose secret
  /// has ended ([ApiKey#endOf]).
  @Nullable ApiKey find(TenantId tenant, TokenHash hash);

  @Nullable ApiKey find(TenantId tenant, ApiKeyId id);

  /// A key by whose it is.
  record Place(TenantId tenant, ApiKeyId id) {}

  /// Which keys have a secret with this hash, in whatever tenant. Only for what follows from
  /// somebody's having the secret itself: nothing of it may be answered.
  List<Place> everywhere(TokenHash hash);

  /// Which keys a list names; a null part lets all pass.
  ///
  /// @param bound whether a mandate stands behind the key; those with scopes have none
  record Filter(@Nullable Boolean bound, @Nullable UserId owner, @Nullable MandateId mandate) {
    public static final Filter ALL = new Filter(null, null, null);
  }

  /// Newest first.
  ///
  /// @param before the last key of the page before; null for the first page
  List<ApiKey> page(TenantId tenant, Filter filter, @Nullable ApiKeyId before, int limit);

  /// A key of a mandate or of a maker that was revoked meanwhile is born revoked.
  void insert(ApiKey key);

  List<ApiKey> ofUser(TenantId tenant, UserId owner);

  /// The tenant's own, which are nobody's and no mandate stands behind.
  List<ApiKey> ofTenant(TenantId tenant);

  List<ApiKey> ofMandate(TenantId tenant, MandateId mandate);

  /// Those that work and end after `after`, up to `until`; the first to end first.
  List<ApiKey> ending(TenantId tenant, Instant after, Instant until, int limit);

  /// The outcome of a rotation.
  sealed interface Rotation {
    record Rotated(ApiKey key) implements Rotation {}

    /// It was rotated since it was read. Nothing was changed.
    record Overtaken() implements Rotation {}

    /// It was revoked, has expired, or never was. Nothing was changed.
    record Ended() implements Rotation {}
  }

  /// Gives the key a new secret. The one before works until `graceEnd`, one that was in its grace
  /// already ends now. Announces `ApiKeyChanged`.
  ///
  /// @param generation that was read; of two rotations that read the same one wins
  /// @param next its secret from now on
  /// @param expiresAt of the key, from now on
  /// @param maker of the new secret, with which the key ends from now on; a maker that was revoked
  ///   meanwhile rotates nothing
  Rotation rotate(
      TenantId tenant,
      ApiKeyId id,
      int generation,
      KeySecret next,
      Instant graceEnd,
      Instant expiresAt,
      @Nullable ApiKeyId maker,
      Instant now);

  /// Revokes the key and those that it made, and those that these made. Announces `ApiKeyRevoked`
  /// for each. Revoking again changes nothing.
  ///
  /// @return false when there is no such key
  boolean revoke(TenantId tenant, ApiKeyId id, Instant now);

  /// What became of a leaked key.
  enum Leaked {
    /// It is written down; the key works on.
    RECORDED,
    /// Its former secret, which leaked, has ended; the key works on with its current one.
    SECRET_ENDED,
    REVOKED,
    /// All was known, and nothing was left to end.
    NOTHING_NEW
  }

  /// Writes down that a secret of the key was found in the open; only the first place is kept.
  ///
  /// @param ends whether what leaked ends too: the key if it was its current secret, else that
  ///   secret alone
  Leaked leaked(
      TenantId tenant, ApiKeyId id, TokenHash hash, LeakPlace place, boolean ends, Instant now);

  /// At most once a minute is enough.
  void used(TenantId tenant, ApiKeyId id, Instant now, String from);
}
