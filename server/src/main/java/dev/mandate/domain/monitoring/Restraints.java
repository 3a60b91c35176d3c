package dev.mandate.domain.monitoring;

import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.revocation.Freshness;
import dev.mandate.domain.revocation.Snapshot;
import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Who is held back, in memory: read at the start, and from then on heard from the change feed. A
/// look for every call; nearly always into an empty map.
///
/// The gateway asks [#until]: it throttles as well, and waits for nothing. Whatever else takes a
/// key or a client asks [#admits].
public final class Restraints {
  /// What a caller that is suspended is told.
  public static final String SUSPENDED =
      "the caller behaved unlike before and is suspended; an administrator can let it go on";

  /// An end that never comes.
  private static final Instant NEVER = Instant.MAX;

  /// An end that has come: of who was let go on while this was still reading.
  private static final Instant ENDED = Instant.MIN;

  private final RestraintStore store;
  private final Freshness freshness;
  private final InstantSource clock;
  private final Map<CallerId, Instant> held = new ConcurrentHashMap<>();
  private volatile boolean loaded;

  /// Blocking: reads those that are there.
  public Restraints(RestraintStore store, ChangeFeed changes, InstantSource clock) {
    this.store = store;
    this.freshness = changes.freshness();
    this.clock = clock;
    // Listening first: what is announced during the read would be in neither.
    changes.subscribe(this::changed);
    for (Restraint restraint : store.all(clock.instant())) {
      held.putIfAbsent(restraint.caller(), restraint.endsAt() == null ? NEVER : restraint.endsAt());
    }
    loaded = true;
    held.values().removeIf(ENDED::equals);
  }

  private void changed(Change change) {
    if (change instanceof Change.CallerRestrained(var tenant, var text, var held, var until)) {
      CallerId caller = CallerId.parse(tenant, text);
      if (held) {
        this.held.put(caller, until == null ? NEVER : until);
      } else if (loaded) {
        this.held.remove(caller);
      } else {
        // What is being read may still say otherwise, and comes later.
        this.held.put(caller, ENDED);
      }
    }
  }

  /// Until when a call by this key or client is held back: [Instant#MAX] for one that is suspended,
  /// null for one that may go on.
  ///
  /// @param key null for an access token
  /// @param client null when it is not known
  public @Nullable Instant until(
      TenantId tenant, @Nullable ApiKeyId key, @Nullable ClientId client, Instant now) {
    if (held.isEmpty()) {
      return null;
    }
    Instant ofKey = key == null ? null : until(CallerId.of(tenant, key), now);
    Instant ofClient = client == null ? null : until(CallerId.of(tenant, client), now);
    if (ofKey == null || ofClient == null) {
      return ofKey == null ? ofClient : ofKey;
    }
    return ofKey.isAfter(ofClient) ? ofKey : ofClient;
  }

  private @Nullable Instant until(CallerId caller, Instant now) {
    Instant end = held.get(caller);
    if (end != null && !now.isBefore(end)) {
      held.remove(caller, end);
      return null;
    }
    return end;
  }

  public boolean isSuspended(
      TenantId tenant, @Nullable ApiKeyId key, @Nullable ClientId client, Instant now) {
    return NEVER.equals(until(tenant, key, client, now));
  }

  /// Whether this caller is suspended, as far as this node has heard.
  public boolean isSuspended(CallerId caller, Instant now) {
    return NEVER.equals(until(caller, now));
  }

  /// Whether neither the key nor the client is suspended. For who may wait: a node that hears too
  /// little of the others asks the store, as it does for rights ([Snapshot]).
  ///
  /// @param key null for an access token or a client by itself
  /// @param client null for a key that is no client's
  public boolean admits(TenantId tenant, @Nullable ApiKeyId key, @Nullable ClientId client) {
    if (freshness.lag() <= Snapshot.LAG_MAX.toSeconds()) {
      return !isSuspended(tenant, key, client, clock.instant());
    }
    return (key == null || isAdmitted(CallerId.of(tenant, key)))
        && (client == null || isAdmitted(CallerId.of(tenant, client)));
  }

  private boolean isAdmitted(CallerId caller) {
    Restraint restraint = store.find(caller);
    return restraint == null || !restraint.isSuspension();
  }
}
