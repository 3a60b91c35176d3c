package dev.mandate.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.User;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.simulator.SimulatedProvider;
import dev.mandate.simulator.SimulatorConfig;
import dev.mandate.storage.DatabaseUrl;
import dev.mandate.storage.Stores;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// A production server from a configuration file whose secrets are in files, with a simulated
/// provider. It can be stopped and started again.
final class ConfiguredServer implements AutoCloseable {
  static final String SERVICE = "nightly";
  static final String GUARD = "guard";
  static final String PERSON = "mina";
  static final String CHAT = "/openai/v1/chat/completions";

  final Path folder;
  final Map<String, Secret> secrets = new TreeMap<>();
  final Vertx vertx = Vertx.vertx();
  final SimulatedProvider simulator;
  private final TokenSource random = new TokenSource(new SecureRandom(), InstantSource.system());
  private final int port = freePort();
  private @Nullable String database;
  private String more = "";
  private @Nullable Server server;

  /// @param database null for SQLite
  ConfiguredServer(Path folder, @Nullable DatabaseUrl database) {
    this.folder = folder;
    this.database = database == null ? null : database.toString();
    byte[] master = new byte[32];
    new SecureRandom().nextBytes(master);
    write("master", Secret.of(Base64.getEncoder().encodeToString(master)));
    write("openai", Secret.of("sk-proj-" + random.token().reveal()));
    write("ops", ApiKeyFormat.generate(random));
    for (String name : new String[] {PERSON, SERVICE, GUARD}) {
      write(name, random.token());
    }
    simulator =
        SimulatedProvider.start(
            vertx, SimulatorConfig.loopback(0, secret("openai"), Secret.of("sk-ant-unused")));
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Secret secret(String name) {
    return Objects.requireNonNull(secrets.get(name), name);
  }

  /// Replaces the file at once, as Kubernetes does.
  void write(String name, Secret secret) {
    secrets.put(name, secret);
    write(name, secret.reveal() + "\n");
  }

  void write(String name, String text) {
    try {
      Path fresh = folder.resolve(name + ".new");
      Files.writeString(fresh, text);
      Files.move(
          fresh,
          file(name),
          java.nio.file.StandardCopyOption.REPLACE_EXISTING,
          java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path file(String name) {
    return folder.resolve(name);
  }

  Path data() {
    return folder.resolve("data");
  }

  /// Settings beside those that all have.
  ConfiguredServer with(String yaml) {
    more = yaml;
    return this;
  }

  void on(DatabaseUrl other) {
    database = other.toString();
  }

  Path config() {
    String yaml =
        """
        public-url: https://mandate.example
        listen: {port: {port}}
        trusted-proxies: [127.0.0.1]
        data: {folder}/data
        master-key-file: {folder}/master
        secrets-reload-interval: PT0.05S
        log: {level: INFO}
        upstreams:
          openai: {provider: openai, base-url: "{sim}", credential-file: {folder}/openai, models: [gpt-5-mini]}
        users:
          mina: {role: member, password-file: {folder}/mina}
        entitlements:
          member: {openai: {cost-micros: 1000000000}}
        clients:
          nightly:
            name: Nightly
            secret-file: {folder}/nightly
            grant-types: [client_credentials]
            scopes: ["llm:openai"]
            policy: {openai: {cost-micros: 1000000000}}
          guard: {name: Guard, secret-file: {folder}/guard, grant-types: [client_credentials], scopes: [introspect]}
        admin-keys:
          ops: {key-file: {folder}/ops, scopes: [{scopes}]}
        """
            .replace("{port}", String.valueOf(port))
            .replace("{folder}", folder.toString())
            .replace("{sim}", simulator.baseUrl())
            .replace("{scopes}", String.join(", ", dev.mandate.domain.access.AdminScope.names()));
    if (!more.contains("management:")) {
      yaml += "management: {enabled: false}\n";
    }
    if (database != null) {
      yaml += "database: " + database + "\n";
    }
    try {
      return Files.writeString(file("mandate.yaml"), yaml + more);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  ConfiguredServer start() {
    server = Launch.serve(config(), null, Map.of());
    return this;
  }

  void stop() {
    Server running = server;
    server = null;
    if (running != null) {
      running.close();
    }
  }

  Server server() {
    return Objects.requireNonNull(server);
  }

  Stores stores() {
    return server().parts().stores();
  }

  String url(String path) {
    return "http://127.0.0.1:" + server().port() + path;
  }

  Wire.Answer chat(String token) {
    return Wire.send(
        "POST",
        url(CHAT),
        "{\"model\":\"gpt-5-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
        "authorization",
        "Bearer " + token,
        "content-type",
        "application/json");
  }

  Wire.Answer admin(String method, String path, String body) {
    return Wire.send(
        method,
        url("/admin/v1" + path),
        body,
        "authorization",
        "Bearer " + secret("ops").reveal(),
        "content-type",
        "application/json");
  }

  Wire.Answer token(String client, Secret secret) {
    return Wire.post(
        url("/oauth/token"),
        "grant_type",
        "client_credentials",
        "client_id",
        client,
        "client_secret",
        secret.reveal());
  }

  /// An access token of the service.
  String service() {
    Wire.Answer answer = token(SERVICE, secret(SERVICE));
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.text("/access_token");
  }

  boolean isActive(String token) {
    Wire.Answer answer =
        Wire.post(
            url("/oauth/introspect"),
            "client_id",
            GUARD,
            "client_secret",
            secret(GUARD).reveal(),
            "token",
            token);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json().path("active").asBoolean();
  }

  Client client(String id) {
    return Objects.requireNonNull(stores().clients().find(TenantId.DEFAULT, new ClientId(id)));
  }

  User person() {
    return Objects.requireNonNull(stores().users().findByUsername(TenantId.DEFAULT, PERSON));
  }

  Mandate standing() {
    return Objects.requireNonNull(
        stores().mandates().latestStanding(TenantId.DEFAULT, new ClientId(SERVICE)));
  }

  static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("did not happen within a minute");
      }
      LockSupport.parkNanos(2_000_000);
    }
  }

  @Override
  public void close() {
    stop();
    simulator.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
