package dev.mandate.app;

import dev.mandate.platform.observe.AccessLog;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Every setting, as the configuration file and the environment (`MANDATE_…`) spell it. Secrets
/// come from files, so that none stands in this tree; where a secret's file is to be named,
/// `env:NAME` names a variable of the environment instead. An unknown key refuses to start.
///
/// `Optional` stands in return types here because the mapping library reads absence from it.
@ConfigMapping(prefix = "mandate")
public interface ServerConfig extends TenantTree {
  /// The URL that clients know, without a trailing slash; also the issuer of the default tenant.
  @WithName("public-url")
  URI publicUrl();

  Listen listen();

  /// Addresses of reverse proxies whose `X-Forwarded-…` headers are believed.
  @WithName("trusted-proxies")
  Optional<List<String>> trustedProxies();

  /// Folder of the database, the journal and the lock.
  Path data();

  /// `postgresql://user@host:port/name`, shared with other nodes; SQLite in the data folder when
  /// absent.
  Optional<String> database();

  /// File with the database's password; the environment's MANDATE_DATABASE_PASSWORD instead of it.
  @WithName("database-password-file")
  Optional<SecretSource> databasePasswordFile();

  /// How long a node that cannot hear the other nodes' revocations goes on serving.
  @WithName("max-staleness")
  @WithDefault("PT5S")
  Duration maxStaleness();

  /// File with the master key (`openssl rand -base64 32`); the environment's MANDATE_MASTER_KEY
  /// instead of it. Its id is `main`.
  @WithName("master-key-file")
  Optional<SecretSource> masterKeyFile();

  /// Folder of more master keys, a file each, whose name is the key's id; looked into again
  /// whenever one is needed.
  @WithName("master-key-folder")
  Optional<Path> masterKeyFolder();

  /// Between two looks at the files of secrets that are taken without a restart: provider
  /// credentials, client secrets, the database's password. 0 for none.
  @WithName("secrets-reload-interval")
  @WithDefault("PT5S")
  Duration secretsReloadInterval();

  Management management();

  Log log();

  TracingSettings tracing();

  Mail mail();

  Tokens tokens();

  Authorize authorize();

  Gateway gateway();

  @WithName("api-keys")
  ApiKeySettings apiKeys();

  /// Tenants besides the default one, by the slug in their issuer, `{public-url}/t/{slug}`.
  Map<String, TenantTree> tenants();

  /// Where to listen.
  interface Listen {
    /// Address of this machine; `0.0.0.0` for all.
    @WithDefault("127.0.0.1")
    String host();

    /// 0 picks a free one.
    @WithDefault("8080")
    int port();

    /// Of a request to anything but the gateway.
    @WithName("body-bytes-max")
    @WithDefault("262144")
    int bodyBytesMax();

    /// Of a request's line and headers.
    @WithName("header-bytes-max")
    @WithDefault("16384")
    int headerBytesMax();

    /// Of a connection; longer where the gateway's own time-outs need it.
    @WithName("idle-timeout")
    @WithDefault("PT2M")
    Duration idleTimeout();

    Optional<Tls> tls();
  }

  /// PEM files for a TLS listener of our own.
  interface Tls {
    /// The chain, our own first.
    @WithName("certificate-file")
    Path certificateFile();

    /// The private key.
    @WithName("key-file")
    Path keyFile();
  }

  /// Where metrics and health are served, for operators only.
  interface Management {
    /// `false` for none.
    @WithDefault("true")
    boolean enabled();

    /// Address of this machine; never one that strangers reach.
    @WithDefault("127.0.0.1")
    String host();

    /// 0 picks a free one.
    @WithDefault("9090")
    int port();
  }

  /// OpenTelemetry traces over OTLP/HTTP.
  interface TracingSettings {
    /// The collector's URL, such as `http://127.0.0.1:4318`; without it nothing is traced.
    Optional<URI> endpoint();

    /// File with the value of the `Authorization` field for the collector.
    @WithName("authorization-file")
    Optional<SecretSource> authorizationFile();

