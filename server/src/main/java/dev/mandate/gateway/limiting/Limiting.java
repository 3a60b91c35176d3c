package dev.mandate.gateway.limiting;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.ratelimit.Pass;
import dev.mandate.domain.ratelimit.RateCaller;
import dev.mandate.domain.ratelimit.RateLimitStore;
import dev.mandate.domain.ratelimit.RateLimiter;
import dev.mandate.domain.ratelimit.RatePath;
import dev.mandate.domain.ratelimit.RateRules;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.gateway.GatewayParts;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.caller.Caller;
import dev.mandate.gateway.mandating.Standing;
import dev.mandate.gateway.snapshot.FreshCache;
import dev.mandate.platform.crypto.TokenHash;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpServerResponse;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Which rate limits a call must fit, and whether it does. A tenant's limits are in memory until
/// they change; a call that fits is told how they stand, one that doesn't when it will.
public final class Limiting {
  private static final int TENANTS_MAX = 10_000;

  /// What was fetched for a call may be taken by another one, this often.
  private static final int DRAWS_MAX = 3;

  private final RateLimitStore limits;
  private final RateLimiter limiter;
  private final InstantSource clock;
  private final FreshCache<TenantId, RateRules> rules;
  private final Cache<TokenHash, RatePath> paths;

  public Limiting(GatewayParts parts, WorkerExecutor workers) {
    this.limits = parts.rateLimits();
    this.limiter = parts.rateLimiter();
    this.clock = parts.clock();
    this.rules =
        new FreshCache<>(parts.vertx(), workers, TENANTS_MAX, parts.config().pendingLookupsMax());
    this.paths =
        Caffeine.newBuilder()
            .maximumSize(parts.config().cachedCallers())
            .executor(Runnable::run)
            .build();
  }

  /// The limits that this caller's calls must fit; null until the tenant's have been loaded.
  public @Nullable RatePath path(Caller caller, Standing standing) {
    RateRules now = rules.cached(caller.tenant());
    if (now == null) {
      return null;
    }
    if (now.isEmpty() || standing.rights() == null) {
      return RatePath.FREE;
    }
    RatePath known = paths.getIfPresent(caller.credential());
    if (known == null || !known.isOf(now)) {
      Mandate mandate = standing.rights().mandate();
      known =
          now.path(new RateCaller(mandate.user(), mandate.client(), mandate.id(), caller.apiKey()));
      paths.put(caller.credential(), known);
    }
    return known;
  }

  public void load(TenantId tenant, BiConsumer<@Nullable RateRules, @Nullable Throwable> then) {
    rules.load(tenant, key -> new RateRules(key, limits.all(key)), then);
  }

  /// The tenant's limits may be other ones.
  public void changed(TenantId tenant) {
    rules.dropIf((key, _) -> key.equals(tenant));
  }

  /// Before a body is read: whether another call could go at all. Takes nothing.
  ///
  /// @throws Refusal when it couldn't
  public void check(RatePath path, Provider provider, HttpServerResponse response) {
    RateLimiter.Over over = limiter.check(path);
    if (over != null) {
      throw refusal(over, provider, response);
    }
  }

  /// What a call needs of its limits.
  ///
  /// @param model null for a call of none
  /// @param tokens that it counts with until its true ones are known
  public record Need(@Nullable String model, long tokens) {}

  /// Whether the places that this node's calls have are its own still.
  public boolean placesHold() {
    return limiter.placesHold();
  }

  /// Draws what is missing from what the nodes share.
  public CompletableFuture<Boolean> fetch(RateLimiter.Missing missing) {
    return limiter.fetch(missing);
  }

  /// Takes what the call needs.
  ///
  /// @param draws how often it was fetched for this call before; in the end the others have it
  /// @return a [Pass], or what must be fetched first
  /// @throws Refusal when it doesn't fit; then nothing is taken
  public RateLimiter.Taken take(
      RatePath path, Need need, int draws, Provider provider, HttpServerResponse response) {
    return switch (limiter.take(path, need.model(), need.tokens(), draws >= DRAWS_MAX)) {
      case Pass pass -> {
        RateFields.write(pass.readings(), provider, clock, response);
        yield pass;
      }
      case RateLimiter.Missing missing -> missing;
      case RateLimiter.Over over -> throw refusal(over, provider, response);
    };
  }

  private Refusal refusal(RateLimiter.Over over, Provider provider, HttpServerResponse response) {
    RateFields.write(over.readings(), provider, clock, response);
    RateLimiter.Reading limit = over.limit();
    String of = limit.holder().wire();
    return Refusal.overRate(
        limit.unit(),
        of,
        "the %s's rate limit %s of %d%s does not fit this call now"
            .formatted(
                of.replace('_', ' '),
                limit.unit().wire(),
                limit.limit(),
                limit.model() == null ? "" : " for " + limit.model()),
        over.retryAfter());
  }
}
