package dev.mandate.domain.origin;

import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.tenant.TenantId;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The origins of the redirect URIs of a tenant's enabled clients, in memory.
///
/// An origin that is none of these is never named in an answer, and no answer ever allows
/// credentials: what a page may read here it must have asked for with a token of its own.
public final class AllowedOrigins {
  /// Between two tries to read what a change left behind.
  static final Duration RETRY = Duration.ofSeconds(1);

  private static final Logger log = LoggerFactory.getLogger(AllowedOrigins.class);

  private final ClientStore clients;
  private final Executor background;
  private final Map<TenantId, Set<String>> byTenant = new ConcurrentHashMap<>();
  private final AtomicLong changes = new AtomicLong();

  /// @param background runs the store reads that follow a change
  public AllowedOrigins(ClientStore clients, ChangeFeed feed, Executor background) {
    this.clients = clients;
    this.background = background;
    feed.subscribe(this::heard);
  }

  /// Whether a page of this origin may read answers. Touches memory only, but for the first
  /// question about a tenant that [#load] has not read.
  ///
  /// @param origin as the `Origin` header has it
  public boolean allows(TenantId tenant, String origin) {
    Set<String> known = byTenant.get(tenant);
    if (known == null) {
      load(tenant);
      known = byTenant.getOrDefault(tenant, Set.of());
    }
    return known.contains(origin);
  }

  /// Reads the tenant's clients. Blocking.
  public void load(TenantId tenant) {
    while (true) {
      long before = changes.get();
      Set<String> origins = new HashSet<>();
      for (Client client : clients.all(tenant)) {
        if (!client.disabled()) {
          origins.addAll(client.origins());
        }
      }
      if (keep(tenant, Set.copyOf(origins), before)) {
        return;
      }
    }
  }

  /// A change that came while the clients were read makes what was read worthless.
  private synchronized boolean keep(TenantId tenant, Set<String> origins, long before) {
    if (changes.get() != before) {
      return false;
    }
    byTenant.put(tenant, origins);
    return true;
  }

  private void heard(Change change) {
    if (change instanceof Change.ClientChanged(var tenant, var _)) {
      changes.incrementAndGet();
      // Of a tenant that nobody asked about yet there is nothing to keep fresh; but a first load
      // may
      // be under way, which then reads again by itself.
      if (byTenant.containsKey(tenant)) {
        background.execute(() -> reload(tenant));
      }
    }
  }

  /// What failed is tried again, or a client that was disabled would stay allowed until the next
  /// change.
  private void reload(TenantId tenant) {
    try {
      load(tenant);
    } catch (RuntimeException e) {
      log.warn("the clients of {} cannot be read, trying again in {}", tenant, RETRY, e);
      CompletableFuture.delayedExecutor(RETRY.toMillis(), TimeUnit.MILLISECONDS, background)
          .execute(() -> reload(tenant));
    }
  }
}
