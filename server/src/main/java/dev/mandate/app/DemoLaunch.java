package dev.mandate.app;

import dev.mandate.domain.apikey.ApiKeyPolicy;
import dev.mandate.domain.revocation.Freshness;
import dev.mandate.domain.signingkey.KeyRotation;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.token.TokenConfig;
import dev.mandate.domain.vault.LocalMasterKeys;
import dev.mandate.gateway.GatewayConfig;
import dev.mandate.oauth.authorize.AuthorizeConfig;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.http.ListenerConfig;
import dev.mandate.platform.observe.AccessLog;
import dev.mandate.platform.trace.TraceConfig;
import dev.mandate.simulator.SimulatedModel;
import dev.mandate.simulator.SimulatedProvider;
import dev.mandate.simulator.SimulatorConfig;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/// Starts a node of the demo: the first, with the simulated provider and what the demo knows at the
/// start, or another one, which finds all of that made.
final class DemoLaunch {
  private static final int BODY_BYTES_MAX = 256 * 1024;
  private static final int HEADER_BYTES_MAX = 16 * 1024;

  private final DemoOptions options;
  private final InstantSource clock = InstantSource.system();
  private final TokenSource random = new TokenSource(new SecureRandom(), clock);

  DemoLaunch(DemoOptions options) {
    this.options = options;
  }

  Launch.Demonstration start() {
    options.refuseUnfit();
    PrivateFile.folder(options.data());
    try {
      int port = options.port() == 0 ? freePort() : options.port();
      Path join = options.join();
      return join == null ? first(port) : another(join, port);
    } catch (IOException e) {
      throw new StartRefused(
          "cannot use the data folder " + options.data() + ": " + e.getMessage());
    }
  }

  private Launch.Demonstration first(int port) throws IOException {
    URI publicUrl = options.publicUrl();
    String issuer = publicUrl == null ? "http://localhost:" + port : publicUrl.toString();
    Path path = options.data().resolve("demo.json");
    SortedMap<String, DemoFile> tenants =
        Files.exists(path) ? DemoFile.read(path, random) : DemoFile.generate(random);
    DemoFile file = defaultTenant(tenants);
    Issuers issuers = new Issuers(issuer);
    Vertx vertx = Vertx.vertx();
    SimulatedProvider simulator =
        SimulatedProvider.start(
            vertx, SimulatorConfig.loopback(0, file.openaiSecret(), file.anthropicSecret()));
    List<String> openai = models(simulator, SimulatedModel.Vendor.OPENAI);
    List<String> anthropic = models(simulator, SimulatedModel.Vendor.ANTHROPIC);
    List<Seed> seeds = new ArrayList<>();
    tenants.forEach(
        (slug, one) ->
            seeds.add(
                new Demo(
                        new TenantId(slug),
                        slug.equals(DemoFile.SECOND) ? "Acme (demo)" : "Mandate (demo)",
                        one,
                        URI.create(simulator.baseUrl()),
                        clock.instant())
                    // The real providers' keys are the first tenant's.
                    .seed(openai, anthropic, isDefault(slug) ? options.environment() : Map.of())));
    if (!DemoFile.isWhole(path)) {
      // Before the database knows its people: killed in between, nobody would know their
      // passwords any more.
      DemoFile.write(path, tenants, issuers, simulator.baseUrl(), openai, anthropic);
    }
    Server server = new Server(setup(issuer, port, options.data()), seeds, clock);
    DemoFile.write(path, tenants, issuers, simulator.baseUrl(), openai, anthropic);
    return new Launch.Demonstration(
        server,
        () -> {
          simulator.close();
          vertx.close().toCompletionStage().toCompletableFuture().join();
        },
        file,
        path,
        openai.getFirst());
  }

  /// Seeds nothing: only the first node knows the keys of real providers.
  private Launch.Demonstration another(Path join, int port) throws IOException {
    Path path = join.resolve("demo.json");
    DemoFile file = defaultTenant(DemoFile.read(path, random));
    DemoFile.Told told = DemoFile.told(path);
    return new Launch.Demonstration(
        new Server(setup(told.issuer(), port, join), List.of(), clock),
        () -> {},
        file,
        path,
        told.openaiModel());
  }

  private Setup setup(String issuer, int port, Path keyFolder) {
    Integer management = options.managementPort();
    return new Setup(
        issuer,
        new ListenerConfig(
            "127.0.0.1",
            port,
            BODY_BYTES_MAX,
            HEADER_BYTES_MAX,
            // Longer than the gateway's own time-outs, as in production.
            Duration.ofMinutes(16),
            List.of(),
            Launch.eventLoops(),
            null),
        options.data(),
        DatabaseSetting.of(options.database(), options.environment()),
        Freshness.STALENESS_MAX,
        LocalMasterKeys.of(MasterKey.forDevelopment(keyFolder, random), new SecureRandom()),
        new SecretWatch(List.of()),
        Duration.ZERO,
        TokenConfig.DEFAULT,
        KeyRotation.STANDARD,
        GatewayConfig.DEFAULT,
        true,
        AuthorizeConfig.STANDARD,
        ApiKeyPolicy.STANDARD,
        new Observation(
            management == null ? null : Observation.management("127.0.0.1", management),
            TraceConfig.OFF,
            AccessLog.OFF),
        null);
  }

  private static boolean isDefault(String slug) {
    return slug.equals(TenantId.DEFAULT.value());
  }

  private static DemoFile defaultTenant(SortedMap<String, DemoFile> tenants) {
    DemoFile file = tenants.get(TenantId.DEFAULT.value());
    if (file == null) {
      throw new IllegalStateException("the demo has no default tenant");
    }
    return file;
  }

  private static List<String> models(SimulatedProvider simulator, SimulatedModel.Vendor vendor) {
    return simulator.models().stream()
        .filter(m -> m.vendor() == vendor)
        .map(SimulatedModel::id)
        .toList();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
