package dev.mandate.app;

import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.StandingMandates;
import dev.mandate.domain.ratelimit.RateLimit;
import dev.mandate.domain.tenant.ConfiguredStore.Kind;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.tier.ModelTier;
import dev.mandate.domain.tier.ModelTierStore;
import dev.mandate.domain.tier.ModelTiers;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserId;
import dev.mandate.domain.vault.Vault;
import dev.mandate.platform.crypto.PasswordHasher;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.storage.Stores;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings the stores to what a [Seed] says. Safe to repeat: what is there already stays or is
/// brought up to date. Nothing is deleted, but what the last seed named and this one does not loses
/// its rights: its people and clients are disabled, its admin keys revoked, its roles give nothing.
/// What came in through the admin API is not the seed's and stays; and what the admin API has
/// disabled stays disabled, for a restart must not undo that.
final class Seeder {
  private static final Logger log = LoggerFactory.getLogger(Seeder.class);

  private final Stores stores;
  private final HeldCredentials credentials;
  private final PasswordHasher passwords;
  private final TokenSource ids;
  private final InstantSource clock;

  Seeder(
      Stores stores, Vault vault, PasswordHasher passwords, TokenSource ids, InstantSource clock) {
    this.stores = stores;
    this.credentials = new HeldCredentials(stores.credentials(), vault, ids, clock);
    this.passwords = passwords;
    this.ids = ids;
    this.clock = clock;
  }

  void apply(Seed seed) {
    TenantId tenant = seed.tenant().id();
    stores.tenants().save(seed.tenant());
    Map<Kind, Set<String>> before = new EnumMap<>(Kind.class);
    for (Kind kind : Kind.values()) {
      Set<String> known = stores.configured().of(tenant, kind);
      before.put(kind, known);
      // Both, until those of the last seed have lost their rights: a kill between must not keep
      // them.
      Set<String> both = new HashSet<>(known);
      both.addAll(named(seed, kind));
      stores.configured().replace(tenant, kind, both);
    }
    seed.upstreams().forEach(this::saveUpstream);
    stores
        .rateLimits()
        .configure(
            tenant,
            seed.rateLimits().entrySet().stream()
                .map(
                    limit ->
                        new RateLimit(
                            tenant,
                            ids.id("rl"),
                            limit.getKey(),
                            null,
                            null,
                            limit.getValue(),
                            true,
                            clock.instant()))
                .toList());
    seed.entitlements()
        .forEach((role, terms) -> stores.users().saveEntitlements(tenant, role, terms));
    seed.modelTiers().forEach(this::saveTier);
    Set<String> people = before.getOrDefault(Kind.USER, Set.of());
    seed.people().forEach(person -> savePerson(seed.tenant(), person, people));
    Set<String> clients = before.getOrDefault(Kind.CLIENT, Set.of());
    seed.clients().forEach(client -> saveClient(seed.tenant(), client, clients));
    seed.adminKeys().forEach(key -> insertAdminKey(seed.tenant(), key));
    for (Kind kind : Kind.values()) {
      Set<String> dropped = new HashSet<>(before.getOrDefault(kind, Set.of()));
      dropped.removeAll(named(seed, kind));
      dropped.forEach(subject -> takeRights(tenant, kind, subject));
      stores.configured().replace(tenant, kind, named(seed, kind));
    }
  }

  private static Set<String> named(Seed seed, Kind kind) {
    return switch (kind) {
      case USER -> texts(seed.people(), person -> User.folded(person.username()));
      case CLIENT -> texts(seed.clients(), client -> client.id().value());
      case ADMIN_KEY -> texts(seed.adminKeys(), key -> TokenHash.of(key.apiKey()).value());
      case ROLE -> texts(seed.entitlements().keySet(), Role::name);
    };
  }

  private static <T> Set<String> texts(Collection<T> named, Function<T, String> text) {
    return named.stream().map(text).collect(Collectors.toSet());
  }

  private void takeRights(TenantId tenant, Kind kind, String subject) {
    switch (kind) {
      case USER -> {
        User user = stores.users().findByUsername(tenant, subject);
        if (user != null && !user.disabled()) {
          log.warn("user {} is not configured any more and is disabled", user.username());
          stores.users().setDisabled(tenant, user.id(), true);
        }
      }
      case CLIENT -> {
        Client client = stores.clients().find(tenant, new ClientId(subject));
        if (client != null && !client.disabled()) {
          log.warn("client {} is not configured any more and is disabled", client.id());
          stores.clients().save(client.disable());
        }
      }
      case ADMIN_KEY -> {
        ApiKey key = stores.apiKeys().find(tenant, new TokenHash(subject));
        if (key != null && key.revokedAt() == null) {
          log.warn("admin key '{}' is not configured any more and is revoked", key.name());
          stores.apiKeys().revoke(tenant, key.id(), clock.instant());
        }
      }
      case ROLE -> {
        Role role = stores.roles().find(tenant, subject);
        if (role != null && !stores.users().entitlements(tenant, role).isEmpty()) {
          log.warn("the entitlements of role {} are not configured any more", subject);
          stores.users().saveEntitlements(tenant, role, List.of());
        }
      }
    }
  }

