package dev.mandate.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.credential.CredentialPolicy;
import dev.mandate.domain.credential.OwnCredentials;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.User;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.json.Json;
import dev.mandate.simulator.SimulatedProvider;
import dev.mandate.simulator.SimulatorConfig;
import dev.mandate.testing.Clients;
import dev.mandate.testing.Mandates;
import dev.mandate.testing.Tenants;
import dev.mandate.testing.Upstreams;
import dev.mandate.testing.Users;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// A provider that keeps things for one account, whose key everybody here shares: what the gateway
/// lets through, the provider answers, whoever asks.
final class KeptWorld implements AutoCloseable {
  static final String MODEL = "gpt-5-mini";
  static final String CLAUDE = "claude-haiku-4-5";
  static final Set<Capability> ALL = Set.of(Capability.CHAT, Capability.STORED_STATE);

  final Vertx vertx = Vertx.vertx();
  final SimulatedProvider simulator;
  final RunningGateway at;
  private final TokenSource random;
  private int mandates;

  /// Who calls.
  ///
  /// @param base of its URLs, below the tenant
  record Caller(String key, String base, Mandate mandate) {
    Caller at(String upstream) {
      return new Caller(key, base.replaceFirst("[a-z-]+$", upstream), mandate);
    }
  }

  KeptWorld(Path folder) {
    simulator =
        SimulatedProvider.start(
            vertx,
            SimulatorConfig.loopback(
                0, Secret.of(RunningGateway.OPENAI_KEY), Secret.of(RunningGateway.ANTHROPIC_KEY)));
    at =
        new RunningGateway(
            folder,
            upstream(RunningGateway.TENANT, "openai", Provider.OPENAI),
            upstream(RunningGateway.TENANT, "anthropic", Provider.ANTHROPIC),
            GatewayConfig.DEFAULT);
    random = new TokenSource(new SecureRandom(), at.clock);
    at.stores.upstreams().save(upstream(RunningGateway.TENANT, "openai-eu", Provider.OPENAI));
    at.credential("openai-eu", RunningGateway.OPENAI_KEY);
    at.stores
        .users()
        .saveEntitlements(
            RunningGateway.TENANT,
            Role.MEMBER,
            List.of(
                LlmTerms.unbounded("openai"),
                LlmTerms.unbounded("openai-eu"),
                LlmTerms.unbounded("anthropic")));
    at.stores.clients().save(everywhere(at.client));
    at.otherTenant(
        upstream(Tenants.ACME, "openai", Provider.OPENAI),
        upstream(Tenants.ACME, "anthropic", Provider.ANTHROPIC));
  }

  private Upstream upstream(TenantId tenant, String name, Provider provider) {
    return new Upstream(
        tenant,
        name,
        name,
        provider,
        URI.create(simulator.baseUrl()),
        provider == Provider.OPENAI,
        "sim",
        List.of(Upstreams.model(provider == Provider.OPENAI ? MODEL : CLAUDE, ALL)));
  }

  /// With a new key of a new mandate over all upstreams.
  Caller caller(TenantId tenant, Client client, @Nullable User user, Set<Capability> capabilities) {
    List<LlmAccess> access =
        at.stores.upstreams().all(tenant).stream()
            .map(
                there ->
                    new LlmAccess(
                        there.name(),
                        new TreeSet<>(there.modelsByName().keySet()),
                        capabilities,
                        Limits.NONE,
                        Mandates.EXPIRES_AT))
            .toList();
    Mandate mandate =
        Mandates.mandate("kept_" + ++mandates, client, user, access.toArray(LlmAccess[]::new));
    at.stores.mandates().insert(mandate);
    Secret key = ApiKeyFormat.generate(random);
    at.stores
        .apiKeys()
        .insert(
            new ApiKey(
                tenant,
                new ApiKeyId(random.id("key")),
                TokenHash.of(key),
                ApiKeyFormat.hint(key),
                "test",
                user == null ? null : user.id(),
                mandate.id(),
                Set.of(),
                at.clock.instant(),
                at.clock.instant().plus(Duration.ofDays(30)),
                null,
                null));
    String root = tenant.equals(TenantId.DEFAULT) ? "" : "/t/" + tenant;
    return new Caller(key.reveal(), root + "/openai", mandate);
  }

