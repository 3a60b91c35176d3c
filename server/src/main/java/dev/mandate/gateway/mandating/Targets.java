package dev.mandate.gateway.mandating;

import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.credential.Vault;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.gateway.GatewayParts;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.snapshot.FreshCache;
import dev.mandate.platform.crypto.Secret;
import io.vertx.core.WorkerExecutor;
import java.nio.charset.StandardCharsets;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// The tenant's upstreams with their opened credentials, until the policy changes.
public final class Targets {
  private static final int KEPT_MAX = 1_000;

  private final Issuer issuer;
  private final UpstreamStore upstreams;
  private final CredentialStore credentials;
  private final Vault vault;
  private final FreshCache<String, Target> targets;

  public Targets(GatewayParts parts, WorkerExecutor workers) {
    this.issuer = parts.issuer();
    this.upstreams = parts.upstreams();
    this.credentials = parts.credentials();
    this.vault = parts.vault();
    this.targets =
        new FreshCache<>(parts.vertx(), workers, KEPT_MAX, parts.config().pendingLookupsMax());
  }

  public @Nullable Target cached(String upstream) {
    return targets.cached(upstream);
  }

  public void load(String upstream, BiConsumer<@Nullable Target, @Nullable Throwable> then) {
    targets.load(upstream, this::read, then);
  }

  public void policyChanged() {
    targets.dropIf((_, _) -> true);
  }

  private Target read(String name) {
    Upstream upstream = upstreams.find(issuer.tenant(), name);
    if (upstream == null) {
      throw Refusal.of(
          Refusal.Code.UPSTREAM_NOT_CONFIGURED, "there is no upstream '" + name + "' any more");
    }
    CredentialStore.Stored stored = credentials.current(issuer.tenant(), name);
    Secret key =
        stored == null
            ? null
            : Secret.of(
                new String(
                    vault.open(
                        issuer.tenant(),
                        CredentialStore.Stored.row(stored.id()),
                        stored.sealedSecret()),
                    StandardCharsets.UTF_8));
    return Target.of(upstream, upstream.resource(issuer), key);
  }
}
