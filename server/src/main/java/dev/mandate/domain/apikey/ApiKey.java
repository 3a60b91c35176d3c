package dev.mandate.domain.apikey;

import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.TokenHash;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// An API key as the store keeps it. Its id stays the same however often its secret is rotated.
///
/// @param secrets the newest first; a second one while the grace of a rotation lasts, or lasted
/// @param generation how often it was rotated
/// @param owner whose it is; null for the tenant's own
/// @param mandate that it spends; null when it has scopes instead
/// @param scopes of the admin API, or to introspect; empty when it is bound to a mandate
/// @param bounds of its own, inside of what it is for
/// @param maker the key that made it or rotated it last, with which it ends; null when a person or
///   a file did
/// @param revokedAt null while it was not
/// @param lastUse null before the first
/// @param leak the first place where it was found in the open; null when it was not
public record ApiKey(
    TenantId tenant,
    ApiKeyId id,
    List<KeySecret> secrets,
    int generation,
    String name,
    @Nullable UserId owner,
    @Nullable MandateId mandate,
    Set<String> scopes,
    KeyBounds bounds,
    @Nullable ApiKeyId maker,
    Instant createdAt,
    Instant expiresAt,
    @Nullable Instant revokedAt,
    @Nullable Use lastUse,
    @Nullable Leak leak) {

  /// @param at to the minute
  /// @param from the address; null where nobody kept it
  public record Use(Instant at, @Nullable String from) {}

  /// Where a key was found.
  public record Leak(Instant at, LeakPlace place) {}

  public ApiKey {
    if (secrets.isEmpty() || secrets.getFirst().endsAt() != null) {
      throw new IllegalArgumentException("key " + id + " has no current secret");
    }
    secrets = List.copyOf(secrets);
    scopes = Set.copyOf(scopes);
  }

  /// One with a single secret and no bounds of its own.
  public ApiKey(
      TenantId tenant,
      ApiKeyId id,
      TokenHash hash,
      String hint,
      String name,
      @Nullable UserId owner,
      @Nullable MandateId mandate,
      Set<String> scopes,
      Instant createdAt,
      Instant expiresAt,
      @Nullable Instant revokedAt,
      @Nullable Instant lastUsedAt) {
    this(
        tenant,
        id,
        List.of(new KeySecret(hash, hint, createdAt, null)),
        0,
        name,
        owner,
        mandate,
        scopes,
        KeyBounds.NONE,
        null,
        createdAt,
        expiresAt,
        revokedAt,
        lastUsedAt == null ? null : new Use(lastUsedAt, null),
        null);
  }

  /// Of the current secret.
  public TokenHash hash() {
    return secrets.getFirst().hash();
  }

  /// The last characters of the current secret, for people to tell keys apart.
  public String hint() {
    return secrets.getFirst().hint();
  }

  /// The secret before the current one, while it works still; null when it doesn't.
  public @Nullable KeySecret former(Instant now) {
    return secrets.size() > 1 && secrets.get(1).isLive(now) ? secrets.get(1) : null;
  }

  public @Nullable Instant lastUsedAt() {
    return lastUse == null ? null : lastUse.at();
  }

  /// Whether it works, with its current secret at least.
  public boolean isLive(Instant now) {
    return revokedAt == null && now.isBefore(expiresAt);
  }

  /// Whether it works for who presents the secret of this hash.
  public boolean isLive(TokenHash presented, Instant now) {
    return isLive(now) && now.isBefore(endOf(presented));
  }

  /// When this secret ends, the grace of a rotation included; now long past when it is none of the
  /// key's.
  public Instant endOf(TokenHash presented) {
    for (KeySecret secret : secrets) {
      if (secret.hash().equals(presented)) {
        Instant end = secret.endsAt();
        return end != null && end.isBefore(expiresAt) ? end : expiresAt;
      }
    }
    return Instant.EPOCH;
  }
}
