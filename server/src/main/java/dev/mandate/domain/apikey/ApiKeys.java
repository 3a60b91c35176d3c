package dev.mandate.domain.apikey;

import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.apikey.ApiKeyStore.Rotation;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.notice.Notices;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserId;
import dev.mandate.domain.user.UserStore;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.crypto.TokenSource;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Makes and rotates keys within the policy, and says what one is worth now.
public final class ApiKeys {
  /// A key's scope beside those of the admin API: it may introspect every token of its tenant, as a
  /// client with this scope may.
  public static final String INTROSPECT = Client.INTROSPECT;

  private final ApiKeyStore store;
  private final UserStore users;
  private final TokenSource tokens;
  private final Notices notices;
  private final LeakedKeys leaks;
  private final ApiKeyPolicy policy;

  public ApiKeys(
      ApiKeyStore store,
      UserStore users,
      TokenSource tokens,
      Notices notices,
      LeakedKeys leaks,
      ApiKeyPolicy policy) {
    this.store = store;
    this.users = users;
    this.tokens = tokens;
    this.notices = notices;
    this.leaks = leaks;
    this.policy = policy;
  }

  public ApiKeyStore store() {
    return store;
  }

  public LeakedKeys leaks() {
    return leaks;
  }

  public ApiKeyPolicy policy() {
    return policy;
  }

  /// Every scope that a key may have.
  public static SortedSet<String> scopes() {
    SortedSet<String> all = new TreeSet<>(AdminScope.names());
    all.add(INTROSPECT);
    return Collections.unmodifiableSortedSet(all);
  }

  /// A key to be.
  ///
  /// @param mandate that it spends; null for a key with scopes
  /// @param maker the key that asks for it; null when no key does
  public record Wish(
      TenantId tenant,
      String name,
      @Nullable UserId owner,
      @Nullable Mandate mandate,
      Set<String> scopes,
      KeyBounds bounds,
      @Nullable ApiKeyId maker) {}

  /// A key with its secret, which nobody can find out afterwards.
  public record Shown(ApiKey key, Secret secret) {}

  /// @param expiresAt at [#latestEnd] at the latest
  public Shown make(Wish wish, Instant expiresAt, Instant now) {
    Secret secret = ApiKeyFormat.generate(tokens);
    Mandate mandate = wish.mandate;
    ApiKey key =
        new ApiKey(
            wish.tenant,
            new ApiKeyId(tokens.id("key")),
            List.of(secret(secret, now)),
            0,
            wish.name,
            wish.owner,
            mandate == null ? null : mandate.id(),
            wish.scopes,
            wish.bounds,
            wish.maker,
            now,
            expiresAt,
            null,
            null,
            null);
    store.insert(key);
    return new Shown(key, secret);
  }

  private static KeySecret secret(Secret secret, Instant now) {
    return new KeySecret(TokenHash.of(secret), ApiKeyFormat.hint(secret), now, null);
  }

  /// The outcome of [#rotate].
  public sealed interface Rotated {
    record New(Shown shown) implements Rotated {}

    /// Somebody else was quicker.
    record Overtaken() implements Rotated {}

    /// There is nothing left to rotate.
    record Ended() implements Rotated {}
  }

  /// @param current as it was read; of two who read the same one wins
  /// @param grace 0 to [ApiKeyPolicy#GRACE_MAX]
  /// @param expiresAt at [#latestEnd] at the latest
  /// @param maker the key that asks for it; null when no key does
  public Rotated rotate(
      ApiKey current, Duration grace, Instant expiresAt, @Nullable ApiKeyId maker, Instant now) {
    Secret secret = ApiKeyFormat.generate(tokens);
    return switch (store.rotate(
        current.tenant(),
        current.id(),
        current.generation(),
        secret(secret, now),
        now.plus(grace),
        expiresAt,
        maker,
        now)) {
      case Rotation.Rotated(ApiKey key) -> new Rotated.New(new Shown(key, secret));
      case Rotation.Overtaken() -> new Rotated.Overtaken();
      case Rotation.Ended() -> new Rotated.Ended();
    };
  }

  /// The latest moment at which a key may end: what it hangs on ends it anyway, and who decides
  /// about it with a key gives nothing that outlives that key.
  ///
  /// @param mandate that it spends, if it does
  /// @param decider when the key ends with which somebody decides; null when it is no key
  /// @param maker with which it ends; null when there is none
  public Instant latestEnd(
      TenantId tenant,
      @Nullable Mandate mandate,
      @Nullable Instant decider,
      @Nullable ApiKeyId maker,
      Instant now) {
    Instant latest = now.plus(policy.lifetimeMax());
    if (mandate != null) {
      latest = earlier(latest, mandate.expiresAt());
    }
    if (decider != null) {
      latest = earlier(latest, decider);
    }
    ApiKey made = maker == null ? null : store.find(tenant, maker);
    return made == null ? latest : earlier(latest, made.expiresAt());
  }

  private static Instant earlier(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }

  /// Whether the mandate carries as many live keys as it may.
  public boolean isFull(Mandate mandate, Instant now) {
    return store.ofMandate(mandate.tenant(), mandate.id()).stream()
            .filter(key -> key.isLive(now))
            .count()
        >= policy.livePerMandateMax();
  }

  /// @param by who does it; the owner is told when it is somebody else
  public void revoke(ApiKey key, @Nullable UserId by, Instant now) {
    store.revoke(key.tenant(), key.id(), now);
    UserId owner = key.owner();
    if (key.isLive(now) && owner != null && !owner.equals(by)) {
      notices.tell(
          key.tenant(),
          Notice.Kind.API_KEY_REVOKED,
          key.id().value(),
          key.id().value(),
          owner,
          "The API key '%s' (…%s) was revoked by an administrator."
              .formatted(key.name(), key.hint()));
    }
  }

  /// A key with scopes that works, and which of them hold today.
  public record Holder(ApiKey key, SortedSet<String> scopes) {}

  /// Null for anything but a key with scopes that works now; where it came from is the caller's to
  /// check.
  public @Nullable Holder holder(TenantId tenant, Secret presented, Instant now) {
    if (!ApiKeyFormat.isWellFormed(presented.reveal())) {
      return null;
    }
    TokenHash hash = TokenHash.of(presented);
    ApiKey key = store.find(tenant, hash);
    if (key == null || !key.isLive(hash, now) || key.mandate() != null || key.scopes().isEmpty()) {
      return null;
    }
    SortedSet<String> scopes = new TreeSet<>(key.scopes());
    UserId owner = key.owner();
    if (owner != null) {
      User user = users.find(tenant, owner);
      if (user == null || user.disabled()) {
        return null;
      }
      scopes.retainAll(givable(user.role().adminScopes()));
    }
    return new Holder(key, Collections.unmodifiableSortedSet(scopes));
  }

  /// The scopes that somebody with these may give a key: who may make a client that introspects may
  /// make a key that does.
  public static SortedSet<String> givable(Set<String> own) {
    SortedSet<String> givable = new TreeSet<>(own);
    givable.retainAll(scopes());
    if (own.contains(AdminScope.CLIENTS_WRITE.wire())) {
      givable.add(INTROSPECT);
    }
    return givable;
  }

  /// Writes a use down, unless one of the same minute is.
  ///
  /// @param from the peer's address
  public void used(ApiKey key, String from, Instant now) {
    Instant last = key.lastUsedAt();
    if (last == null || last.isBefore(now.truncatedTo(ChronoUnit.MINUTES))) {
      store.used(key.tenant(), key.id(), now, from);
    }
  }
}
