package dev.mandate.app;

import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.credential.Vault;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.StandingMandates;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.PasswordHasher;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.storage.Stores;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings the stores to what a [Seed] says. Safe to repeat: what is there already stays or is
/// brought up to date. Nothing is deleted, but what the seed does not name any more loses its
/// rights: its people and clients are disabled, its admin keys revoked, its roles give nothing.
final class Seeder {
  private static final Logger log = LoggerFactory.getLogger(Seeder.class);

  private final Stores stores;
  private final Vault vault;
  private final PasswordHasher passwords;
  private final TokenSource ids;
  private final InstantSource clock;

  Seeder(
      Stores stores, Vault vault, PasswordHasher passwords, TokenSource ids, InstantSource clock) {
    this.stores = stores;
    this.vault = vault;
    this.passwords = passwords;
    this.ids = ids;
    this.clock = clock;
  }

  void apply(Seed seed) {
    stores.tenants().save(seed.tenant());
    seed.upstreams().forEach(this::saveUpstream);
    for (Role role : Role.values()) {
      stores
          .users()
          .saveEntitlements(
              seed.tenant().id(), role, seed.entitlements().getOrDefault(role, List.of()));
    }
    seed.people().forEach(person -> savePerson(seed.tenant(), person));
    for (Client client : seed.clients()) {
      stores.clients().save(client);
      if (StandingMandates.areFor(client)) {
        giveStandingMandate(seed.tenant(), client);
      }
    }
    seed.adminKeys().forEach(key -> insertAdminKey(seed.tenant(), key));
    disableThoseNotNamed(seed);
  }

  private void disableThoseNotNamed(Seed seed) {
    TenantId tenant = seed.tenant().id();
    Set<String> people = new HashSet<>();
    seed.people().forEach(person -> people.add(User.folded(person.username())));
    for (User user : stores.users().all(tenant)) {
      if (!user.disabled() && !people.contains(User.folded(user.username()))) {
        log.warn("user {} is not configured any more and is disabled", user.username());
        stores.users().setDisabled(tenant, user.id(), true);
      }
    }
    Set<ClientId> clients = new HashSet<>();
    seed.clients().forEach(client -> clients.add(client.id()));
    for (Client client : stores.clients().all(tenant)) {
      if (!client.disabled() && !clients.contains(client.id())) {
        log.warn("client {} is not configured any more and is disabled", client.id());
        stores.clients().save(client.disable());
      }
    }
    Set<TokenHash> keys = new HashSet<>();
    seed.adminKeys().forEach(key -> keys.add(TokenHash.of(key.apiKey())));
    for (ApiKey key : stores.apiKeys().ofTenant(tenant)) {
      if (key.revokedAt() == null && !keys.contains(key.hash())) {
        log.warn("admin key '{}' is not configured any more and is revoked", key.name());
        stores.apiKeys().revoke(tenant, key.id(), clock.instant());
      }
    }
  }

  private void saveUpstream(Seed.Provider provider) {
    Upstream upstream = provider.upstream();
    stores.upstreams().save(upstream);
    CredentialStore.Stored current =
        stores.credentials().current(upstream.tenant(), upstream.name());
    Secret secret = provider.credentialSecret();
    if (current != null
        && Secret.of(
                new String(
                    vault.open(
                        upstream.tenant(),
                        CredentialStore.Stored.row(current.id()),
                        current.sealedSecret()),
                    java.nio.charset.StandardCharsets.UTF_8))
            .equals(secret)) {
      return;
    }
    String id = ids.id("cred");
    byte[] sealed = vault.seal(upstream.tenant(), CredentialStore.Stored.row(id), secret.utf8());
    Instant now = clock.instant();
    stores
        .credentials()
        .insert(
            new CredentialStore.Stored(
                upstream.tenant(),
                id,
                upstream.name(),
                sealed,
                CredentialStore.hint(secret),
                now,
                now));
  }

  private void savePerson(Tenant tenant, Seed.Person person) {
    User known = stores.users().findByUsername(tenant.id(), person.username());
    if (known != null) {
      if (known.role() != person.role()) {
        stores.users().setRole(tenant.id(), known.id(), person.role());
      }
      if (known.disabled()) {
        stores.users().setDisabled(tenant.id(), known.id(), false);
      }
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
                clock.instant()));
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
