package dev.mandate.app;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.client.RedirectUri;
import dev.mandate.domain.client.TokenForm;
import dev.mandate.domain.ratelimit.RateHolder;
import dev.mandate.domain.ratelimit.Rates;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.tier.ModelTier;
import dev.mandate.domain.upstream.PriceList;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.user.Role;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.http.TenantPath;
import dev.mandate.platform.mail.MailAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Turns a tenant's people, clients and upstreams in the configuration file into a [Seed]. Reads
/// the files that hold secrets.
final class ConfiguredSeed {
  private static final int CLIENT_SECRET_CHARACTERS_MIN = 32;

  private final TenantTree config;
  private final TenantId tenant;
  private final String at;
  private final Map<String, String> environment;
  private final Instant now;
  private final PriceList prices = PriceList.shipped();

  /// @param at where the tenant stands in the file, with a dot at the end; empty at its top
  private ConfiguredSeed(
      TenantTree config, TenantId tenant, String at, Map<String, String> environment, Instant now) {
    this.environment = environment;
    this.config = config;
    this.tenant = tenant;
    this.at = at;
    this.now = now;
  }

  /// All tenants of the file, the default one first.
  ///
  /// @throws StartRefused when a file is missing or a name is not known
  static List<Seed> all(ServerConfig config, Map<String, String> environment, Instant now) {
    List<Seed> seeds = new ArrayList<>();
    seeds.add(new ConfiguredSeed(config, TenantId.DEFAULT, "", environment, now).read());
    config
        .tenants()
        .forEach(
            (slug, tree) -> {
              if (!TenantId.isFree(slug)) {
                throw new StartRefused(
                    "tenants: '%s' can't be a slug, expected 1 to %d of a-z, 0-9 and inner dashes, and not '%s'"
                        .formatted(slug, TenantPath.SLUG_CHARACTERS_MAX, TenantId.DEFAULT));
              }
              seeds.add(
                  new ConfiguredSeed(
                          tree, new TenantId(slug), "tenants." + slug + ".", environment, now)
                      .read());
            });
    return seeds;
  }

  private Seed read() {
    Map<Role, List<LlmTerms>> entitlements = new LinkedHashMap<>();
    config
        .entitlements()
        .forEach(
            (role, terms) ->
                entitlements.put(
                    role(role, at + "entitlements"), terms(terms, at + "entitlements." + role)));
    return new Seed(
        tenant(),
        config.users().entrySet().stream().map(e -> person(e.getKey(), e.getValue())).toList(),
        config.clients().entrySet().stream().map(e -> client(e.getKey(), e.getValue())).toList(),
        config.upstreams().entrySet().stream()
            .map(e -> provider(e.getKey(), e.getValue()))
            .toList(),
        entitlements,
        config.modelTiers().entrySet().stream().map(e -> tier(e.getKey(), e.getValue())).toList(),
        config.adminKeys().entrySet().stream()
            .map(
                e ->
                    new Seed.AdminKey(
                        e.getKey(),
                        e.getValue().keyFile().read(environment),
                        e.getValue().scopes()))
            .toList(),
        rateLimits());
  }

  private Map<RateHolder, Rates> rateLimits() {
    Map<RateHolder, Rates> limits = new EnumMap<>(RateHolder.class);
    config
        .rateLimits()
        .forEach(
            (name, rates) -> {
              RateHolder holder = RateHolder.ofWire(name.replace('-', '_'));
              if (holder == null) {
                throw new StartRefused(
                    at
                        + "rate-limits: there is no '"
                        + name
                        + "', expected tenant, user, client, mandate or api-key");
              }
              try {
                limits.put(
                    holder,
                    new Rates(
                        value(rates.requestsPerMinute()),
                        value(rates.tokensPerMinute()),
                        value(rates.concurrentCalls())));
              } catch (IllegalArgumentException e) {
                throw new StartRefused(at + "rate-limits." + name + ": " + e.getMessage());
              }
            });
    return limits;
  }

  private Tenant tenant() {
    TenantTree.TenantSettings settings = config.tenant();
    return new Tenant(
        tenant,
        settings.name(),
        settings.timeZone(),
        settings.mandateLifetime(),
        settings.mandateLifetimeMax());
  }

  private static Role role(String name, String at) {
    Role role = Role.builtIn(name);
    if (role == null) {
      throw new StartRefused(
          "%s: there is no role '%s', expected any of %s"
              .formatted(at, name, Role.builtIn().stream().map(Role::name).toList()));
    }
    return role;
  }

  private ModelTier tier(String name, TenantTree.TierSettings tier) {
    List<ModelTier.Models> models = new ArrayList<>();
    tier.models()
        .forEach(
            (upstream, names) ->
                names.forEach(n -> models.add(new ModelTier.Models(upstream, n, false))));
    tier.dated()
        .forEach(
            (upstream, names) ->
                names.forEach(n -> models.add(new ModelTier.Models(upstream, n, true))));
    try {
      return new ModelTier(
          tenant,
          name,
          tier.displayName().orElse(name),
          tier.elevated(),
          new TreeSet<>(tier.roles().orElse(Set.of())),
          models);
    } catch (IllegalArgumentException e) {
      throw new StartRefused(at + "model-tiers: " + e.getMessage());
    }
  }

  private Seed.Person person(String username, TenantTree.UserSettings user) {
    return new Seed.Person(
        username,
        user.displayName().orElse(username),
        role(user.role(), "users." + username + ".role"),
        user.passwordFile().read(environment),
        user.email().map(email -> mailAddress(email, "users." + username + ".email")).orElse(null));
  }

  /// @param at where it stands in the file
  static MailAddress mailAddress(String text, String at) {
    MailAddress address = MailAddress.parse(text);
    if (address == null) {
      throw new StartRefused(at + ": '" + text + "' is no mail address");
    }
    return address;
  }

