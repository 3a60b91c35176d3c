package dev.mandate.app;

import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.gateway.injecting.AwsSignature;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.storage.DatabaseUrl;
import dev.mandate.storage.Stores;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Looks at everything that a start needs, without starting: configuration, master key, database,
/// upstreams, clock.
public final class Doctor {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration SKEW_MAX = Duration.ofSeconds(30);

  /// One finding.
  ///
  /// @param detail one line; never a secret
  public record Finding(String subject, boolean healthy, String detail) {}

  private final InstantSource clock;
  private final List<Finding> findings = new ArrayList<>();

  public Doctor(InstantSource clock) {
    this.clock = clock;
  }

  /// @param database URL of a PostgreSQL database; comes before the configuration's
  public List<Finding> examine(
      Path file, @Nullable String database, Map<String, String> environment) {
    ServerConfig config;
    try {
      config = ConfigFile.read(file, environment);
      findings.add(new Finding("configuration", true, file + " reads"));
    } catch (StartRefused e) {
      e.getMessage()
          .lines()
          .forEach(line -> findings.add(new Finding("configuration", false, line)));
      return List.copyOf(findings);
    }
    attempt(
        "production", "safe to serve at " + config.publicUrl(), () -> Launch.refuseUnsafe(config));
    attempt("master key", "32 bytes", () -> MasterKeyFiles.of(config, environment).ids());
    attempt(
        "people, clients, upstreams",
        "read",
        () -> ConfiguredSeed.all(config, environment, clock.instant()));
    database(config, database, environment);
    Instant farthest = null;
    List<TenantTree> trees = new ArrayList<>(config.tenants().values());
    trees.addFirst(config);
    for (TenantTree tree : trees) {
      for (Map.Entry<String, TenantTree.UpstreamSettings> entry : tree.upstreams().entrySet()) {
        Instant said = upstream(entry.getKey(), entry.getValue(), environment);
        farthest = said == null ? farthest : said;
      }
    }
    clock(farthest);
    return List.copyOf(findings);
  }

  private void attempt(String subject, String healthy, Runnable check) {
    try {
      check.run();
      findings.add(new Finding(subject, true, healthy));
    } catch (StartRefused e) {
      e.getMessage().lines().forEach(line -> findings.add(new Finding(subject, false, line)));
    }
  }

  private void database(
      ServerConfig config, @Nullable String option, Map<String, String> environment) {
    Path folder = config.data();
    DatabaseUrl url;
    try {
      url = DatabaseSetting.of(option, config, environment);
    } catch (StartRefused e) {
      findings.add(new Finding("database", false, e.getMessage()));
      return;
    }
    if (url == null && !Files.isDirectory(folder)) {
      findings.add(
          new Finding("database", true, folder + " does not exist yet; the first start makes it"));
      return;
    }
    try (Stores stores = Stores.open(folder, url, new ChangeFeed(), clock)) {
      String broken = stores.integrity();
      findings.add(
          broken == null
              ? new Finding(
                  "database", true, (url == null ? "SQLite" : url) + " opens, and is whole")
              : new Finding("database", false, broken));
    } catch (RuntimeException e) {
      findings.add(new Finding("database", false, String.valueOf(e.getMessage())));
    }
  }

  /// @return the upstream's idea of the time
  private @Nullable Instant upstream(
      String name, TenantTree.UpstreamSettings upstream, Map<String, String> environment) {
    String subject = "upstream " + name;
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
      URI base = ConfiguredSeed.baseUrl(upstream, "upstreams." + name);
      HttpRequest.Builder request = question(upstream, base, environment).timeout(PATIENCE);
      HttpResponse<Void> response =
          client.send(request.build(), HttpResponse.BodyHandlers.discarding());
      int status = response.statusCode();
      findings.add(
          new Finding(
              subject,
              status == 200,
              status == 200
                  ? base + " answers and takes the credential"
                  : base + " answers " + status + " to the credential"));
      return response
          .headers()
          .firstValue("date")
          .map(d -> ZonedDateTime.parse(d, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant())
          .orElse(null);
    } catch (StartRefused e) {
      findings.add(new Finding(subject, false, e.getMessage()));
    } catch (IOException e) {
      findings.add(new Finding(subject, false, upstreamUrl(upstream) + " is not reachable: " + e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return null;
  }

  /// A request that each provider answers for nothing, with the credential where it expects it.
  private HttpRequest.Builder question(
      TenantTree.UpstreamSettings upstream, URI base, Map<String, String> environment) {
    Secret secret = upstream.credentialFile().read(environment);
    String credential = secret.reveal();
    URI uri = URI.create(base + upstream.provider().modelsPath());
    HttpRequest.Builder request = HttpRequest.newBuilder(uri);
    return switch (upstream.provider()) {
      case OPENAI, MISTRAL, OLLAMA, OPENAI_COMPATIBLE ->
          request.header("authorization", "Bearer " + credential);
      case ANTHROPIC ->
          request.header("x-api-key", credential).header("anthropic-version", "2023-06-01");
      case GEMINI -> request.header("x-goog-api-key", credential);
      case AZURE_OPENAI -> request.header("api-key", credential);
      case BEDROCK -> signed(request, uri, secret);
    };
  }

  private HttpRequest.Builder signed(HttpRequest.Builder request, URI uri, Secret secret) {
    MultiMap headers = MultiMap.caseInsensitiveMultiMap();
    AwsSignature.authorize(
        secret,
        new AwsSignature.Request(
            "GET",
            uri.getRawPath(),
            "",
            AwsSignature.host(
                uri.getHost(), uri.getPort(), "https".equalsIgnoreCase(uri.getScheme())),
            Buffer.buffer()),
        clock.instant(),
        headers);
    headers.forEach(field -> request.header(field.getKey(), field.getValue()));
    return request;
  }

  private static String upstreamUrl(TenantTree.UpstreamSettings upstream) {
    return upstream
        .baseUrl()
        .map(URI::toString)
        .orElse(String.valueOf(upstream.provider().ownUrl()));
  }

  private void clock(@Nullable Instant upstreamTime) {
    Instant now = clock.instant();
    if (upstreamTime == null) {
      findings.add(new Finding("clock", true, now + "; no upstream answered to compare it with"));
      return;
    }
    Duration skew = Duration.between(upstreamTime, now).abs();
    findings.add(
        new Finding(
            "clock",
            skew.compareTo(SKEW_MAX) <= 0,
            "%s, %d s from an upstream's clock".formatted(now, skew.toSeconds())));
  }
}
