package dev.mandate.app;

import dev.mandate.domain.upstream.Provider;
import dev.mandate.platform.jose.SignatureAlgorithm;
import dev.mandate.platform.observe.AccessLog;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

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

  /// What a tenant decides for its mandates.
  interface TenantSettings {
    /// For people, on its pages.
    @WithDefault("Mandate")
    String name();

    /// In which its days begin.
    @WithName("time-zone")
    @WithDefault("UTC")
    ZoneId timeZone();

    /// Of a mandate whose request names no end.
    @WithName("mandate-lifetime")
    @WithDefault("P30D")
    Duration mandateLifetime();

    /// That a person may approve.
    @WithName("mandate-lifetime-max")
    @WithDefault("P90D")
    Duration mandateLifetimeMax();
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

  /// A key of the admin API.
  interface AdminKey {
    /// File with the key, as `mandate key generate` prints one.
    @WithName("key-file")
    SecretSource keyFile();

    /// Of the admin API, what the key may do.
    @WithDefault("mandates:read,mandates:revoke")
    Set<String> scopes();
  }

  /// An LLM provider.
  interface UpstreamSettings {
    /// `openai`, `anthropic`, `gemini`, `mistral`, `azure-openai`, `ollama` or `openai-compatible`.
    Provider provider();

    /// For people; the name itself when absent.
    @WithName("display-name")
    Optional<String> displayName();

    /// Without the version segment, but for `openai-compatible`; the provider's own when absent.
    @WithName("base-url")
    Optional<URI> baseUrl();

    /// File with the provider's key.
    @WithName("credential-file")
    SecretSource credentialFile();

    /// Whether `stream_options.include_usage` may be merged into requests that lack it.
    @WithName("merges-usage")
    @WithDefault("true")
    boolean mergesUsage();

    /// Of the shipped price list; all of the provider's when absent and there is no `catalogue`.
    Optional<List<String>> models();

    /// More models by the name that callers send: deployments, and what the shipped price list
    /// lacks.
    Map<String, ModelSettings> catalogue();

    /// Of the prices in `catalogue`; the shipped list's when absent, which they then can't have.
    @WithName("price-version")
    Optional<String> priceVersion();
  }

  /// A model of an upstream's catalogue.
  interface ModelSettings {
    /// A model of the shipped price list whose limits and prices this one has.
    Optional<String> like();

    /// For people; the name itself when absent.
    @WithName("display-name")
    Optional<String> displayName();

    /// Needed without `like`.
    Optional<Set<String>> capabilities();

    /// Input and output together at most. Needed without `like`.
    @WithName("context-tokens")
    OptionalLong contextTokens();

    /// Of one answer. Needed without `like`, but for embeddings.
    @WithName("output-tokens-max")
    OptionalLong outputTokensMax();

    /// That one image in a prompt can cost.
    @WithName("image-tokens-max")
    OptionalLong imageTokensMax();

    /// Micro-units of money for a million tokens.
    Optional<PriceSettings> price();
  }

  /// Micro-units of money for a million tokens of each kind.
  interface PriceSettings {
    /// Neither read from a cache nor written to one.
    long input();

    /// Read from the provider's cache; as `input` when absent.
    @WithName("cached-input")
    OptionalLong cachedInput();

    /// Written to the provider's cache; as `input` when absent.
    @WithName("cache-write")
    OptionalLong cacheWrite();

    /// With reasoning.
    long output();
  }

  /// A person.
  interface UserSettings {
    /// For people; the user name when absent.
    @WithName("display-name")
    Optional<String> displayName();

    /// Built in: `owner`, `admin`, `approver`, `auditor` or `member`.
    @WithDefault("member")
    String role();

    /// Where they are told what concerns them.
    Optional<String> email();

    /// File with the password; read when the user is first seen.
    @WithName("password-file")
    SecretSource passwordFile();
  }

  /// An OAuth client.
  interface ClientSettings {
    /// For people, at consent.
    String name();

    /// File with its secret; a public client has none.
    @WithName("secret-file")
    Optional<SecretSource> secretFile();

    /// Compared exactly; `http` on loopback only, there on any port.
    @WithName("redirect-uris")
    Optional<Set<String>> redirectUris();

    /// `authorization_code`, `refresh_token`, `client_credentials`,
    /// `urn:ietf:params:oauth:grant-type:device_code`.
    @WithName("grant-types")
    @WithDefault("authorization_code,refresh_token")
    Set<String> grantTypes();

    /// That it may ask for; `llm:{upstream}` stands for access to an upstream.
    Optional<Set<String>> scopes();

    /// Whether it must push its authorization requests (RFC 9126).
    @WithName("require-pushed")
    @WithDefault("false")
    boolean requirePushed();

    /// What its access tokens are signed with: `ES256`, `RS256`.
    @WithName("access-token-signing-alg")
    @WithDefault("ES256")
    SignatureAlgorithm accessTokenSigningAlg();

    /// What its ID tokens are signed with: `ES256`, `RS256`.
    @WithName("id-token-signed-response-alg")
    @WithDefault("RS256")
    SignatureAlgorithm idTokenSignedResponseAlg();

    /// Whether it gets tokens only with a DPoP proof (RFC 9449).
    @WithName("dpop-bound-access-tokens")
    @WithDefault("false")
    boolean dpopBoundAccessTokens();

    /// What it may get at most, by upstream.
    Map<String, TermsSettings> policy();

    /// What it gets when it asks for nothing in particular, by upstream.
    @WithName("default-access")
    Map<String, TermsSettings> defaultAccess();
  }

  /// Terms for one upstream; what is absent is not bounded.
  interface TermsSettings {
    /// What an empty `{}` stands for: nothing of its own is bounded.
    Optional<Boolean> unbounded();

    /// By exact name.
    Optional<Set<String>> models();

    /// `chat`, `responses`, `messages`, `embeddings`.
    Optional<Set<String>> capabilities();

    /// Calls of one mandate in all.
    OptionalLong requests();

    /// Input and output of one call.
    @WithName("tokens-per-request")
    OptionalLong tokensPerRequest();

    /// Of one mandate in the tenant's calendar day.
    @WithName("tokens-per-day")
    OptionalLong tokensPerDay();

    /// Millionths of the currency, of one mandate in all.
    @WithName("cost-micros")
    OptionalLong costMicros();

    /// Of a mandate's access.
    @WithName("expires-in")
    Optional<Duration> expiresIn();
  }
}
