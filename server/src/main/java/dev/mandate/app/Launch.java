package dev.mandate.app;

import dev.mandate.domain.apikey.ApiKeyPolicy;
import dev.mandate.domain.revocation.Freshness;
import dev.mandate.domain.signingkey.KeyRotation;
import dev.mandate.domain.token.TokenConfig;
import dev.mandate.gateway.GatewayConfig;
import dev.mandate.oauth.authorize.AuthorizeConfig;
import dev.mandate.platform.http.ListenerConfig;
import dev.mandate.platform.http.PeerAddress;
import dev.mandate.platform.log.Logging;
import dev.mandate.platform.trace.TraceConfig;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The two ways to start: for production from a configuration file, and the demo.
public final class Launch {
  /// The other nodes' revocations are looked for four times a second.
  private static final Duration STALENESS_MIN = Duration.ofSeconds(1);

  /// A running demo.
  ///
  /// @param path of demo.json
  /// @param openaiModel one to try
  public record Demonstration(
      Server server, AutoCloseable simulator, DemoFile file, Path path, String openaiModel) {}

  private Launch() {}

  /// Starts for production.
  ///
  /// @param database URL of a PostgreSQL database; comes before the configuration's
  /// @throws StartRefused when something that production needs is missing or unsafe
  public static Server serve(
      Path configFile, @Nullable String database, Map<String, String> environment) {
    ServerConfig config = ConfigFile.read(configFile, environment);
    refuseUnsafe(config);
    Logging.configure(
        Logging.Format.valueOf(config.log().format().toUpperCase(Locale.ROOT)),
        config.log().level());
    InstantSource clock = InstantSource.system();
    // Before any of them is read: what changes after this is taken later.
    SecretWatch secrets = SecretWatch.of(config);
    Setup setup =
        new Setup(
            config.publicUrl().toString(),
            listener(config),
            config.data(),
            DatabaseSetting.of(database, config, environment),
            config.maxStaleness(),
            MasterKeyFiles.of(config, environment),
            secrets,
            config.secretsReloadInterval(),
            new TokenConfig(
                config.tokens().accessTokenLifetime(),
                TokenConfig.DEFAULT.idTokenLifetime(),
                config.tokens().refreshTokenLifetime(),
                TokenConfig.DEFAULT.codeLifetime(),
                TokenConfig.DEFAULT.clockSkew()),
            new KeyRotation(config.tokens().signingKeyPeriod()),
            gateway(config.gateway()),
            config.gateway().allowPrivateUpstreams(),
            new AuthorizeConfig(
                config.authorize().requirePushed(), AuthorizeConfig.STANDARD.pushedLifetime()),
            apiKeys(config.apiKeys()),
            observation(config, environment),
            MailSettings.of(config.mail(), environment));
    return new Server(setup, ConfiguredSeed.all(config, environment, clock.instant()), clock);
  }

  /// Everything that makes a configuration unfit for production, a line each.
  ///
  /// @throws StartRefused when there is any
  static void refuseUnsafe(ServerConfig config) {
    URI url = config.publicUrl();
    if (!"https".equals(url.getScheme()) || url.getHost() == null) {
      throw new StartRefused("public-url is " + url + ", expected an https URL");
    }
    if (url.toString().endsWith("/") || url.getRawQuery() != null || url.getRawFragment() != null) {
      throw new StartRefused(
          "public-url is " + url + ", expected no trailing slash, query or fragment");
    }
    if (config.listen().tls().isEmpty() && config.trustedProxies().isEmpty()) {
      throw new StartRefused(
          "plain HTTP without a proxy in front: set listen.tls, or trusted-proxies to the address"
              + " of the proxy that speaks TLS");
    }
    for (String proxy : config.trustedProxies().orElse(List.of())) {
      if (PeerAddress.canonical(proxy) == null) {
        throw new StartRefused("trusted-proxies has '" + proxy + "', expected an IP address");
      }
    }
    refuseUnfit(config.tracing());
    if (config.maxStaleness().compareTo(STALENESS_MIN) < 0
        || config.maxStaleness().compareTo(Freshness.STREAMS_MAX) > 0) {
      throw new StartRefused(
          "max-staleness is %s, expected %s to %s"
              .formatted(config.maxStaleness(), STALENESS_MIN, Freshness.STREAMS_MAX));
    }
    if (config.secretsReloadInterval().isNegative()) {
      throw new StartRefused(
          "secrets-reload-interval is %s, expected 0 or more"
              .formatted(config.secretsReloadInterval()));
    }
    var _ = apiKeys(config.apiKeys());
    if (!List.of("json", "text").contains(config.log().format())) {
      throw new StartRefused("log.format is " + config.log().format() + ", expected json or text");
    }
  }

