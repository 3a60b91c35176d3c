package dev.mandate.app;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.PriceList;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.user.Role;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Turns the configuration file's people, clients and upstreams into a [Seed]. Reads the files that
/// hold secrets.
final class ConfiguredSeed {
  private static final int CLIENT_SECRET_CHARACTERS_MIN = 32;
  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "[::1]", "localhost");
  private static final Set<String> NO_REDIRECT_SCHEMES =
      Set.of("javascript", "data", "vbscript", "file", "blob", "about");

  private final ServerConfig config;
  private final Instant now;
  private final PriceList prices = PriceList.shipped();

  ConfiguredSeed(ServerConfig config, Instant now) {
    this.config = config;
    this.now = now;
  }

  /// @throws StartRefused when a file is missing or a name is not known
  Seed read() {
    Map<Role, List<LlmTerms>> entitlements = new EnumMap<>(Role.class);
    config
        .entitlements()
        .forEach(
            (role, terms) -> entitlements.put(role(role), terms(terms, "entitlements." + role)));
    return new Seed(
        tenant(),
        config.users().entrySet().stream().map(e -> person(e.getKey(), e.getValue())).toList(),
        config.clients().entrySet().stream().map(e -> client(e.getKey(), e.getValue())).toList(),
        config.upstreams().entrySet().stream()
            .map(e -> provider(e.getKey(), e.getValue()))
            .toList(),
        entitlements,
        config.adminKeys().entrySet().stream()
            .map(
                e ->
                    new Seed.AdminKey(
                        e.getKey(), secret(e.getValue().keyFile()), e.getValue().scopes()))
            .toList());
  }

  private Tenant tenant() {
    ServerConfig.TenantSettings tenant = config.tenant();
    return new Tenant(
        TenantId.DEFAULT,
        tenant.name(),
        tenant.timeZone(),
        tenant.mandateLifetime(),
        tenant.mandateLifetimeMax());
  }

  private static Role role(String name) {
    try {
      return Role.ofWire(name);
    } catch (IllegalArgumentException e) {
      throw new StartRefused("entitlements: there is no role '" + name + "'");
    }
  }

  private static Seed.Person person(String username, ServerConfig.UserSettings user) {
    return new Seed.Person(
        username, user.displayName().orElse(username), user.role(), secret(user.passwordFile()));
  }

  private Client client(String id, ServerConfig.ClientSettings client) {
    String at = "clients." + id;
    return new Client(
        TenantId.DEFAULT,
        new ClientId(id),
        client.name(),
        client.secretFile().map(f -> clientSecret(f, at)).orElse(null),
        redirectUris(client.redirectUris().orElse(Set.of()), at),
        client.grantTypes(),
        client.scopes().orElse(Set.of()),
        Set.of(),
        terms(client.defaultAccess(), at + ".default-access"),
        terms(client.policy(), at + ".policy"),
        false,
        now);
  }

  private static Set<String> redirectUris(Set<String> uris, String at) {
    for (String uri : uris) {
      String wrong = wrongWith(uri);
      if (wrong != null) {
        throw new StartRefused(at + ".redirect-uris: '" + uri + "' " + wrong);
      }
    }
    return uris;
  }

  /// RFC 6749 §3.1.2: absolute, without a fragment; OAuth 2.1: https, or http on loopback, or an
  /// app's own scheme. Null when nothing is wrong.
  private static @Nullable String wrongWith(String text) {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      return "is not a URI";
    }
    String scheme = uri.getScheme();
    if (scheme == null) {
      return "is not absolute";
    }
    if (uri.getRawFragment() != null) {
      return "has a fragment";
    }
    if (NO_REDIRECT_SCHEMES.contains(scheme.toLowerCase(Locale.ROOT))) {
      return "has a scheme that browsers run or read themselves";
    }
    boolean web = scheme.equals("https") || scheme.equals("http");
    if (web && (uri.getHost() == null || uri.getRawUserInfo() != null)) {
      return "needs a host, and no user before it";
    }
    return scheme.equals("http") && !LOOPBACK.contains(uri.getHost())
        ? "is http, expected https (http is for loopback only)"
        : null;
  }

  /// A client's secret is stored as a plain hash, which only a long random one bears.
  private static TokenHash clientSecret(Path file, String at) {
    Secret secret = secret(file);
    if (secret.reveal().length() < CLIENT_SECRET_CHARACTERS_MIN) {
      throw new StartRefused(
          "%s.secret-file: the secret has %d characters, expected at least %d random ones"
              .formatted(at, secret.reveal().length(), CLIENT_SECRET_CHARACTERS_MIN));
    }
    return TokenHash.of(secret);
  }

  private Seed.Provider provider(String name, ServerConfig.UpstreamSettings upstream) {
    if (!Upstream.isFree(name)) {
      throw new StartRefused(
          "upstreams: '"
              + name
              + "' can't name an upstream, expected 1 to 40 of a-z, 0-9, - and _, and no path of"
              + " our own");
    }
    URI base = upstream.baseUrl().orElse(ownUrl(upstream.provider()));
    return new Seed.Provider(
        new Upstream(
            TenantId.DEFAULT,
            name,
            upstream.displayName().orElse(name),
            upstream.provider(),
            base,
            upstream.mergesUsage(),
            prices.version(),
            models(name, upstream)),
        secret(upstream.credentialFile()));
  }

  static URI ownUrl(Provider provider) {
    return switch (provider) {
      case OPENAI -> URI.create("https://api.openai.com");
      case ANTHROPIC -> URI.create("https://api.anthropic.com");
    };
  }

  private List<Model> models(String name, ServerConfig.UpstreamSettings upstream) {
    List<Model> all = prices.of(upstream.provider());
    return upstream
        .models()
        .map(
            names ->
                names.stream()
                    .map(
                        model ->
                            all.stream()
                                .filter(m -> m.name().equals(model))
                                .findFirst()
                                .orElseThrow(
                                    () ->
                                        new StartRefused(
                                            "upstreams.%s.models: '%s' has no price in the list of %s"
                                                .formatted(name, model, prices.version()))))
                    .toList())
        .orElse(all);
  }

  private static List<LlmTerms> terms(
      Map<String, ServerConfig.TermsSettings> byUpstream, String at) {
    return byUpstream.entrySet().stream().map(e -> terms(e.getKey(), e.getValue(), at)).toList();
  }

  private static LlmTerms terms(String upstream, ServerConfig.TermsSettings terms, String at) {
    return new LlmTerms(
        upstream,
        terms.models().orElse(null),
        terms.capabilities().map(names -> capabilities(names, at)).orElse(null),
        new Limits(
            value(terms.requests()),
            value(terms.tokensPerRequest()),
            value(terms.tokensPerDay()),
            value(terms.costMicros())),
        terms.expiresIn().orElse(null));
  }

  private static Set<Capability> capabilities(Set<String> names, String at) {
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
    try {
      String text = Files.readString(file).strip();
      if (text.isEmpty()) {
        throw new StartRefused(file + " is empty, expected a secret");
      }
      return Secret.of(text);
    } catch (IOException e) {
      throw new StartRefused("cannot read " + file + ": " + e.getMessage());
    }
  }
}
