package dev.mandate.gateway.mandating;

import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.credential.Vault;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.gateway.GatewayParts;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.snapshot.FreshCache;
import dev.mandate.gateway.snapshot.TenantKey;
import dev.mandate.platform.crypto.Secret;
import io.vertx.core.WorkerExecutor;
import java.nio.charset.StandardCharsets;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Upstreams with their opened credentials, until their tenant's policy changes.
public final class Targets {
  private static final int KEPT_MAX = 10_000;

  private final Issuers issuers;
  private final UpstreamStore upstreams;
  private final CredentialStore credentials;
  private final Vault vault;
  private final FreshCache<TenantKey<String>, Target> targets;

  public Targets(GatewayParts parts, WorkerExecutor workers) {
    this.issuers = parts.issuers();
    this.upstreams = parts.upstreams();
    this.credentials = parts.credentials();
    this.vault = parts.vault();
    this.targets =
        new FreshCache<>(parts.vertx(), workers, KEPT_MAX, parts.config().pendingLookupsMax());
  }

  public @Nullable Target cached(TenantKey<String> upstream) {
    return targets.cached(upstream);
  }

  public void load(
      TenantKey<String> upstream, BiConsumer<@Nullable Target, @Nullable Throwable> then) {
    targets.load(upstream, this::read, then);
  }

  public void policyChanged(TenantId tenant) {
    targets.dropIf((key, _) -> key.tenant().equals(tenant));
  }

  private Target read(TenantKey<String> key) {
    TenantId tenant = key.tenant();
    Upstream upstream = upstreams.find(tenant, key.key());
    if (upstream == null) {
      throw Refusal.of(
          Refusal.Code.UPSTREAM_NOT_CONFIGURED, "there is no upstream '" + key.key() + "' any more");
    }
    CredentialStore.Stored stored = credentials.current(tenant, key.key());
    Secret providerKey =
        stored == null
            ? null
            : Secret.of(
                new String(
                    vault.open(tenant, "credential/" + stored.id(), stored.sealedSecret()),
                    StandardCharsets.UTF_8));
    return Target.of(upstream, upstream.resource(issuers.of(tenant)), providerKey);
  }
}
