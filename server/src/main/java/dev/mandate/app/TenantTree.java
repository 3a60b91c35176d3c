package dev.mandate.app;

import dev.mandate.domain.upstream.Price;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.platform.jose.SignatureAlgorithm;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.net.URI;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/// What a tenant has. At the top of the file it is the default tenant's.
public interface TenantTree {
  TenantSettings tenant();

  /// API keys of the admin API, by name.
  @WithName("admin-keys")
  Map<String, AdminKey> adminKeys();

  /// LLM providers, by the name that is also the first segment of their gateway path.
  Map<String, UpstreamSettings> upstreams();

  /// People, by user name.
  Map<String, UserSettings> users();

  /// OAuth clients, by client_id.
  Map<String, ClientSettings> clients();

  /// What each role may give away, by role, then by upstream.
  Map<String, Map<String, TermsSettings>> entitlements();

  /// How fast may be called, by whose calls a limit counts: `tenant` for all of them together;
  /// `user`, `client`, `mandate` and `api-key` for each one that has no limit of its own.
  @WithName("rate-limits")
  Map<String, RateSettings> rateLimits();

  /// Groups of models that a scope `tier:{name}` opens, by name.
  @WithName("model-tiers")
  Map<String, TierSettings> modelTiers();

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

  /// A rate limit; what is absent is not limited.
  interface RateSettings {
    /// Calls; so many may also come at once.
    @WithName("requests-per-minute")
    OptionalLong requestsPerMinute();

    /// Input and output; so many may also come at once.
    @WithName("tokens-per-minute")
    OptionalLong tokensPerMinute();

    /// Under way at a time, streams until their end.
    @WithName("concurrent-calls")
    OptionalLong concurrentCalls();
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

    /// How calls deal with its failures.
    ResilienceSettings resilience();
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

    /// Of images and sound in the input; as `input` when absent.
    @WithName("media-input")
    OptionalLong mediaInput();

    /// What is charged beside tokens, or instead of them.
    @WithName("per-unit")
    Optional<UnitPriceSettings> perUnit();
  }

  /// The price of what isn't counted in tokens.
  interface UnitPriceSettings {
    /// What is counted: `image`, `character` or `second`.
    Price.Unit unit();

    /// Micro-units of money for a million units.
    long price();

    /// Most units that one call can take, where nothing in it bounds them.
    @WithDefault("14400")
    long most();
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

    /// Where a browser may go after a sign-out that it asks for; compared exactly.
    @WithName("post-logout-redirect-uris")
    Optional<Set<String>> postLogoutRedirectUris();

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

  /// A group of models.
  interface TierSettings {
    /// For people, at consent; the name itself when absent.
    @WithName("display-name")
    Optional<String> displayName();

    /// Whether nobody has its models without its scope.
    @WithDefault("false")
    boolean elevated();

    /// Of people who may give it away; all when absent, which an elevated one can't be.
    Optional<Set<String>> roles();

    /// Exact names, by upstream.
    Map<String, Set<String>> models();

    /// Aliases whose dated versions are meant as well, by upstream.
    Map<String, Set<String>> dated();
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

    /// Calls of one mandate in a calendar minute of the tenant's.
    @WithName("requests-per-minute")
    OptionalLong requestsPerMinute();

    /// Calls of one mandate in a calendar hour of the tenant's.
    @WithName("requests-per-hour")
    OptionalLong requestsPerHour();

    /// Calls of one mandate in a calendar day of the tenant's.
    @WithName("requests-per-day")
    OptionalLong requestsPerDay();

    /// Calls of one mandate in a calendar month of the tenant's.
    @WithName("requests-per-month")
    OptionalLong requestsPerMonth();

    /// Tokens of one mandate in a calendar minute of the tenant's.
    @WithName("tokens-per-minute")
    OptionalLong tokensPerMinute();

    /// Tokens of one mandate in a calendar hour of the tenant's.
    @WithName("tokens-per-hour")
    OptionalLong tokensPerHour();

    /// Tokens of one mandate in a calendar month of the tenant's.
    @WithName("tokens-per-month")
    OptionalLong tokensPerMonth();

    /// Millionths of the currency, of one mandate in a calendar minute of the tenant's.
    @WithName("cost-micros-per-minute")
    OptionalLong costMicrosPerMinute();

    /// Millionths of the currency, of one mandate in a calendar hour of the tenant's.
    @WithName("cost-micros-per-hour")
    OptionalLong costMicrosPerHour();

    /// Millionths of the currency, of one mandate in a calendar day of the tenant's.
    @WithName("cost-micros-per-day")
    OptionalLong costMicrosPerDay();

    /// Millionths of the currency, of one mandate in a calendar month of the tenant's.
    @WithName("cost-micros-per-month")
    OptionalLong costMicrosPerMonth();

    /// Input and output of one mandate in all.
    OptionalLong tokens();

    /// Of a mandate's access.
    @WithName("expires-in")
    Optional<Duration> expiresIn();

    /// Of prompts, as the tenant names them.
    @WithName("prompt-categories")
    Optional<Set<String>> promptCategories();
  }
}
