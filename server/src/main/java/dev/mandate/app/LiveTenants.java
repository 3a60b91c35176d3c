package dev.mandate.app;

import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.tenant.TenantStore;
import dev.mandate.platform.http.Tenancy;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/// The tenants below `/t/` that are served, in memory. An unknown slug costs no look-up; after a
/// change to a tenant its requests wait until the store has said what became of it.
final class LiveTenants implements Tenancy {
  private static final CompletableFuture<Boolean> NO = CompletableFuture.completedFuture(false);

  private final TenantStore tenants;
  private final Executor background;
  private final Map<String, CompletableFuture<Boolean>> bySlug = new ConcurrentHashMap<>();

  /// @param background runs the store reads that follow a change
  LiveTenants(TenantStore tenants, ChangeFeed feed, Executor background) {
    this.tenants = tenants;
    this.background = background;
    feed.subscribe(this::heard);
  }

  /// Reads all tenants. Blocking; for start, and whenever changes may have been missed.
  void load() {
    tenants.all().forEach(tenant -> changed(tenant.id()));
    bySlug.values().forEach(CompletableFuture::join);
  }

  @Override
  public CompletableFuture<Boolean> serves(String slug) {
    CompletableFuture<Boolean> known = bySlug.get(slug);
    if (known == null) {
      return NO;
    }
    if (known.isCompletedExceptionally()) {
      // The store may answer by now.
      changed(new TenantId(slug));
    }
    return known;
  }

  private void heard(Change change) {
    if (change instanceof Change.TenantChanged(var tenant)) {
      changed(tenant);
    }
  }

  /// The read starts inside the map's lock on this key, so that of two changes the later one's read
  /// stays.
  private void changed(TenantId tenant) {
    if (TenantId.isFree(tenant.value())) {
      bySlug.compute(
          tenant.value(),
          (_, _) -> CompletableFuture.supplyAsync(() -> isServed(tenant), background));
    }
  }

  private boolean isServed(TenantId id) {
    Tenant tenant = tenants.find(id);
    return tenant != null && !tenant.disabled();
  }
}
