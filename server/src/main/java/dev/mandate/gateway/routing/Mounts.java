package dev.mandate.gateway.routing;

import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.gateway.CorsPolicy;
import dev.mandate.gateway.GatewayParts;
import dev.mandate.gateway.snapshot.FreshCache;
import io.vertx.core.WorkerExecutor;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Which paths of which tenant lead to which upstream, in memory until the tenant's policy changes:
/// an upstream that is made or removed appears and disappears with the next request.
public final class Mounts {
  /// Tenants in memory; others are read when they are called again.
  private static final int TENANTS_MAX = 10_000;

  private final Issuers issuers;
  private final UpstreamStore upstreams;
  private final CorsPolicy cors;
  private final FreshCache<TenantId, List<Mount>> tables;

  public Mounts(GatewayParts parts, WorkerExecutor workers) {
    this.issuers = parts.issuers();
    this.upstreams = parts.upstreams();
    this.cors = parts.cors();
    this.tables =
        new FreshCache<>(parts.vertx(), workers, TENANTS_MAX, parts.config().pendingLookupsMax());
  }

  public @Nullable List<Mount> cached(TenantId tenant) {
    return tables.cached(tenant);
  }

  public void load(
      TenantId tenant, BiConsumer<@Nullable List<Mount>, @Nullable Throwable> then) {
    tables.load(tenant, this::read, then);
  }

  public void policyChanged(TenantId tenant) {
    tables.drop(tenant);
  }

  /// The mount that this path is below; null when there is none.
  public static @Nullable Mount find(List<Mount> mounts, String path) {
    for (Mount mount : mounts) {
      if (path.startsWith(mount.prefix())) {
        return mount;
      }
    }
    return null;
  }

  private List<Mount> read(TenantId tenant) {
    Issuer issuer = issuers.of(tenant);
    cors.load(tenant);
    return upstreams.all(tenant).stream().map(upstream -> Mount.of(issuer, upstream)).toList();
  }
}
