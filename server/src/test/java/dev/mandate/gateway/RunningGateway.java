package dev.mandate.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.apikey.KeyBounds;
import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.budget.BudgetBounds;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.budget.LocalBudgets;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.credential.ProviderDesk;
import dev.mandate.domain.credential.Rejections;
import dev.mandate.domain.credential.Rotations;
import dev.mandate.domain.credential.Upkeep;
import dev.mandate.domain.dpop.DpopNonces;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.mandate.RightsReader;
import dev.mandate.domain.monitoring.Activity;
import dev.mandate.domain.monitoring.Restraints;
import dev.mandate.domain.promptlog.PromptLog;
import dev.mandate.domain.ratelimit.RateLimiter;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.revocation.Freshness;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.token.AccessTokenClaims;
import dev.mandate.domain.upstream.Egress;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.User;
import dev.mandate.domain.vault.Vault;
import dev.mandate.gateway.desk.ProviderCalls;
import dev.mandate.gateway.line.Lookout;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.http.HttpListener;
import dev.mandate.platform.http.ListenerConfig;
import dev.mandate.platform.http.Router;
import dev.mandate.platform.json.Json;
import dev.mandate.platform.metrics.Meters;
import dev.mandate.platform.observe.AccessLog;
import dev.mandate.platform.observe.RequestWatch;
import dev.mandate.platform.trace.Tracing;
import dev.mandate.storage.DatabaseUrl;
import dev.mandate.storage.Stores;
import dev.mandate.testing.Clients;
import dev.mandate.testing.Mandates;
import dev.mandate.testing.PatientSharing;
import dev.mandate.testing.Tenants;
import dev.mandate.testing.TestClock;
import dev.mandate.testing.TestKeys;
import dev.mandate.testing.Told;
import dev.mandate.testing.Upstreams;
import dev.mandate.testing.Users;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// A gateway with real stores and budgets on a free port, and a client of it.
final class RunningGateway implements AutoCloseable {
  static final String OPENAI_KEY = "sk-proj-canary-0123456789abcdef";
  static final String ANTHROPIC_KEY = "sk-ant-canary-0123456789abcdef";
  static final String ORIGIN = "https://app.example";
  static final TenantId TENANT = TenantId.DEFAULT;

  final TestClock clock = new TestClock();
  final Told told = new Told();
  final Activity activity = new Activity(clock);
  final Restraints restraints;

  /// Moves the clock that nobody sets: how much later it is for the one that measures freshness.
  final AtomicLong laterNanos = new AtomicLong();

  final ChangeFeed changes =
      new ChangeFeed(
          new Freshness(Freshness.STALENESS_MAX, () -> System.nanoTime() + laterNanos.get()));
  final Stores stores;
  final LocalBudgets budgets;
  final Gateway gateway;
  final ApiKeys apiKeys;
  final PromptLog promptLog;
  final Meters meters = new Meters();
  final RateLimiter rateLimiter;
  private final Tracing tracing;
  final ProviderCalls desk;
  final Rotations rotations;
  final Upkeep upkeep;
  final Lookout lookout;
  final User user = Users.member(TENANT, "ada");
  final Client client = Clients.app(TENANT);
  final Issuer issuer;
  private final Vertx vertx = Vertx.vertx();
  final DpopNonces nonces = new DpopNonces(new byte[32], clock);
  private final HttpListener listener;
  private final Vault vault;
  private final TokenSource random = new TokenSource(new SecureRandom(), clock);
  private final Map<String, AccessTokenClaims> tokens = new ConcurrentHashMap<>();
  final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  RunningGateway(Path folder, URI upstream) {
    this(folder, null, upstream);
  }

  /// A node of this database; SQLite's in the folder when null.
  RunningGateway(Path folder, @Nullable DatabaseUrl database, URI upstream) {
    this(
        folder,
        database,
        Upstreams.openai(TENANT, upstream),
        Upstreams.anthropic(TENANT, upstream),
        GatewayConfig.DEFAULT,
        Tracing.OFF,
        false);
  }

  /// Behind a proxy on this machine that says who calls.
  static RunningGateway behindProxy(Path folder, URI upstream) {
    return new RunningGateway(
        folder,
        null,
        Upstreams.openai(TENANT, upstream),
        Upstreams.anthropic(TENANT, upstream),
        GatewayConfig.DEFAULT,
        Tracing.OFF,
        true);
  }