  private Client client(String id, TenantTree.ClientSettings client) {
    String here = at + "clients." + id;
    return new Client(
            tenant,
            new ClientId(id),
            client.name(),
            client.secretFile().map(s -> clientSecret(s.read(environment), here)).orElse(null),
            redirectUris(client.redirectUris().orElse(Set.of()), here + ".redirect-uris"),
            client.grantTypes(),
            client.scopes().orElse(Set.of()),
            Set.of(),
            terms(client.defaultAccess(), here + ".default-access"),
            terms(client.policy(), here + ".policy"),
            client.requirePushed(),
            false,
            now)
        .withPostLogoutRedirectUris(
            redirectUris(
                client.postLogoutRedirectUris().orElse(Set.of()),
                here + ".post-logout-redirect-uris"))
        .withTokens(
            new TokenForm(
                client.accessTokenSigningAlg(),
                client.idTokenSignedResponseAlg(),
                client.dpopBoundAccessTokens()));
  }

  private static Set<String> redirectUris(Set<String> uris, String at) {
    for (String uri : uris) {
      String wrong = RedirectUri.wrongWith(uri);
      if (wrong != null) {
        throw new StartRefused(at + ": '" + uri + "' " + wrong);
      }
    }
    return uris;
  }

  /// A client's secret is stored as a plain hash, which only a long random one bears.
  static TokenHash clientSecret(Secret secret, String at) {
    if (secret.reveal().length() < CLIENT_SECRET_CHARACTERS_MIN) {
      throw new StartRefused(
          "%s.secret-file: the secret has %d characters, expected at least %d random ones"
              .formatted(at, secret.reveal().length(), CLIENT_SECRET_CHARACTERS_MIN));
    }
    return TokenHash.of(secret);
  }

  private Seed.Provider provider(String name, TenantTree.UpstreamSettings upstream) {
    if (!Upstream.isFree(name)) {
      throw new StartRefused(
          at
              + "upstreams: '"
              + name
              + "' can't name an upstream, expected 1 to 40 of a-z, 0-9, - and _, and no path of"
              + " our own");
    }
    String here = at + "upstreams." + name;
    ConfiguredModels models = new ConfiguredModels(prices, upstream, here);
    return new Seed.Provider(
        new Upstream(
            tenant,
            name,
            upstream.displayName().orElse(name),
            upstream.provider(),
            baseUrl(upstream, here),
            upstream.mergesUsage(),
            upstream.priceVersion().orElse(prices.version()),
            models.read(),
            ConfiguredResilience.read(upstream.resilience(), name, here)),
        upstream.credentialFile().read(environment));
  }

  /// @throws StartRefused when there is none, and the provider has none of its own
  static URI baseUrl(TenantTree.UpstreamSettings upstream, String at) {
    URI base = upstream.baseUrl().orElse(upstream.provider().ownUrl());
    if (base == null) {
      throw new StartRefused(
          at + ".base-url is missing: '" + upstream.provider().wire() + "' has none of its own");
    }
    return base;
  }

  private static List<LlmTerms> terms(Map<String, TenantTree.TermsSettings> byUpstream, String at) {
    return byUpstream.entrySet().stream().map(e -> terms(e.getKey(), e.getValue(), at)).toList();
  }

  private static LlmTerms terms(String upstream, TenantTree.TermsSettings terms, String at) {
    return new LlmTerms(
        upstream,
        terms.models().orElse(null),
        terms.capabilities().map(names -> capabilities(names, at)).orElse(null),
        Limits.each(limit -> value(bound(terms, limit))),
        terms.expiresIn().orElse(null),
        terms.promptCategories().orElse(null));
  }

  private static OptionalLong bound(TenantTree.TermsSettings terms, Limit limit) {
    return switch (limit) {
      case REQUESTS -> terms.requests();
      case TOKENS_PER_REQUEST -> terms.tokensPerRequest();
      case TOKENS_PER_DAY -> terms.tokensPerDay();
      case COST_MICROS -> terms.costMicros();
      case REQUESTS_PER_MINUTE -> terms.requestsPerMinute();
      case REQUESTS_PER_HOUR -> terms.requestsPerHour();
      case REQUESTS_PER_DAY -> terms.requestsPerDay();
      case REQUESTS_PER_MONTH -> terms.requestsPerMonth();
      case TOKENS_PER_MINUTE -> terms.tokensPerMinute();
      case TOKENS_PER_HOUR -> terms.tokensPerHour();
      case TOKENS_PER_MONTH -> terms.tokensPerMonth();
      case TOKENS -> terms.tokens();
      case COST_MICROS_PER_MINUTE -> terms.costMicrosPerMinute();
      case COST_MICROS_PER_HOUR -> terms.costMicrosPerHour();
      case COST_MICROS_PER_DAY -> terms.costMicrosPerDay();
      case COST_MICROS_PER_MONTH -> terms.costMicrosPerMonth();
    };
  }

  static Set<Capability> capabilities(Set<String> names, String at) {
    Set<Capability> capabilities = new LinkedHashSet<>();
    for (String name : names) {
      Capability capability = Capability.ofWire(name);
      if (capability == null) {
        throw new StartRefused(
            at + ": there is no capability '" + name + "', expected any of " + Capability.wires());
      }
      capabilities.add(capability);
    }
    return capabilities;
  }

  private static @Nullable Long value(OptionalLong value) {
    return value.isPresent() ? Long.valueOf(value.getAsLong()) : null;
  }

  /// The content of a secret file, without the line break at its end.
  static Secret secret(Path file) {
    return SecretSource.file(file).read(Map.of());
  }
}
