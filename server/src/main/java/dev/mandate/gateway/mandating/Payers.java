package dev.mandate.gateway.mandating;

import dev.mandate.domain.credential.OwnCredentials;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import dev.mandate.gateway.GatewayParts;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.snapshot.FreshCache;
import dev.mandate.gateway.snapshot.TenantKey;
import io.vertx.core.WorkerExecutor;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Whose key pays: the tenant's, or that of the person whose mandate it is. Decided by the mandate
/// and the upstream's policy and by nothing that a caller sends, so no call meets the key of
/// another person.
public final class Payers {
  private static final int KEPT_MAX = 10_000;

  private final Keyring keyring;
  private final FreshCache<TenantKey<Owned>, ProviderKeys> own;

  /// A person's own keys for an upstream.
  record Owned(String upstream, UserId owner) {}

  public Payers(GatewayParts parts, WorkerExecutor workers, Keyring keyring) {
    this.keyring = keyring;
    this.own =
        new FreshCache<>(parts.vertx(), workers, KEPT_MAX, parts.config().pendingLookupsMax());
  }

  /// The keys that may pay for this mandate; null when they must be loaded first.
  public @Nullable ProviderKeys cached(Target target, Standing standing) {
    UserId owner = owner(target, standing);
    if (owner == null) {
      return target.keys();
    }
    ProviderKeys theirs = own.cached(key(target, owner));
    return theirs == null ? null : chosen(target, theirs);
  }

  public void load(
      Target target,
      Standing standing,
      BiConsumer<@Nullable ProviderKeys, @Nullable Throwable> then) {
    UserId owner = owner(target, standing);
    if (owner == null) {
      then.accept(target.keys(), null);
      return;
    }
    own.load(
        key(target, owner),
        key -> keyring.read(key.tenant(), key.key().upstream(), key.key().owner()),
        (theirs, failure) -> then.accept(theirs == null ? null : chosen(target, theirs), failure));
  }

  /// Whose own key may pay; null when it is the tenant's that does.
  private static @Nullable UserId owner(Target target, Standing standing) {
    return target.ownCredentials() == OwnCredentials.OFF || standing.rights() == null
        ? null
        : standing.rights().mandate().user();
  }

  /// Whose these keys are; null for the tenant's own.
  public static @Nullable UserId payer(Target target, Standing standing, ProviderKeys keys) {
    return keys == target.keys() ? null : owner(target, standing);
  }

  /// One that the provider has refused is not replaced by the tenant's: the person was told that
  /// theirs pays.
  private static ProviderKeys chosen(Target target, ProviderKeys theirs) {
    return theirs.isEmpty() && target.ownCredentials() == OwnCredentials.ALLOWED
        ? target.keys()
        : theirs;
  }

  private static TenantKey<Owned> key(Target target, UserId owner) {
    return new TenantKey<>(target.upstream().tenant(), new Owned(target.upstream().name(), owner));
  }

  /// The one whose turn it is.
  ///
  /// @throws Refusal when there is none
  public static ProviderKey take(Target target, Standing standing, ProviderKeys keys) {
    ProviderKey key = keys.take();
    if (key != null) {
      return key;
    }
    String upstream = target.upstream().name();
    if (!keys.isEmpty()) {
      throw Refusal.of(
          Refusal.Code.UPSTREAM_CREDENTIAL_REJECTED,
          "the upstream rejected the credential that pays for this mandate");
    }
    if (keys != target.keys() || owner(target, standing) != null) {
      if (target.ownCredentials() == OwnCredentials.REQUIRED) {
        throw Refusal.of(
            Refusal.Code.OWN_CREDENTIAL_REQUIRED,
            "the upstream '"
                + upstream
                + "' is paid with a key of one's own: the person whose"
                + " mandate this is has to add one under 'My account'");
      }
    }
    throw Refusal.of(
        Refusal.Code.UPSTREAM_NOT_CONFIGURED,
        "the upstream '" + upstream + "' has no credential yet");
  }

  public void changed(TenantId tenant) {
    own.dropIf((key, _) -> key.tenant().equals(tenant));
  }

  public void changed(TenantId tenant, UserId owner) {
    own.dropIf((key, _) -> key.tenant().equals(tenant) && key.key().owner().equals(owner));
  }
}
