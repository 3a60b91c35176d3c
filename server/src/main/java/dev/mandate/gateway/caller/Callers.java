package dev.mandate.gateway.caller;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.apikey.KeyBounds;
import dev.mandate.domain.apikey.LeakPlace;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.Budgets;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.mandate.Rights;
import dev.mandate.domain.mandate.RightsReader;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.token.AccessTokenClaims;
import dev.mandate.gateway.GatewayConfig;
import dev.mandate.gateway.GatewayParts;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.mandating.Part;
import dev.mandate.gateway.snapshot.FreshCache;
import dev.mandate.gateway.snapshot.TenantKey;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.observe.RequestFacts;
import io.vertx.core.WorkerExecutor;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// From a credential to a [Caller]: from memory where it was seen before, otherwise on a worker.
public final class Callers {
  private static final Logger log = LoggerFactory.getLogger(Callers.class);
  private static final long USE_RECORD_MILLIS = Duration.ofMinutes(1).toMillis();

  private final TokenVerifier tokens;
  private final ApiKeys apiKeys;
  private final Budgets budgets;
  private final RightsReader rights;
  private final WorkerExecutor workers;
  private final RevokedTokens revoked = new RevokedTokens();
  private final FreshCache<TenantKey<TokenHash>, Caller> callers;

  public Callers(GatewayParts parts, WorkerExecutor workers) {
    GatewayConfig config = parts.config();
    this.tokens = parts.tokens();
    this.apiKeys = parts.apiKeys();
    this.budgets = parts.budgets();
    this.rights = parts.rights();
    this.workers = workers;
    this.callers =
        new FreshCache<>(
            parts.vertx(), workers, config.cachedCallers(), config.pendingLookupsMax());
  }

  public RevokedTokens revoked() {
    return revoked;
  }

  public FreshCache<TenantKey<TokenHash>, Caller> cache() {
    return callers;
  }

  /// The caller if this credential was seen before; else `then` is told, later and on this context.
  ///
  /// @param issuer at which it was presented
  public @Nullable Caller find(
      Issuer issuer, Secret credential, BiConsumer<@Nullable Caller, @Nullable Throwable> then) {
    TenantKey<TokenHash> key = new TenantKey<>(issuer.tenant(), TokenHash.of(credential));
    Caller cached = callers.cached(key);
    if (cached == null) {
      callers.load(key, _ -> read(issuer, key.key(), credential), then);
    }
    return cached;
  }

  /// What must hold at each call, and again whenever something changed.
  ///
  /// @param resource that is called; an access token must name it (RFC 9068 §4)
  /// @throws Refusal when the credential is dead, expired, revoked, or for another resource
  public void check(Caller caller, String resource, Instant now) {
    if (caller.dead() != null) {
      throw caller.dead();
    }
    if (!now.isBefore(caller.expiresAt())) {
      throw Refusal.of(
          Refusal.Code.INVALID_TOKEN,
          caller.apiKey() == null
              ? "the access token has expired"
              : "the API key has expired, or the grace of its last rotation is over");
    }
    if (caller.jti() != null && revoked.contains(caller.tenant(), caller.jti())) {
      throw Refusal.of(Refusal.Code.INVALID_TOKEN, "the access token was revoked");
    }
    if (caller.audience() != null && !caller.audience().contains(resource)) {
      throw Refusal.of(
          Refusal.Code.INVALID_TOKEN,
          "the access token is not for this resource, expected audience " + resource);
    }
  }

  /// Reads a caller again that was found before, as the stores have it now.
  public void again(Caller caller, BiConsumer<@Nullable Caller, @Nullable Throwable> then) {
    TenantKey<TokenHash> key = new TenantKey<>(caller.tenant(), caller.credential());
    callers.load(key, _ -> ofApiKey(caller.tenant(), caller.credential()), then);
  }

