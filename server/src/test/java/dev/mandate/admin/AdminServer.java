package dev.mandate.admin;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.admin.operation.AdminApi;
import dev.mandate.admin.operation.Callers;
import dev.mandate.admin.operation.Operation;
import dev.mandate.admin.operation.Repeats;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.credential.CredentialTests;
import dev.mandate.domain.credential.ProviderDesk;
import dev.mandate.domain.credential.Rejections;
import dev.mandate.domain.credential.Rotations;
import dev.mandate.domain.dpop.DpopNonces;
import dev.mandate.domain.dpop.DpopProofs;
import dev.mandate.domain.mandate.RightsReader;
import dev.mandate.domain.mandate.StandingMandates;
import dev.mandate.domain.monitoring.Activity;
import dev.mandate.domain.monitoring.Restraints;
import dev.mandate.domain.notice.Notices;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.signingkey.SigningKeys;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.token.AccessTokens;
import dev.mandate.domain.token.TokenConfig;
import dev.mandate.domain.upstream.Egress;
import dev.mandate.domain.upstream.PriceList;
import dev.mandate.domain.upstream.UpstreamHealth;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.user.UserId;
import dev.mandate.domain.vault.Vault;
import dev.mandate.platform.crypto.CryptoProvider;
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
import dev.mandate.testing.Fixture;
import dev.mandate.testing.TestClock;
import dev.mandate.testing.TestKeys;
import dev.mandate.testing.Told;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The admin API with the operations that a test gives it, on a real socket over real stores.
public final class AdminServer implements AutoCloseable {
  public static final String ISSUER = "https://mandate.example";
  private static final int BODY_BYTES_MAX = 256 * 1024;

  public final TestClock clock = new TestClock();
  public final ChangeFeed changes = new ChangeFeed();
  public final Stores stores;
  public final Fixture fixture;
  public final Vault vault;
  public final TokenSource tokens;
  public final AccessTokens accessTokens;
  public final DpopNonces nonces = new DpopNonces(new byte[32], clock);
  public final Issuers issuers = new Issuers(ISSUER);
  public final Restraints restraints;
  public final Activity activity = new Activity(clock);

  /// What the provider says next to any key.
  public volatile ProviderDesk.Verdict verdict = ProviderDesk.Verdict.OK;

  final ProviderDesk desk = new Desk();
  final Rejections rejections;
  final Rotations rotations;

  /// What people were told.
  public final Told told = new Told();

  public final ApiKeys apiKeys;

  /// An API key with every scope.
  public final Secret admin;

  private final Vertx vertx = Vertx.vertx();
  private final HttpListener listener;
  private final HttpClient http = HttpClient.newHttpClient();

  /// @param operations from this, with stores, vault and clock there
  public AdminServer(Path folder, Function<AdminServer, List<Operation>> operations) {
    this(folder, null, operations);
  }

  /// @param database SQLite's in the folder when null
  public AdminServer(
      Path folder,
      @Nullable DatabaseUrl database,
      Function<AdminServer, List<Operation>> operations) {
    CryptoProvider.install();
    SecureRandom random = new SecureRandom();
    tokens = new TokenSource(random, clock);
    stores = Stores.open(folder, database, changes, clock);
    restraints = new Restraints(stores.restraints(), changes, clock);
    fixture = new Fixture(stores, clock).save();
    vault = new Vault(new byte[32], stores.tenantKeys(), random);
    SigningKeys keys = new SigningKeys(stores.signingKeys(), vault, clock);
    accessTokens = new AccessTokens(keys, tokens, clock, TokenConfig.DEFAULT);
    apiKeys = TestKeys.of(stores, clock, told);
    admin = key(AdminScope.names(), null);
    Notices notices = (_, _, _, _, _, _) -> {};
    rejections = new Rejections(stores.credentialLives(), desk, stores.audit(), notices, clock);
    rotations =
        new Rotations(
            stores.rotations(),
            stores.credentials(),
            stores.credentialPolicies(),
            stores.upstreams(),
            vault,
            desk,
            stores.audit(),
            notices,
            tokens,
            clock);
    Callers callers =
        new Callers(
            apiKeys,
            accessTokens,
            stores.revokedTokens(),
            new RightsReader(
                stores.tenants(),
                stores.mandates(),
                stores.clients(),
                stores.users(),
                stores.budgets(),
                stores.modelTiers()),
            stores.clients(),
            stores.users(),
            new DpopProofs(nonces, stores.usedOnce(), clock),
            restraints,
            activity,
            clock);
    Router router = new Router();
    new AdminApi(
            issuers,
            callers,
            new Repeats(stores.idempotency(), vault),
            stores.audit(),
            clock,
            operations.apply(this))
        .mount(router);
    ListenerConfig listening =
        new ListenerConfig(
            "127.0.0.1", 0, BODY_BYTES_MAX, 16_384, Duration.ofSeconds(30), List.of(), 1, null);
    listener =
        new HttpListener(
                vertx,
                listening,
                router,
                _ -> CompletableFuture.completedFuture(true),
                tokens,
                new RequestWatch(new Meters(), Tracing.OFF, AccessLog.ERRORS))
            .start();
  }

