package dev.mandate.gateway.keeping;

import dev.mandate.domain.providerstate.ObjectKind;
import dev.mandate.domain.providerstate.ObjectOwner;
import dev.mandate.domain.providerstate.StoredObject;
import dev.mandate.domain.providerstate.StoredObjectId;
import dev.mandate.domain.providerstate.StoredObjectStore;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.gateway.GatewayParts;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.prompting.Reference;
import dev.mandate.gateway.snapshot.FreshCache;
import dev.mandate.gateway.snapshot.TenantKey;
import io.vertx.core.WorkerExecutor;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Finds what callers name, if it is theirs. Kept in memory by owner and id, and only where it was
/// found: an id of somebody else's takes the same way as one that nobody has, to the store and to
/// the same answer.
public final class KeptObjects {
  private static final int KEPT_MAX = 50_000;

  private final StoredObjectStore store;
  private final InstantSource clock;
  private final FreshCache<TenantKey<Owned>, Optional<StoredObject>> kept;

  record Owned(ObjectOwner owner, StoredObjectId id) {}

  public KeptObjects(GatewayParts parts, WorkerExecutor workers) {
    this.store = parts.storedObjects();
    this.clock = parts.clock();
    this.kept =
        new FreshCache<>(parts.vertx(), workers, KEPT_MAX, parts.config().pendingLookupsMax());
  }

  public FreshCache<TenantKey<Owned>, Optional<StoredObject>> cache() {
    return kept;
  }

  /// Finds all of them, or none: `then` gets a [Refusal] that doesn't say why.
  public void find(
      TenantId tenant,
      ObjectOwner owner,
      String upstream,
      List<Reference> wanted,
      BiConsumer<@Nullable List<StoredObject>, @Nullable Throwable> then) {
    next(tenant, owner, upstream, wanted, new ArrayList<>(), then);
  }

  private void next(
      TenantId tenant,
      ObjectOwner owner,
      String upstream,
      List<Reference> wanted,
      List<StoredObject> found,
      BiConsumer<@Nullable List<StoredObject>, @Nullable Throwable> then) {
    while (found.size() < wanted.size()) {
      Reference one = wanted.get(found.size());
      if (!KeptRoute.canBeId(one.id())) {
        then.accept(null, unknown(one.kind()));
        return;
      }
      TenantKey<Owned> key =
          new TenantKey<>(
              tenant, new Owned(owner, StoredObjectId.of(upstream, one.kind(), one.id())));
      Optional<StoredObject> known = kept.cached(key);
      if (known == null) {
        kept.load(
            key,
            this::read,
            (object, failure) -> {
              if (object == null) {
                then.accept(null, failure);
              } else if (object.isEmpty()) {
                kept.drop(key);
                then.accept(null, unknown(one.kind()));
              } else {
                next(tenant, owner, upstream, wanted, found, then);
              }
            });
        return;
      }
      StoredObject object = known.orElse(null);
      if (object == null || isOver(object, clock.instant())) {
        kept.drop(key);
        then.accept(null, unknown(one.kind()));
        return;
      }
      found.add(object);
    }
    then.accept(found, null);
  }

  private static boolean isOver(StoredObject object, Instant now) {
    return object.expiresAt() != null && !now.isBefore(object.expiresAt());
  }

  private Optional<StoredObject> read(TenantKey<Owned> key) {
    return Optional.ofNullable(
        store.find(key.tenant(), key.key().owner(), key.key().id(), clock.instant()));
  }

  /// The one answer for what isn't the caller's, whoever's it is.
  static Refusal unknown(ObjectKind kind) {
    return Refusal.of(
        Refusal.Code.OBJECT_NOT_FOUND,
        "there is no " + kind.wire().replace('_', ' ') + " of this id");
  }

  /// It was deleted at the provider, by its owner. Blocking.
  void deleted(StoredObject object) {
    store.delete(object.tenant(), object.id(), clock.instant());
    kept.drop(new TenantKey<>(object.tenant(), new Owned(object.owner(), object.id())));
  }

  public void changed(TenantId tenant) {
    kept.dropIf((key, _) -> key.tenant().equals(tenant));
  }
}