  RunningGateway(Path folder, URI upstream, Tracing tracing) {
    this(
        folder,
        null,
        Upstreams.openai(TENANT, upstream),
        Upstreams.anthropic(TENANT, upstream),
        GatewayConfig.DEFAULT,
        tracing,
        false);
  }

  RunningGateway(Path folder, Upstream openai, Upstream anthropic, GatewayConfig config) {
    this(folder, null, openai, anthropic, config, Tracing.OFF, false);
  }

  private RunningGateway(
      Path folder,
      @Nullable DatabaseUrl database,
      Upstream openai,
      Upstream anthropic,
      GatewayConfig config,
      Tracing tracing,
      boolean trustsProxy) {
    this.tracing = tracing;
    stores = Stores.open(folder.resolve("data"), database, changes, clock);
    budgets =
        LocalBudgets.open(
            folder.resolve("journal"),
            stores.ledger(),
            // Nodes that share a database share its accounts.
            database == null
                ? null
                : PatientSharing.of(stores.leases(), stores.node().id().value()),
            clock,
            Thread.ofPlatform().factory(),
            BudgetBounds.DEFAULT);
    vault = new Vault(new byte[32], stores.tenantKeys(), new SecureRandom());
    stores.tenants().save(Tenants.tenant(TENANT));
    stores.users().insert(user);
    stores
        .users()
        .saveEntitlements(
            TENANT,
            Role.MEMBER,
            List.of(LlmTerms.unbounded("openai"), LlmTerms.unbounded("anthropic")));
    stores.clients().save(client);
    stores.upstreams().save(openai);
    stores.upstreams().save(anthropic);
    credential("openai", OPENAI_KEY);
    credential("anthropic", ANTHROPIC_KEY);
    desk = new ProviderCalls(vertx, new Egress(true, Map.of()), clock);
    Rejections rejections =
        new Rejections(stores.credentialLives(), desk, stores.audit(), told, clock);
    rotations = rotations(desk);
    issuer = new Issuer(TENANT, "http://localhost:1");
    LongSupplier nanos = () -> System.nanoTime() + laterNanos.get();
    rateLimiter =
        database == null
            ? RateLimiter.alone(nanos, RateLimiter.BUCKETS_MAX)
            : RateLimiter.sharing(nanos, stores.rateShares(), stores.node().boot());
    restraints = new Restraints(stores.restraints(), changes, clock);
    apiKeys = TestKeys.of(stores, clock, told);
    promptLog = new PromptLog(stores.promptLog(), vault, changes, clock);
    gateway =
        new Gateway(
            new GatewayParts(
                vertx,
                new Issuers(issuer.url()),
                stores.tenants(),
                (_, jwt) -> tokens.get(jwt),
                apiKeys,
                stores.revokedTokens(),
                new RightsReader(
                    stores.tenants(),
                    stores.mandates(),
                    stores.clients(),
                    stores.users(),
                    stores.budgets(),
                    stores.modelTiers()),
                stores.prompts(),
                stores.upstreams(),
                stores.credentials(),
                stores.credentialPolicies(),
                stores.storedObjects(),
                rejections,
                vault,
                budgets,
                stores.audit(),
                changes,
                new OneOrigin(),
                nonces,
                clock,
                meters,
                new Egress(true, Map.of()),
                activity,
                restraints,
                promptLog,
                stores.rateLimits(),
                rateLimiter,
                config));
    upkeep =
        new Upkeep(
            new Upkeep.Stores(
                stores.tenants(),
                stores.upstreams(),
                stores.credentialLives(),
                stores.credentialPolicies(),
                stores.audit()),
            vault,
            rejections,
            rotations,
            new Traffic(),
            told,
            Runnable::run,
            stores.node().boot(),
            clock);
    lookout =
        new Lookout(
            gateway.lines(),
            stores.upstreams(),
            stores.credentials(),
            vault,
            desk,
            told,
            Runnable::run,
            clock);
    listener =
        new HttpListener(
                vertx,
                new ListenerConfig(
                    "127.0.0.1",
                    0,
                    1 << 20,
                    64 << 10,
                    Duration.ofMinutes(10),
                    // A proxy of ours, as the tests' own address is one.
                    trustsProxy ? List.of("127.0.0.1") : List.of(),
                    1,
                    null),
                new Router().otherwise(gateway),
                // A second tenant, for what must not cross.
                slug -> CompletableFuture.completedFuture(slug.equals(Tenants.ACME.value())),
                random,
                new RequestWatch(meters, tracing, AccessLog.ALL))
            .start();
  }

