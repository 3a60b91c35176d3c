package dev.mandate.gateway.mandating;

import dev.mandate.domain.credential.CredentialPolicyStore;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.gateway.GatewayParts;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.line.Lines;
import dev.mandate.gateway.snapshot.FreshCache;
import dev.mandate.gateway.snapshot.TenantKey;
import io.vertx.core.WorkerExecutor;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Upstreams with their opened credentials, until their tenant's policy changes.
public final class Targets {
  private static final int KEPT_MAX = 10_000;

  private final Issuers issuers;
  private final UpstreamStore upstreams;
  private final CredentialPolicyStore policies;
  private final Keyring keyring;
  private final Lines lines;
  private final FreshCache<TenantKey<String>, Target> targets;

  public Targets(GatewayParts parts, WorkerExecutor workers, Keyring keyring, Lines lines) {
    this.lines = lines;
    this.issuers = parts.issuers();
    this.upstreams = parts.upstreams();
    this.policies = parts.credentialPolicies();
    this.keyring = keyring;
    this.targets =
        new FreshCache<>(parts.vertx(), workers, KEPT_MAX, parts.config().pendingLookupsMax());
  }

  public FreshCache<TenantKey<String>, Target> cache() {
    return targets;
  }

  public @Nullable Target cached(TenantKey<String> upstream) {
    return targets.cached(upstream);
  }

  public void load(
      TenantKey<String> upstream, BiConsumer<@Nullable Target, @Nullable Throwable> then) {
    targets.load(upstream, this::read, then);
  }

  /// A credential is gone.
  public void credentialRevoked(TenantId tenant, String credential) {
    keyring.forget(tenant, credential);
    changed(tenant);
  }

  public void changed(TenantId tenant) {
    targets.dropIf((key, _) -> key.tenant().equals(tenant));
  }

  private Target read(TenantKey<String> key) {
    TenantId tenant = key.tenant();
    Upstream upstream = upstreams.find(tenant, key.key());
    if (upstream == null) {
      throw Refusal.of(
          Refusal.Code.UPSTREAM_NOT_CONFIGURED,
          "there is no upstream '" + key.key() + "' any more");
    }
    return Target.of(
        upstream,
        upstream.resource(issuers.of(tenant)),
        keyring.read(tenant, upstream.name(), null),
        policies.policy(tenant, upstream.name()).ownCredentials(),
        lines.to(upstream));
  }
}