  /// Looks for keys in a query that no call should have, behind the caller's back.
  public void foundInUrl(@Nullable String query, String requestId) {
    if (query != null && !ApiKeyFormat.findIn(query).isEmpty()) {
      later(
          () -> apiKeys.leaks().inUrl(query, LeakPlace.GATEWAY_URL, requestId),
          "a leaked API key was not written down, of request " + requestId);
    }
  }

  /// Records an API key's use, at most once a minute.
  public void recordUse(Caller caller, RequestFacts facts, Instant now) {
    ApiKeyId id = caller.apiKey();
    if (id == null) {
      return;
    }
    long last = caller.recordedUseMillis().get();
    long millis = now.toEpochMilli();
    if (millis - last >= USE_RECORD_MILLIS
        && caller.recordedUseMillis().compareAndSet(last, millis)) {
      String from = facts.peer();
      later(
          () -> apiKeys.store().used(caller.tenant(), id, now, from),
          "the use of API key " + id + " was not recorded");
    }
  }

  private void later(Runnable work, String failed) {
    workers
        .executeBlocking(
            () -> {
              work.run();
              return null;
            },
            false)
        .onFailure(e -> log.warn("{}", failed, e));
  }

  /// Drops what is known of a key that was revoked, or whose secrets changed.
  public void apiKeyChanged(TenantId tenant, ApiKeyId id) {
    callers.dropIf((_, caller) -> caller.tenant().equals(tenant) && id.equals(caller.apiKey()));
  }

  private Caller read(Issuer issuer, TokenHash hash, Secret credential) {
    String text = credential.reveal();
    return ApiKeyFormat.isWellFormed(text)
        ? ofApiKey(issuer.tenant(), hash)
        : ofToken(issuer, hash, text);
  }

  private Caller ofToken(Issuer issuer, TokenHash hash, String jwt) {
    AccessTokenClaims claims = tokens.verify(issuer, jwt);
    // The token's tenant must equal the path's (design §1), and its issuer ours byte by byte.
    if (claims == null
        || !claims.issuer().equals(issuer.url())
        || !claims.tenant().equals(issuer.tenant())) {
      throw Refusal.of(
          Refusal.Code.INVALID_TOKEN, "the credential is not a valid access token or API key here");
    }
    return new Caller(
        new TenantKey<>(claims.tenant(), claims.mandate()),
        hash,
        null,
        null,
        claims.scopes(),
        claims.jti(),
        claims.audience(),
        claims.thumbprint(),
        claims.expiresAt(),
        null,
        new AtomicLong());
  }

  private Caller ofApiKey(TenantId tenant, TokenHash hash) {
    ApiKey key = apiKeys.store().find(tenant, hash);
    if (key == null) {
      throw Refusal.of(
          Refusal.Code.INVALID_TOKEN, "the credential is not a valid access token or API key here");
    }
    MandateId mandate = key.mandate();
    if (mandate == null) {
      throw Refusal.of(
          Refusal.Code.INVALID_TOKEN, "the API key is for the admin API and spends no mandate");
    }
    if (!key.bounds().limits().equals(Limits.NONE)) {
      budgets.load(List.of(AccountId.of(tenant, key.id())));
    }
    return new Caller(
        new TenantKey<>(tenant, mandate),
        hash,
        key.id(),
        key.bounds().equals(KeyBounds.NONE) ? null : new Part(key.id(), key.bounds()),
        null,
        null,
        null,
        null,
        key.endOf(hash),
        key.revokedAt() == null ? null : whyRevoked(tenant, mandate),
        new AtomicLong(key.lastUsedAt() == null ? 0 : key.lastUsedAt().toEpochMilli()));
  }

  /// Revoking a mandate revokes its keys; the caller is told the cause and not its consequence.
  private Refusal whyRevoked(TenantId tenant, MandateId mandate) {
    Rights its = rights.read(tenant, mandate);
    return its != null && its.mandate().isRevoked()
        ? Refusal.of(Refusal.Code.MANDATE_REVOKED, "the mandate was revoked")
        : Refusal.of(Refusal.Code.API_KEY_REVOKED, "the API key was revoked");
  }
}
