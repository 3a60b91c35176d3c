package dev.mandate.domain.monitoring;

import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Who is held back, in memory: read at the start, and from then on heard from the change feed. A
/// look for every call; nearly always into an empty map.
public final class Restraints {
  /// An end that never comes.
  private static final Instant NEVER = Instant.MAX;

  private final Map<CallerId, Instant> held = new ConcurrentHashMap<>();

  /// Blocking: reads those that are there.
  public Restraints(RestraintStore store, ChangeFeed changes, InstantSource clock) {
    // Listening first: what is announced during the read would be in neither.
    changes.subscribe(this::changed);
    for (Restraint restraint : store.all(clock.instant())) {
      held.putIfAbsent(restraint.caller(), restraint.endsAt() == null ? NEVER : restraint.endsAt());
    }
  }

  private void changed(Change change) {
    if (change instanceof Change.CallerRestrained(var tenant, var text, var held, var until)) {
      CallerId caller = CallerId.parse(tenant, text);
      if (held) {
        this.held.put(caller, until == null ? NEVER : until);
      } else {
        this.held.remove(caller);
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
}
