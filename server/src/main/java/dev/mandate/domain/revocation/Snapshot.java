package dev.mandate.domain.revocation;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.mandate.domain.tenant.TenantId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What was read from a store, kept in memory until a change of its tenant may concern it. For
/// blocking callers; who must not wait has `gateway/snapshot`.
///
/// Every value belongs to the era in which its read began, and a change begins the tenant's next
/// era. Whoever looks after a change was published looks in the new era, where nothing is that was
/// read before it: a value that a change overtook is kept where nobody looks. That there is none is
/// never kept, for what comes into being need not be announced.
///
/// Not for whoever keeps what it reads in a cache of its own that the same changes clear: it could
/// hear of a change first, and read here what this has not dropped yet.
public final class Snapshot<K, V> {
  /// Beyond which this node hears too little of the others, and asks the store. Far below what ends
  /// the gateway's service, for asking the store costs only time.
  public static final Duration LAG_MAX = Duration.ofSeconds(1);

  /// Bounds what a change that nobody announced can do, such as one made by hand in the database.
  private static final Duration AGE_MAX = Duration.ofMinutes(1);

  private final Freshness freshness;
  private final List<Class<? extends Change>> changes;
  private final Map<TenantId, Long> eras = new ConcurrentHashMap<>();
  private final Cache<Place<K>, V> kept;

  private record Place<K>(TenantId tenant, long era, K key) {}

  /// @param size how many values are kept at most, those of past eras included
  /// @param changes that concern the values, beside those of tenants and policies, which concern
  ///   all
  @SafeVarargs
  @SuppressWarnings("varargs") // Copied at once; nothing is written into the array.
  public Snapshot(ChangeFeed feed, int size, Class<? extends Change>... changes) {
    this.freshness = feed.freshness();
    this.changes = List.of(changes);
    this.kept = Caffeine.newBuilder().maximumSize(size).expireAfterWrite(AGE_MAX).build();
    feed.subscribe(this::changed);
  }

  /// What is kept, or else is read now.
  public @Nullable V find(TenantId tenant, K key, Supplier<? extends @Nullable V> read) {
    V value = kept(tenant, key);
    return value != null ? value : read(tenant, key, read);
  }

  /// What is kept; null when nothing is, or when this node may have missed a change.
  public @Nullable V kept(TenantId tenant, K key) {
    return isFresh() ? kept.getIfPresent(place(tenant, key)) : null;
  }

  /// Reads now and keeps what is found.
  public @Nullable V read(TenantId tenant, K key, Supplier<? extends @Nullable V> read) {
    // Before the read begins: a change during it must find the value in an era that is over.
    Place<K> place = place(tenant, key);
    boolean fresh = isFresh();
    V value = read.get();
    if (value != null && fresh) {
      kept.put(place, value);
    }
    return value;
  }

  private boolean isFresh() {
    return freshness.lag() <= LAG_MAX.toSeconds();
  }

  private Place<K> place(TenantId tenant, K key) {
    return new Place<>(tenant, eras.getOrDefault(tenant, 0L), key);
  }

  private void changed(Change change) {
    boolean concerns =
        switch (change) {
          case Change.TenantChanged _, Change.PolicyChanged _ -> true;
          case Change.MandateRevoked _,
              Change.TokenRevoked _,
              Change.ApiKeyRevoked _,
              Change.CredentialRevoked _,
              Change.ApiKeyChanged _,
              Change.UserChanged _,
              Change.CallerRestrained _,
              Change.ClientChanged _ ->
              changes.contains(change.getClass());
        };
    if (concerns) {
      eras.merge(change.tenant(), 1L, Long::sum);
    }
  }
}