  /// What this gateway does with credentials.
  private final class Traffic implements Upkeep.Traffic {
    @Override
    public Map<TenantId, Set<String>> open() {
      return gateway.openCredentials();
    }

    @Override
    public Map<TenantId, Map<String, Instant>> takeUsed() {
      return gateway.takeUsedCredentials();
    }
  }

  /// Lets pages of [#ORIGIN] in.
  private record OneOrigin() implements CorsPolicy {
    @Override
    public void load(TenantId tenant) {
      // It is in memory.
    }

    @Override
    public boolean allows(TenantId tenant, String origin) {
      return origin.equals(ORIGIN);
    }
  }

  /// Puts a key into use, and gives its id.
  String credential(String upstream, String key) {
    String id = random.id("cred");
    byte[] sealed =
        vault.seal(TENANT, CredentialStore.Stored.row(id), key.getBytes(StandardCharsets.UTF_8));
    Instant now = clock.instant();
    stores
        .credentials()
        .insert(CredentialStore.Stored.fresh(TENANT, id, upstream, sealed, "", now));
    return id;
  }

  /// Another tenant with upstreams and people of the same names, whose keys are the same ones: at
  /// the provider nothing is between the two.
  void otherTenant(Upstream openai, Upstream anthropic) {
    TenantId tenant = openai.tenant();
    stores.tenants().save(Tenants.tenant(tenant));
    stores.users().insert(Users.member(tenant, "ada"));
    stores.clients().save(Clients.app(tenant));
    stores
        .users()
        .saveEntitlements(
            tenant,
            Role.MEMBER,
            List.of(LlmTerms.unbounded("openai"), LlmTerms.unbounded("anthropic")));
    for (Upstream one : List.of(openai, anthropic)) {
      stores.upstreams().save(one);
      String id = random.id("cred");
      String key = one.name().equals("openai") ? OPENAI_KEY : ANTHROPIC_KEY;
      byte[] sealed =
          vault.seal(tenant, CredentialStore.Stored.row(id), key.getBytes(StandardCharsets.UTF_8));
      stores
          .credentials()
          .insert(
              CredentialStore.Stored.fresh(tenant, id, one.name(), sealed, "", clock.instant()));
    }
  }

  /// What replaces keys, with this desk.
  Rotations rotations(ProviderDesk at) {
    return new Rotations(
        stores.rotations(),
        stores.credentials(),
        stores.credentialPolicies(),
        stores.upstreams(),
        vault,
        at,
        stores.audit(),
        told,
        random,
        clock);
  }

  byte[] seal(String row, Secret secret) {
    return vault.seal(TENANT, row, secret.utf8());
  }

  /// Adds a key of the tenant's that shares the calls with the others.
  void beside(String upstream, String key) {
    String id = random.id("cred");
    byte[] sealed =
        vault.seal(TENANT, CredentialStore.Stored.row(id), key.getBytes(StandardCharsets.UTF_8));
    stores
        .credentials()
        .add(
            Objects.requireNonNull(stores.upstreams().find(TENANT, upstream)).origin(),
            CredentialStore.Stored.fresh(TENANT, id, upstream, sealed, "", clock.instant()),
            false);
  }

  /// Adds a key of a person's own.
  String own(String upstream, String key, User owner) {
    String id = random.id("cred");
    byte[] sealed =
        vault.seal(TENANT, CredentialStore.Stored.row(id), key.getBytes(StandardCharsets.UTF_8));
    stores
        .credentials()
        .add(
            Objects.requireNonNull(stores.upstreams().find(TENANT, upstream)).origin(),
            CredentialStore.Stored.fresh(
                TENANT, id, upstream, owner.id(), sealed, "", 1, clock.instant()),
            true);
    return id;
  }

  /// Chat at the first upstream, given by this person.
  Mandate mandate(String id, User giver) {
    Mandate mandate =
        Mandates.mandate(id, client, giver, access("openai", Set.of(Capability.CHAT), Limits.NONE));
    stores.mandates().insert(mandate);
    return mandate;
  }

  /// Everything at both upstreams, within these limits each.
  Mandate mandate(String id, Limits limits) {
    return mandate(
        id,
        access("openai", Set.of(Capability.CHAT, Capability.EMBEDDINGS), limits),
        access("anthropic", Set.of(Capability.CHAT), limits));
  }