  /// Says what the test wants and makes nothing.
  private final class Desk implements ProviderDesk {
    @Override
    public Verdict test(Upstream upstream, Secret secret) {
      return verdict;
    }

    @Override
    public Made make(Upstream upstream, Maker maker, String name) throws Refused {
      throw new Refused("nothing is made here", null);
    }

    @Override
    public void delete(Upstream upstream, Maker maker, String ref) {
      // There is nothing.
    }

    @Override
    public List<String> named(Upstream upstream, Maker maker, String name) {
      return List.of();
    }
  }

  /// Every operation of this half: clients, upstreams, credentials, mandates.
  public static List<Operation> operations(AdminServer server, Egress egress) {
    Stores stores = server.stores;
    List<Operation> all = new ArrayList<>();
    all.addAll(
        new ClientsApi(
                stores.clients(),
                stores.tenants(),
                new StandingMandates(stores.mandates(), stores.upstreams(), server.tokens),
                server.tokens,
                egress)
            .operations());
    all.addAll(new ClientSecretsApi(stores.clients(), server.tokens).operations());
    all.addAll(new UpstreamsApi(
                stores.upstreams(),
                egress,
                PriceList.shipped(),
                _ -> UpstreamHealth.Health.UNKNOWN)
            .operations());
    all.addAll(
        new CredentialsApi(
                stores.upstreams(),
                stores.credentials(),
                new CredentialTests(server.desk, server.rejections, server.vault, server.clock),
                server.rotations,
                stores.rotations(),
                server.vault,
                server.tokens)
            .operations());
    all.addAll(
        new CredentialPolicyApi(stores.upstreams(), stores.credentialPolicies(), server.vault)
            .operations());
    all.addAll(new MandatesApi(stores.mandates(), stores.ledger()).operations());
    return all;
  }

  /// With every operation, and tenants kept to the public internet.
  public static AdminServer start(Path folder) {
    return new AdminServer(folder, s -> operations(s, new Egress(false, Map.of())));
  }

  /// A stored API key.
  public Secret key(Set<String> scopes, @Nullable UserId owner) {
    Secret key = ApiKeyFormat.generate(tokens);
    stores
        .apiKeys()
        .insert(
            new ApiKey(
                Fixture.TENANT,
                new ApiKeyId(tokens.id("key")),
                TokenHash.of(key),
                ApiKeyFormat.hint(key),
                "test",
                owner,
                null,
                scopes,
                clock.instant(),
                clock.instant().plus(Duration.ofDays(365)),
                null,
                null));
    return key;
  }

  /// An answer, its body read as JSON where there is one.
  public record Answer(HttpResponse<String> http, JsonNode json) {
    public int status() {
      return http.statusCode();
    }

    public String code() {
      return json.path("code").asText();
    }

    public String text(String member) {
      return json.path(member).asText();
    }

    public String etag() {
      return header("etag");
    }

    /// Empty when there is none.
    public String header(String name) {
      return http.headers().firstValue(name).orElse("");
    }
  }

  public Answer get(String path, String... headers) {
    return send("GET", path, null, headers);
  }

  public Answer post(String path, String body, String... headers) {
    return send("POST", path, body, headers);
  }

  /// Sends as the admin and as JSON, unless the headers say otherwise.
  ///
  /// @param path below `/admin/v1`, or whole when it begins with `/t/`
  /// @param headers name, value, name, value …
  public Answer send(String method, String path, @Nullable String body, String... headers) {
    String whole = path.startsWith("/t/") ? path : AdminScope.RESOURCE + path;
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + listener.port() + whole))
            .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    List<String> given = List.of(headers);
    if (!given.contains("authorization") && !given.contains("x-api-key")) {
      request.header("authorization", "Bearer " + admin.reveal());
    }
    if (body != null && !given.contains("content-type")) {
      request.header("content-type", "application/json");
    }
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    try {
      HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
      String text = response.body();
      return new Answer(response, text.isEmpty() ? Json.object() : Json.parse(text));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    http.close();
    listener.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
    stores.close();
  }
}