  /// Ada with the app.
  Caller ada() {
    return caller(RunningGateway.TENANT, at.client, at.user, ALL);
  }

  Client saved(Client client) {
    at.stores.clients().save(everywhere(client));
    return client;
  }

  /// Allowed everything at all upstreams.
  private static Client everywhere(Client client) {
    return new Client(
        client.tenant(),
        client.id(),
        client.name(),
        client.proof(),
        client.redirectUris(),
        client.postLogoutRedirectUris(),
        client.grantTypes(),
        client.scopes(),
        client.defaultScopes(),
        client.defaultAccess(),
        List.of(
            LlmTerms.unbounded("openai"),
            LlmTerms.unbounded("openai-eu"),
            LlmTerms.unbounded("anthropic")),
        client.requiresPushed(),
        client.tokens(),
        client.disabled(),
        client.createdAt());
  }

  User saved(User user) {
    at.stores.users().insert(user);
    return user;
  }

  static Client other(TenantId tenant) {
    return Clients.web(tenant, Secret.of("web-secret"));
  }

  static User bob(TenantId tenant) {
    return Users.member(tenant, "bob");
  }

  HttpResponse<String> call(Caller as, String method, String path, @Nullable String body) {
    HttpRequest.Builder request =
        at.request(as.base() + path).header("authorization", "Bearer " + as.key());
    if (as.base().endsWith("anthropic")) {
      request.header("anthropic-version", "2023-06-01");
    }
    if (body == null) {
      request.method(method, HttpRequest.BodyPublishers.noBody());
    } else {
      request
          .header("content-type", "application/json")
          .method(method, HttpRequest.BodyPublishers.ofString(body));
    }
    return at.send(request);
  }

  /// The id of what a call made.
  String made(Caller as, String path, String body) {
    HttpResponse<String> answer = call(as, "POST", path, body);
    if (answer.statusCode() != 200) {
      throw new AssertionError(answer.statusCode() + " " + answer.body());
    }
    return Json.parse(answer.body()).path("id").asText();
  }

  /// A form with a file in it, and one field.
  HttpResponse<String> form(Caller as, String field, String value) {
    return form(as, field, value, "hello");
  }

  private HttpResponse<String> form(Caller as, String field, String value, String content) {
    String body =
        "--b0undary\r\ncontent-disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n"
                .formatted(field, value)
            + "--b0undary\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n"
            + "content-type: text/plain\r\n\r\n"
            + content
            + "\r\n--b0undary--\r\n";
    return at.send(
        at.request(as.base() + "/v1/files")
            .header("authorization", "Bearer " + as.key())
            .header("content-type", "multipart/form-data; boundary=b0undary")
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  String upload(Caller as, String content) {
    HttpResponse<String> answer = form(as, "purpose", "user_data", content);
    if (answer.statusCode() != 200) {
      throw new AssertionError(answer.statusCode() + " " + answer.body());
    }
    return Json.parse(answer.body()).path("id").asText();
  }

  /// Whether people's own keys pay where they have any.
  void ownKeys(boolean allowed) {
    CredentialPolicy now = at.stores.credentialPolicies().policy(RunningGateway.TENANT, "openai");
    String origin =
        Objects.requireNonNull(at.stores.upstreams().find(RunningGateway.TENANT, "openai"))
            .origin();
    OwnCredentials own = allowed ? OwnCredentials.ALLOWED : OwnCredentials.OFF;
    boolean done =
        at.stores
            .credentialPolicies()
            .replace(
                origin,
                now,
                new CredentialPolicy(RunningGateway.TENANT, "openai", own, null, null, null, ""));
    if (!done) {
      throw new AssertionError("the policy was changed by somebody else");
    }
  }

  static String responseBody(String more) {
    return "{\"model\":\"" + MODEL + "\",\"input\":\"Hi\"" + more + "}";
  }

  /// How many requests the provider has seen.
  int arrived() {
    return sim("stats").path("arrived").asInt();
  }

  JsonNode sim(String what) {
    return Json.parse(
        at.send(
                HttpRequest.newBuilder(URI.create(simulator.baseUrl() + "/sim/" + what))
                    .timeout(Duration.ofSeconds(30)))
            .body());
  }

  @Override
  public void close() {
    at.close();
    simulator.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