  private void saveUpstream(Seed.Provider provider) {
    Upstream upstream = provider.upstream();
    stores.upstreams().save(upstream);
    credentials.hold(upstream.tenant(), upstream.name(), provider.credentialSecret(), false);
  }

  /// One that is not configured any more stays: without it, what it closes would be open.
  private void saveTier(ModelTier tier) {
    for (ModelTier.Models models : tier.models()) {
      Upstream upstream = stores.upstreams().find(tier.tenant(), models.upstream());
      if (upstream == null || !ModelTiers.isKnown(models, upstream)) {
        throw new StartRefused(
            "model-tiers.%s: there is no model '%s' at '%s'"
                .formatted(tier.name(), models.name(), models.upstream()));
      }
    }
    ModelTier known = stores.modelTiers().find(tier.tenant(), tier.name());
    if (!tier.equals(known)
        && stores.modelTiers().save(known, tier) == ModelTierStore.Outcome.OVERLAPS) {
      throw new StartRefused(
          "model-tiers.%s: a model is in one tier at most".formatted(tier.name()));
    }
  }

  /// @param before whom the last seed named, by folded user name
  private void savePerson(Tenant tenant, Seed.Person person, Set<String> before) {
    User known = stores.users().findByUsername(tenant.id(), person.username());
    if (known != null) {
      if (!known.role().equals(person.role())) {
        stores.users().setRole(tenant.id(), known.id(), person.role());
      }
      if (known.disabled() && before.contains(User.folded(known.username()))) {
        log.warn("user {} stays disabled, as the admin API left it", known.username());
      } else if (known.disabled()) {
        stores.users().setDisabled(tenant.id(), known.id(), false);
      }
      saveEmail(known, person);
      return;
    }
    stores
        .users()
        .insert(
            new User(
                tenant.id(),
                new UserId(ids.id("usr")),
                person.username(),
                person.displayName(),
                person.role(),
                passwords.hash(person.initialPassword()),
                false,
                clock.instant(),
                person.email()));
  }

  private void saveEmail(User known, Seed.Person person) {
    if (person.email() != null && !person.email().equals(known.email())) {
      stores.users().edit(known.tenant(), known.id(), now -> now.withEmail(person.email()));
    }
  }

  /// @param before which the last seed named, by id
  private void saveClient(Tenant tenant, Client client, Set<String> before) {
    Client known = stores.clients().find(tenant.id(), client.id());
    boolean named = before.contains(client.id().value());
    if (known != null && known.disabled() && named) {
      log.warn("client {} stays disabled, as the admin API left it", client.id());
      stores.clients().save(client.disable());
      return;
    }
    // An id that a deleted client had is taken.
    if (known == null && !stores.clients().insert(client) && named) {
      log.warn("client {} stays deleted, as the admin API left it", client.id());
      return;
    }
    stores.clients().save(client);
    if (StandingMandates.areFor(client)) {
      giveStandingMandate(tenant, client);
    }
  }

  /// A service spends the tenant's own mandate: everything that its policy allows, for as long as
  /// the tenant gives.
  private void giveStandingMandate(Tenant tenant, Client client) {
    Instant now = clock.instant();
    Mandate latest = stores.mandates().latestStanding(tenant.id(), client.id());
    if (latest != null && latest.isRevoked()) {
      // A restart must not undo a revocation, nor refill what was spent.
      log.warn("client {} stays without a mandate: {} was revoked", client.id(), latest.id());
      return;
    }
    if (latest != null && !latest.isExpired(now)) {
      return;
    }
    new StandingMandates(stores.mandates(), stores.upstreams(), ids).give(tenant, client, now);
  }

  private void insertAdminKey(Tenant tenant, Seed.AdminKey key) {
    TokenHash hash = TokenHash.of(key.apiKey());
    Instant now = clock.instant();
    ApiKey known = stores.apiKeys().find(tenant.id(), hash);
    if (known != null) {
      if (!known.isLive(now)) {
        // The key is refused either way; a server that does not come up again would not help.
        log.warn("admin key '{}' is expired or revoked; configure a new one", key.name());
      }
      return;
    }
    if (!ApiKeyFormat.isWellFormed(key.apiKey().reveal())) {
      throw new StartRefused(
          "admin key '" + key.name() + "' is not a key as `mandate key generate` prints one");
    }
    stores
        .apiKeys()
        .insert(
            new ApiKey(
                tenant.id(),
                new ApiKeyId(ids.id("key")),
                hash,
                ApiKeyFormat.hint(key.apiKey()),
                key.name(),
                null,
                null,
                key.scopes(),
                now,
                now.plus(tenant.mandateLifetimeMax()),
                null,
                null));
  }
}