  private static ApiKeyPolicy apiKeys(ServerConfig.ApiKeySettings settings) {
    try {
      return new ApiKeyPolicy(
          settings.lifetimeMax(),
          settings.grace(),
          ApiKeyPolicy.STANDARD.livePerMandateMax(),
          settings.revokeLeaked());
    } catch (IllegalArgumentException e) {
      throw new StartRefused("api-keys: " + e.getMessage());
    }
  }

  private static void refuseUnfit(ServerConfig.TracingSettings tracing) {
    URI collector = tracing.endpoint().orElse(null);
    if (collector != null
        && (collector.getHost() == null
            || !List.of("http", "https").contains(collector.getScheme())
            || collector.getRawUserInfo() != null)) {
      throw new StartRefused(
          "tracing.endpoint is not an http or https URL without user information");
    }
    if (!(tracing.sampling() >= 0 && tracing.sampling() <= 1)) {
      throw new StartRefused("tracing.sampling is " + tracing.sampling() + ", expected 0 to 1");
    }
    if (tracing.queueMax() < 1) {
      throw new StartRefused("tracing.queue-max is " + tracing.queueMax() + ", expected 1 or more");
    }
  }

  private static ListenerConfig listener(ServerConfig config) {
    ServerConfig.Listen listen = config.listen();
    return new ListenerConfig(
        listen.host(),
        listen.port(),
        listen.bodyBytesMax(),
        listen.headerBytesMax(),
        idle(listen.idleTimeout(), config.gateway()),
        config.trustedProxies().orElse(List.of()),
        eventLoops(),
        listen
            .tls()
            .map(tls -> new ListenerConfig.Tls(tls.certificateFile(), tls.keyFile()))
            .orElse(null));
  }

  /// A connection whose caller waits for an answer is idle too: closed before the gateway's own
  /// time-outs, the caller would see a broken connection, try again, and pay again.
  private static Duration idle(Duration asked, ServerConfig.Gateway gateway) {
    Duration answer = gateway.connectTimeout().plus(gateway.firstByteTimeout());
    Duration least = answer.plus(gateway.idleTimeout());
    return asked.compareTo(least) < 0 ? least : asked;
  }

  private static Observation observation(ServerConfig config, Map<String, String> environment) {
    ServerConfig.Management management = config.management();
    ServerConfig.TracingSettings tracing = config.tracing();
    return new Observation(
        management.enabled() ? Observation.management(management.host(), management.port()) : null,
        new TraceConfig(
            tracing.endpoint().orElse(null),
            tracing.authorizationFile().map(source -> source.read(environment)).orElse(null),
            tracing.sampling(),
            tracing.followCallers(),
            tracing.propagateUpstream(),
            tracing.queueMax()),
        config.log().access());
  }

  static int eventLoops() {
    return Math.max(2, Runtime.getRuntime().availableProcessors());
  }

  /// Starts a node of the demo on loopback. Repeating it on the same folder keeps accounts, keys
  /// and mandates.
  ///
  /// @throws StartRefused when the options don't fit together, or the folder or database fails
  public static Demonstration demo(DemoOptions options) {
    Logging.configure(Logging.Format.TEXT, "WARN");
    return new DemoLaunch(options).start();
  }

  /// Writes the log lines that wait; at the end of the process.
  public static void closeLog() {
    Logging.close();
  }

  private static GatewayConfig gateway(ServerConfig.Gateway gateway) {
    GatewayConfig bounds = GatewayConfig.DEFAULT;
    return new GatewayConfig(
        gateway.bodyBytesMax(),
        bounds.inlineScanBytes(),
        bounds.jsonDepthMax(),
        bounds.workers(),
        bounds.pendingLookupsMax(),
        bounds.cachedCallers(),
        bounds.cachedMandates(),
        gateway.openStreamsMax(),
        gateway.openStreamsPerMandateMax(),
        gateway.connectTimeout(),
        gateway.firstByteTimeout(),
        gateway.idleTimeout(),
        bounds.bodyTimeout(),
        gateway.connectionsPerUpstream(),
        bounds.connectionKeepAlive(),
        bounds.writeQueueBytes(),
        bounds.eventBytesMax());
  }
}
