package dev.mandate.app;

import dev.mandate.domain.revocation.Freshness;
import dev.mandate.domain.budget.LocalBudgets;
import dev.mandate.domain.credential.Vault;
import dev.mandate.domain.mandate.RightsReader;
import dev.mandate.domain.origin.AllowedOrigins;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.signingkey.SigningKeys;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.token.AccessTokens;
import dev.mandate.gateway.CorsPolicy;
import dev.mandate.gateway.Gateway;
import dev.mandate.gateway.GatewayParts;
import dev.mandate.platform.crypto.CryptoProvider;
import dev.mandate.platform.crypto.PasswordHasher;
import dev.mandate.platform.crypto.Sealer;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.http.HttpListener;
import dev.mandate.platform.http.Router;
import dev.mandate.platform.jose.InvalidJwt;
import dev.mandate.storage.StorageException;
import dev.mandate.storage.Stores;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The composition root: the only place that builds stores, endpoints and stages. Reads top to
/// bottom like a parts list.
public final class Server implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Server.class);
  private static final long HOUSEKEEPING_MINUTES = 10;

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final String issuer;
  private final int port;

  Server(Setup setup, Seed seed, InstantSource clock) {
    this.issuer = setup.publicUrl();
    try {
      this.port = build(setup, seed, clock);
    } catch (StorageException | Sealer.SealBroken e) {
      close();
      throw new StartRefused(String.valueOf(e.getMessage()));
    } catch (CompletionException e) {
      close();
      throw e.getCause() instanceof IOException refused
          ? new StartRefused("cannot listen for " + setup + ": " + refused.getMessage())
          : e;
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private int build(Setup setup, Seed seed, InstantSource clock) {
    CryptoProvider.install();
    SecureRandom random = new SecureRandom();
    TokenSource tokens = new TokenSource(random, clock);
    ChangeFeed changes = new ChangeFeed(new Freshness(setup.maxStaleness()));
    ExecutorService background = closing(Executors.newVirtualThreadPerTaskExecutor());
    Vertx vertx =
        Vertx.vertx(
            new VertxOptions()
                .setPreferNativeTransport(true)
                // Nothing is served from the class path; without this it unpacks jars into a
                // folder.
                .setFileSystemOptions(
                    new FileSystemOptions()
                        .setFileCachingEnabled(false)
                        .setClassPathResolvingEnabled(false))
                .setEventLoopPoolSize(setup.listener().eventLoops()));
    open.push(() -> vertx.close().toCompletionStage().toCompletableFuture().join());

    Stores stores = closing(Stores.open(setup.data(), setup.database(), changes, clock));
    Vault vault = new Vault(setup.masterKey(), stores.tenantKeys(), random);
    PasswordHasher passwords =
        new PasswordHasher(
            tokens, PasswordHasher.STANDARD, Runtime.getRuntime().availableProcessors());
    // Nodes that start together would each find the same things missing.
    stores.inTurn(() -> new Seeder(stores, vault, passwords, tokens, clock).apply(seed));
    PrivateFile.folder(setup.data().resolve("journal"));
    LocalBudgets budgets =
        closing(
            LocalBudgets.open(
                setup.data().resolve("journal"),
                stores.ledger(),
                clock,
                Thread.ofPlatform().name("budgets").factory()));
    SigningKeys keys = new SigningKeys(stores.signingKeys(), vault, clock);
    AllowedOrigins origins = new AllowedOrigins(stores.clients(), changes, background);
    LiveTenants tenants = new LiveTenants(stores.tenants(), changes, background);
    tenants.load();
    // Of the other tenants at first need: there may be many, and making keys takes time.
    keys.load(TenantId.DEFAULT);
    origins.load(TenantId.DEFAULT);

    Parts parts =
        new Parts(
            setup,
            new Issuers(setup.publicUrl()),
            stores,
            vault,
            tokens,
            random,
            passwords,
            budgets,
            new RightsReader(stores.tenants(), stores.mandates(), stores.clients(), stores.users()),
            new AccessTokens(keys, tokens, clock, setup.tokens()),
            keys,
            origins,
            changes,
            clock);
    Gateway gateway = closing(gateway(vertx, parts));
    Router router = Routes.table(parts, gateway);
    HttpListener listener =
        closing(new HttpListener(vertx, setup.listener(), router, tenants, tokens)).start();
    housekeeping(stores, clock);
    log.info("serving {} on {}:{}", issuer, setup.listener().host(), listener.port());
    return listener.port();
  }

  private static Gateway gateway(Vertx vertx, Parts parts) {
    AccessTokens accessTokens = parts.accessTokens();
    return new Gateway(
        new GatewayParts(
            vertx,
            parts.issuers(),
            parts.stores().tenants(),
            (issuer, jwt) -> {
              try {
                return accessTokens.authentic(issuer, jwt);
              } catch (InvalidJwt e) {
                return null;
              }
            },
            parts.stores().apiKeys(),
            parts.stores().revokedTokens(),
            parts.rights(),
            parts.stores().upstreams(),
            parts.stores().credentials(),
            parts.vault(),
            parts.budgets(),
            parts.stores().audit(),
            parts.changes(),
            new RegisteredOrigins(parts.origins()),
            parts.clock(),
            parts.setup().gateway()));
  }

  /// What the gateway asks of the origins that clients are registered with.
  private record RegisteredOrigins(AllowedOrigins origins) implements CorsPolicy {
    @Override
    public void load(TenantId tenant) {
      origins.load(tenant);
    }

    @Override
    public boolean allows(TenantId tenant, String origin) {
      return origins.allows(tenant, origin);
    }
  }

  private void housekeeping(Stores stores, InstantSource clock) {
    ScheduledExecutorService schedule =
        closing(
            Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("housekeeping").factory()));
    var _ =
        schedule.scheduleWithFixedDelay(
            () -> {
              try {
                log.debug(
                    "housekeeping removed {} rows", stores.housekeeping().sweep(clock.instant()));
              } catch (RuntimeException e) {
                log.error("housekeeping failed; it tries again", e);
              }
            },
            1,
            HOUSEKEEPING_MINUTES,
            TimeUnit.MINUTES);
  }

  private <T extends AutoCloseable> T closing(T part) {
    open.push(part);
    return part;
  }

  public String issuer() {
    return issuer;
  }

  public int port() {
    return port;
  }

  /// Closes in the reverse order of building: first the listener, last the database.
  @Override
  public void close() {
    while (!open.isEmpty()) {
      AutoCloseable part = open.pop();
      try {
        part.close();
      } catch (Exception e) {
        log.error("closing {} failed", part.getClass().getSimpleName(), e);
      }
    }
  }
}
