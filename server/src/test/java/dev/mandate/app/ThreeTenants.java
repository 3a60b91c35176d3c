package dev.mandate.app;

import dev.mandate.domain.apikey.ApiKeyPolicy;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.signingkey.KeyRotation;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.token.TokenConfig;
import dev.mandate.domain.vault.LocalMasterKeys;
import dev.mandate.domain.vault.MasterKeys;
import dev.mandate.gateway.GatewayConfig;
import dev.mandate.oauth.authorize.AuthorizeConfig;
import dev.mandate.oauth.device.DeviceAuthorizationEndpoint;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.http.ListenerConfig;
import dev.mandate.simulator.SimulatedModel;
import dev.mandate.simulator.SimulatedProvider;
import dev.mandate.simulator.SimulatorConfig;
import dev.mandate.storage.DatabaseUrl;
import dev.mandate.testing.Clients;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A whole server with the tenants `default`, `acme` and `globex`. Their people, clients and
/// upstreams are called the same, and have other secrets.
final class ThreeTenants implements AutoCloseable {
  static final String GUARD = "guard";
  static final List<String> SLUGS = List.of("default", "acme", "globex");

  final Server server;
  final int port;
  final Map<String, DemoFile> files = new LinkedHashMap<>();
  private final Vertx vertx = Vertx.vertx();
  private final SimulatedProvider simulator;
  private final Issuers issuers;
  private final List<String> openai;

  ThreeTenants(Path data) {
    this(data, null, LocalMasterKeys.of(new byte[32], new SecureRandom()), Observation.NONE);
  }

  /// @param database null for SQLite
  ThreeTenants(
      Path data, @Nullable DatabaseUrl database, MasterKeys masterKeys, Observation observation) {
    TokenSource random = new TokenSource(new SecureRandom(), InstantSource.system());
    Map<String, DemoFile> two = DemoFile.generate(random);
    DemoFile acme = two.getOrDefault("acme", DemoFile.generate(random).firstEntry().getValue());
    DemoFile third = DemoFile.generate(random).firstEntry().getValue();
    files.putAll(two);
    files.put(
        "globex",
        new DemoFile(
            third.adminKeySecret(),
            third.people(),
            third.confidentialSecret(),
            third.serviceSecret(),
            acme.openaiSecret(),
            acme.anthropicSecret()));
    simulator =
        SimulatedProvider.start(
            vertx, SimulatorConfig.loopback(0, acme.openaiSecret(), acme.anthropicSecret()));
    openai = models(SimulatedModel.Vendor.OPENAI);
    port = freePort();
    String url = "http://localhost:" + port;
    issuers = new Issuers(url);
    List<Seed> seeds = new ArrayList<>();
    files.forEach((slug, file) -> seeds.add(seed(slug, file)));
    server =
        new Server(
            new Setup(
                url,
                new ListenerConfig(
                    "127.0.0.1", port, 1 << 18, 1 << 14, Duration.ofMinutes(5), List.of(), 2, null),
                data,
                database,
                Duration.ofSeconds(5),
                masterKeys,
                new SecretWatch(List.of()),
                Duration.ZERO,
                TokenConfig.DEFAULT,
                KeyRotation.STANDARD,
                GatewayConfig.DEFAULT,
                true,
                AuthorizeConfig.STANDARD,
                ApiKeyPolicy.STANDARD,
                observation,
                null),
            seeds,
            InstantSource.system());
  }

  /// With one more client, whose pages are the tenant's own.
  private Seed seed(String slug, DemoFile file) {
    TenantId tenant = new TenantId(slug);
    InstantSource clock = InstantSource.system();
    Seed seed =
        new Demo(tenant, slug, file, URI.create(simulator.baseUrl()), clock.instant())
            .seed(openai, models(SimulatedModel.Vendor.ANTHROPIC), Map.of());
    List<Client> clients = new ArrayList<>(seed.clients());
    Client like = Clients.app(tenant);
    clients.add(
        new Client(
            tenant,
            like.id(),
            "Pages",
            null,
            Set.of(origin(slug) + "/callback"),
            Set.of("authorization_code", "refresh_token", DeviceAuthorizationEndpoint.GRANT_TYPE),
            like.scopes(),
            like.defaultScopes(),
            like.defaultAccess(),
            like.policy(),
            false,
            false,
            clock.instant()));
    clients.add(guard(tenant, file.serviceSecret(), clock));
    return new Seed(
        seed.tenant(),
        seed.people(),
        clients,
        seed.upstreams(),
        seed.entitlements(),
        seed.adminKeys());
  }

  /// One that may ask about every token of its tenant.
  private static Client guard(TenantId tenant, Secret secret, InstantSource clock) {
    return new Client(
        tenant,
        new ClientId(GUARD),
        "Guard",
        TokenHash.of(secret),
        Set.of(),
        Set.of("client_credentials"),
        Set.of(Client.INTROSPECT),
        Set.of(),
        List.of(),
        List.of(),
        false,
        false,
        clock.instant());
  }

  static String origin(String slug) {
    return "https://" + slug + ".example";
  }

  private List<String> models(SimulatedModel.Vendor vendor) {
    return simulator.models().stream()
        .filter(m -> m.vendor() == vendor)
        .map(SimulatedModel::id)
        .toList();
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String issuer(String slug) {
    return issuers.of(new TenantId(slug)).url();
  }

  DemoFile file(String slug) {
    DemoFile file = files.get(slug);
    if (file == null) {
      throw new IllegalArgumentException("no tenant " + slug);
    }
    return file;
  }

  Secret password(String slug, String username) {
    return file(slug).people().stream()
        .filter(person -> person.username().equals(username))
        .findFirst()
        .orElseThrow()
        .initialPassword();
  }

  String openaiModel() {
    return openai.getFirst();
  }

  @Override
  public void close() {
    server.close();
    simulator.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