  Mandate mandate(String id, LlmAccess... access) {
    Mandate mandate = Mandates.mandate(id, client, user, access);
    stores.mandates().insert(mandate);
    return mandate;
  }

  LlmAccess access(String upstream, Set<Capability> capabilities, Limits limits) {
    Upstream there = stores.upstreams().find(TENANT, upstream);
    if (there == null) {
      throw new AssertionError("no upstream " + upstream);
    }
    return new LlmAccess(
        upstream,
        new TreeSet<>(there.modelsByName().keySet()),
        capabilities,
        limits,
        Mandates.EXPIRES_AT);
  }

  /// One with bounds of its own.
  ApiKeys.Shown key(Mandate mandate, KeyBounds bounds) {
    return apiKeys.make(
        new ApiKeys.Wish(TENANT, "narrow", user.id(), mandate, Set.of(), bounds, null),
        clock.instant().plus(Duration.ofDays(30)),
        clock.instant());
  }

  String key(Mandate mandate) {
    Secret key = ApiKeyFormat.generate(random);
    stores
        .apiKeys()
        .insert(
            new ApiKey(
                TENANT,
                new ApiKeyId(random.id("key")),
                TokenHash.of(key),
                ApiKeyFormat.hint(key),
                "test",
                user.id(),
                mandate.id(),
                Set.of(),
                clock.instant(),
                clock.instant().plus(Duration.ofDays(90)),
                null,
                null));
    return key.reveal();
  }

  /// What stands for a signed token here; its `jti` is its own text.
  String token(Mandate mandate, List<String> audience, Duration lifetime) {
    return token(mandate, audience, lifetime, null, Set.of());
  }

  String token(Mandate mandate, List<String> audience, Duration lifetime, Set<String> scopes) {
    return token(mandate, audience, lifetime, null, scopes);
  }

  /// @param thumbprint of the key that it is bound to
  String token(
      Mandate mandate, List<String> audience, Duration lifetime, @Nullable String thumbprint) {
    return token(mandate, audience, lifetime, thumbprint, Set.of());
  }

  private String token(
      Mandate mandate,
      List<String> audience,
      Duration lifetime,
      @Nullable String thumbprint,
      Set<String> scopes) {
    String token = "e30." + random.token().reveal();
    tokens.put(
        token,
        new AccessTokenClaims(
            TENANT,
            issuer.url(),
            user.id().value(),
            audience,
            client.id(),
            mandate.id(),
            new TreeSet<>(scopes),
            token,
            clock.instant(),
            clock.instant().plus(lifetime),
            List.of(),
            thumbprint));
    return token;
  }

  /// With a new key of a new mandate.
  String caller(String mandate, Limits limits) {
    return key(mandate(mandate, limits));
  }

  int port() {
    return listener.port();
  }

  String url(String path) {
    return "http://127.0.0.1:" + port() + path;
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(url(path))).timeout(Duration.ofSeconds(30));
  }

  HttpRequest.Builder post(String key, String path, String body) {
    return request(path)
        .header("authorization", "Bearer " + key)
        .header("content-type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body));
  }

  HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  HttpResponse<String> chat(String key, String more) {
    return send(post(key, "/openai/v1/chat/completions", chatBody(more)));
  }

  /// @param more members, each with a comma first
  static String chatBody(String more) {
    return "{\"model\":\"gpt-test\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]"
        + more
        + "}";
  }

  static String messagesBody(String more) {
    return "{\"model\":\"claude-test\",\"max_tokens\":10,\"messages\":"
        + "[{\"role\":\"user\",\"content\":\"Hi\"}]"
        + more
        + "}";
  }

  static String code(HttpResponse<String> response) {
    JsonNode error = Json.parse(response.body()).path("error");
    return error.path("code").asText(response.body());
  }

  /// The settled calls of a mandate, newest first.
  List<LedgerEntry> ledger(String mandate) {
    budgets.flush();
    return stores.ledger().latest(TENANT, new MandateId(mandate), 1000);
  }

  List<AuditEvent> audit() {
    return stores.audit().latest(TENANT, 1000);
  }

  static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("did not happen within a minute");
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
    listener.close();
    gateway.close();
    promptLog.close();
    desk.close();
    budgets.close();
    rateLimiter.close();
    stores.close();
    tracing.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
