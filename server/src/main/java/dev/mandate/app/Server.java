package dev.mandate.app;

import dev.mandate.domain.apikey.ApiKeyPolicy;
import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.apikey.EndingKeys;
import dev.mandate.domain.apikey.LeakedKeys;
import dev.mandate.domain.budget.BudgetAlerts;
import dev.mandate.domain.budget.BudgetBounds;
import dev.mandate.domain.budget.LocalBudgets;
import dev.mandate.domain.budget.Sharing;
import dev.mandate.domain.credential.Upkeep;
import dev.mandate.domain.dpop.DpopNonces;
import dev.mandate.domain.mandate.RightsReader;
import dev.mandate.domain.notice.Notices;
import dev.mandate.domain.origin.AllowedOrigins;
import dev.mandate.domain.promptlog.PromptLog;
import dev.mandate.domain.ratelimit.RateLimiter;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.revocation.Freshness;
import dev.mandate.domain.signingkey.SigningKeys;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.token.AccessTokens;
import dev.mandate.domain.upstream.Egress;
import dev.mandate.domain.vault.MasterKeyMissing;
import dev.mandate.domain.vault.Vault;
import dev.mandate.gateway.CorsPolicy;
import dev.mandate.gateway.Gateway;
import dev.mandate.gateway.GatewayParts;
import dev.mandate.gateway.desk.ProviderCalls;
import dev.mandate.gateway.line.Lookout;
import dev.mandate.oauth.clientauth.PublishedKeys;
import dev.mandate.platform.crypto.CryptoProvider;
import dev.mandate.platform.crypto.PasswordHasher;
import dev.mandate.platform.crypto.Sealer;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.http.GuardedClient;
import dev.mandate.platform.http.HttpListener;
import dev.mandate.platform.http.ListenerConfig;
import dev.mandate.platform.http.Router;
import dev.mandate.platform.jose.InvalidJwt;
import dev.mandate.platform.metrics.Meters;
import dev.mandate.platform.metrics.Metric;
import dev.mandate.platform.observe.RequestWatch;
import dev.mandate.platform.trace.Tracing;
import dev.mandate.storage.StorageException;
import dev.mandate.storage.Stores;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The composition root: the only place that builds stores, endpoints and stages. Reads top to
/// bottom like a parts list.
public final class Server implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Server.class);
  private static final Duration HOUSEKEEPING_FIRST = Duration.ofMinutes(1);
  private static final Duration HOUSEKEEPING_PAUSE = Duration.ofMinutes(10);

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final String issuer;
  private final int port;
  private @Nullable Parts parts;
  private int managementPort;
  private List<Router.Route> routes = List.of();

  Server(Setup setup, List<Seed> seeds, InstantSource clock) {
    this.issuer = setup.publicUrl();
    try {
      this.port = build(setup, seeds, clock);
    } catch (StorageException | Sealer.SealBroken | MasterKeyMissing e) {
      close();
      throw VaultStart.refusal(e);
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

  private int build(Setup setup, List<Seed> seeds, InstantSource clock) {
    CryptoProvider.install();
    SecureRandom random = new SecureRandom();
    TokenSource tokens = new TokenSource(random, clock);
    ChangeFeed changes = new ChangeFeed(new Freshness(setup.maxStaleness()));
    Meters meters = closing(new Meters());
    Tracing tracing =
        closing(
            Tracing.of(setup.observation().tracing(), ServerMeters.version(), tokens.id("node")));
    ServerMeters.process(meters, tracing);
    ServerMeters.revocations(meters, changes.freshness());
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
    PasswordHasher passwords =
        new PasswordHasher(
            tokens, PasswordHasher.STANDARD, Runtime.getRuntime().availableProcessors());
    // Before anything is cached or given: what a restored database has forgotten is taken away.
    closing(new Settlement(stores, setup.data(), passwords, tokens, changes, clock).atStart());
    Vault vault = VaultStart.open(setup.masterKeys(), stores.tenantKeys(), random);
    Seeder seeder = new Seeder(stores, vault, passwords, tokens, clock);
    // Nodes that start together would each find the same things missing.
    stores.inTurn(() -> seeds.forEach(seeder::apply));
    PrivateFile.folder(setup.data().resolve("journal"));
    LocalBudgets budgets =
        closing(
            LocalBudgets.open(
                setup.data().resolve("journal"),
                stores.ledger(),
                sharing(setup, stores),
                clock,
                Thread.ofPlatform().name("budgets").factory(),
                BudgetBounds.DEFAULT));
    ServerMeters.stores(meters, stores);
    ServerMeters.budgets(meters, budgets);
    SigningKeys keys = new SigningKeys(stores.signingKeys(), vault, setup.keyRotation(), clock);
    AllowedOrigins origins = new AllowedOrigins(stores.clients(), changes, background);
    LiveTenants tenants = new LiveTenants(stores.tenants(), changes, background);
    tenants.load();
    // Of the other tenants at first need: there may be many, and making keys takes time.
    keys.load(TenantId.DEFAULT);
    origins.load(TenantId.DEFAULT);

    Issuers issuers = new Issuers(setup.publicUrl());
    Egress egress = new Egress(setup.allowsPrivateUpstreams(), origins(seeds));
    NoticeParts notices =
        closing(
            new NoticeParts(vertx, stores, vault, egress, tokens, issuers, setup.mail(), clock));
    CredentialParts credentials =
        CredentialParts.of(
            stores,
            vault,
            closing(new ProviderCalls(vertx, egress, clock)),
            notices.outbox,
            tokens,
            clock);
    ApiKeys apiKeys = apiKeys(setup, stores, tokens, notices.outbox, clock);
    MonitoringParts monitoring =
        closing(new MonitoringParts(stores, notices.outbox, changes, tokens, clock));
    Parts parts =
        new Parts(
            setup,
            issuers,
            stores,
            vault,
            setup.masterKeys(),
            tokens,
            random,
            passwords,
            budgets,
            new RightsReader(
                stores.tenants(),
                stores.mandates(),
                stores.clients(),
                stores.users(),
                stores.budgets(),
                stores.modelTiers()),
            apiKeys,
            new AccessTokens(keys, tokens, clock, setup.tokens()),
            keys,
            origins,
            changes,
            meters,
            egress,
            notices.outbox,
            notices.webhooks,
            credentials,
            closing(new GuardedClient(vertx, InetAddress::getAllByName, PublishedKeys.BOUNDS)),
            new DpopNonces(vault.derive(TenantId.DEFAULT, "mandate dpop"), clock),
            monitoring,
            closing(new PromptLog(stores.promptLog(), vault, changes, clock)),
            closing(rateLimiter(setup, stores)),
            clock);
    this.parts = parts;
    Gateway gateway = closing(gateway(vertx, parts));
    HealthEndpoints health =
        new HealthEndpoints(
            new Readiness(
                List.of(
                    // First, for it waits for nothing.
                    new Readiness.Check(
                        "revocations of other nodes cannot be heard",
                        () -> changes.freshness().isFresh()),
                    new Readiness.Check("the database does not answer", stores::answers),
                    new Readiness.Check(
                        "the journal takes no calls", () -> budgets.level().admits())),
                background));
    RequestWatch watch = new RequestWatch(meters, tracing, setup.observation().accessLog());
    Router router = Routes.table(parts, gateway, health);
    routes = router.routes();
    HttpListener listener =
        closing(new HttpListener(vertx, setup.listener(), router, tenants, tokens, watch)).start();
    manage(vertx, setup, Management.table(meters, health), tokens);
    EndingKeys ending = new EndingKeys(stores.tenants(), stores.apiKeys(), notices.outbox, clock);
    repeatedly(
        "housekeeping",
        HOUSEKEEPING_FIRST,
        HOUSEKEEPING_PAUSE,
        () -> {
          log.debug("housekeeping removed {} rows", stores.housekeeping().sweep(clock.instant()));
          log.debug("{} owners were reminded of their keys", ending.sweep());
        });
    notices.start();
    Upkeep upkeep = CredentialParts.upkeep(parts, gateway, background);
    repeatedly("credentials", Upkeep.TICK, Upkeep.TICK, upkeep::tick);
    BudgetAlerts alerts = BudgetParts.alerts(parts);
    repeatedly("budgets", BudgetAlerts.TICK, BudgetAlerts.TICK, alerts::tick);
    Lookout lookout = CredentialParts.lookout(parts, gateway, background);
    repeatedly("upstreams", Lookout.TICK, Lookout.TICK, lookout::tick);
    watchSecrets(setup, parts);
    monitoring.start();
    log.info("serving {} on {}:{}", issuer, setup.listener().host(), listener.port());
    return listener.port();
  }

  private static ApiKeys apiKeys(
      Setup setup, Stores stores, TokenSource tokens, Notices notices, InstantSource clock) {
    ApiKeyPolicy policy = setup.apiKeys();
    return new ApiKeys(
        stores.apiKeys(),
        stores.users(),
        tokens,
        notices,
        new LeakedKeys(stores.apiKeys(), stores.audit(), notices, clock, policy.revokesLeaked()),
        policy);
  }

  private static RateLimiter rateLimiter(Setup setup, Stores stores) {
    return setup.database() == null
        ? RateLimiter.alone(System::nanoTime, RateLimiter.BUCKETS_MAX)
        : RateLimiter.sharing(System::nanoTime, stores.rateShares(), stores.node().boot());
  }

  /// On a database that other nodes can share, nobody owns an account whole.
  private static @Nullable Sharing sharing(Setup setup, Stores stores) {
    return setup.database() == null
        ? null
        : Sharing.of(stores.leases(), stores.node().id().value());
  }

  private void manage(Vertx vertx, Setup setup, Router router, TokenSource tokens) {
    ListenerConfig management = setup.observation().management();
    if (management != null) {
      HttpListener listener = closing(new HttpListener(vertx, management, router, tokens));
      try {
        managementPort = listener.start().port();
      } catch (CompletionException e) {
        String cause = e.getCause() == null ? e.toString() : e.getCause().getMessage();
        throw new StartRefused(
            "cannot listen for management on %s:%d: %s; set management.port"
                .formatted(management.host(), management.port(), cause));
      }
      log.info("management on {}:{}", management.host(), managementPort);
    }
  }

  /// What the operator's own configuration lets each tenant reach.
  private static Map<TenantId, Set<String>> origins(List<Seed> seeds) {
    return seeds.stream()
        .flatMap(seed -> seed.upstreams().stream())
        .collect(
            Collectors.groupingBy(
                provider -> provider.upstream().tenant(),
                Collectors.mapping(provider -> provider.upstream().origin(), Collectors.toSet())));
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
            parts.apiKeys(),
            parts.stores().revokedTokens(),
            parts.rights(),
            parts.stores().prompts(),
            parts.stores().upstreams(),
            parts.stores().credentials(),
            parts.stores().credentialPolicies(),
            parts.stores().storedObjects(),
            parts.credentials().rejections(),
            parts.vault(),
            parts.budgets(),
            parts.stores().audit(),
            parts.changes(),
            new RegisteredOrigins(parts.origins()),
            parts.nonces(),
            parts.clock(),
            parts.meters(),
            parts.egress(),
            parts.monitoring().activity,
            parts.monitoring().restraints,
            parts.promptLog(),
            parts.stores().rateLimits(),
            parts.rateLimiter(),
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

  /// Secrets in files, and master keys that were put into their folder.
  private void watchSecrets(Setup setup, Parts parts) {
    Duration pause = setup.secretsReloadInterval();
    if (pause.isZero()) {
      return;
    }
    SecretTaker taker =
        new SecretTaker(
            parts.stores(),
            new HeldCredentials(
                parts.stores().credentials(), parts.vault(), parts.tokens(), parts.clock()),
            parts.clock());
    MasterKeyWatch masters = new MasterKeyWatch(setup.masterKeys(), parts.stores().tenantKeys());
    repeatedly(
        "secrets",
        pause,
        pause,
        () -> {
          setup.secrets().look(taker);
          masters.look();
        });
  }

  /// On a thread of its own, until the server closes; what fails is tried again the next time.
  private void repeatedly(String name, Duration first, Duration pause, Runnable work) {
    ScheduledExecutorService schedule =
        closing(
            Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name(name).factory()));
    var _ =
        schedule.scheduleWithFixedDelay(
            () -> {
              try {
                work.run();
              } catch (RuntimeException e) {
                log.error("{} failed; it tries again", name, e);
              }
            },
            first.toMillis(),
            pause.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  private <T extends AutoCloseable> T closing(T part) {
    open.push(part);
    return part;
  }

  public String issuer() {
    return issuer;
  }

  /// What it was built from, for tests.
  Parts parts() {
    if (parts == null) {
      throw new IllegalStateException("the server has not started");
    }
    return parts;
  }

  public int port() {
    return port;
  }

  /// What `/metrics` can show, for the reference.
  public List<Metric> metrics() {
    return parts().meters().catalogue();
  }

  /// 0 when there is no management listener.
  public int managementPort() {
    return managementPort;
  }

  /// What it answers, for the reference and for tests.
  public List<Router.Route> routes() {
    return routes;
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