    /// The share of requests that are traced, 0 to 1.
    @WithDefault("1.0")
    double sampling();

    /// Whether a caller's own decision (`traceparent`) counts instead of `sampling`.
    @WithName("follow-callers")
    @WithDefault("false")
    boolean followCallers();

    /// Whether LLM providers are told the trace.
    @WithName("propagate-upstream")
    @WithDefault("false")
    boolean propagateUpstream();

    /// Spans that wait for the collector; later ones are dropped.
    @WithName("queue-max")
    @WithDefault("4096")
    int queueMax();
  }

  /// How to log.
  interface Log {
    /// Which requests get a line of their own: `all`, `errors` or `off`.
    @WithDefault("all")
    AccessLog access();

    /// `json` or `text`.
    @WithDefault("json")
    String format();

    /// `ERROR`, `WARN`, `INFO` or `DEBUG`.
    @WithDefault("INFO")
    String level();
  }

  /// The server that takes our mail; without a host none is sent.
  interface Mail {
    /// Its name or address; absent where no mail is sent.
    Optional<String> host();

    /// 587 takes mail with `starttls`, 465 with `tls`.
    @WithDefault("587")
    int port();

    /// `starttls`, `tls`, or `none` for a relay on this machine.
    @WithDefault("starttls")
    String security();

    /// Absent for a server that asks for none.
    Optional<String> user();

    /// The user's password.
    @WithName("password-file")
    Optional<SecretSource> passwordFile();

    /// The sender's address.
    Optional<String> from();
  }

  /// Token lifetimes.
  interface Tokens {
    /// At most 15 minutes.
    @WithName("access-token-lifetime")
    @WithDefault("PT10M")
    Duration accessTokenLifetime();

    /// Without use.
    @WithName("refresh-token-lifetime")
    @WithDefault("P30D")
    Duration refreshTokenLifetime();

    /// For which a key signs tokens before the next one does, which is published a day ahead.
    @WithName("signing-key-period")
    @WithDefault("P90D")
    Duration signingKeyPeriod();
  }

  /// Authorization requests.
  interface Authorize {
    /// Whether every client must push them (RFC 9126).
    @WithName("require-pushed")
    @WithDefault("false")
    boolean requirePushed();
  }

  /// Bounds of gateway calls.
  interface Gateway {
    /// Of a call's body.
    @WithName("body-bytes-max")
    @WithDefault("20971520")
    int bodyBytesMax();

    /// Until a connection to the provider stands.
    @WithName("connect-timeout")
    @WithDefault("PT5S")
    Duration connectTimeout();

    /// Until the first byte of an answer.
    @WithName("first-byte-timeout")
    @WithDefault("PT2M")
    Duration firstByteTimeout();

    /// Between two bytes of an answer.
    @WithName("idle-timeout")
    @WithDefault("PT1M")
    Duration idleTimeout();

    /// Open at a time to one provider.
    @WithName("connections-per-upstream")
    @WithDefault("512")
    int connectionsPerUpstream();

    /// Whether upstreams that are made at the admin API may be at private addresses and speak http;
    /// those of this file may.
    @WithName("allow-private-upstreams")
    @WithDefault("false")
    boolean allowPrivateUpstreams();

    /// Calls under way at a time on this node.
    @WithName("open-streams-max")
    @WithDefault("4096")
    int openStreamsMax();

    /// Calls under way at a time of one mandate on this node.
    @WithName("open-streams-per-mandate-max")
    @WithDefault("64")
    int openStreamsPerMandateMax();
  }

  /// API keys, of the admin API and of mandates alike.
  interface ApiKeySettings {
    /// From the making or the renewal of a key; at most 366 days.
    @WithName("lifetime-max")
    @WithDefault("P90D")
    Duration lifetimeMax();

    /// How long a secret still works after its rotation, where nobody says; at most 7 days.
    @WithDefault("PT24H")
    Duration grace();

    /// Whether a key that comes in a URL is revoked; it is refused and its owner told either way.
    @WithName("revoke-leaked")
    @WithDefault("false")
    boolean revokeLeaked();
  }
}
