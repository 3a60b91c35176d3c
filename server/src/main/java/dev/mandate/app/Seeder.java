package dev.mandate.app;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.credential.Vault;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.PasswordHasher;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.storage.Stores;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Brings the stores to what a [Seed] says. Safe to repeat: what is there already stays or is
/// brought up to date; nothing is removed.
final class Seeder {
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
    seed.entitlements()
        .forEach((role, terms) -> stores.users().saveEntitlements(seed.tenant().id(), role, terms));
    seed.people().forEach(person -> insertPerson(seed.tenant(), person));
    for (Client client : seed.clients()) {
      stores.clients().save(client);
      if (client.grantTypes().contains("client_credentials")) {
        giveStandingMandate(seed.tenant(), client);
      }
    }
    seed.adminKeys().forEach(key -> insertAdminKey(seed.tenant(), key));
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
                        upstream.tenant(), "credential/" + current.id(), current.sealedSecret()),
                    java.nio.charset.StandardCharsets.UTF_8))
            .equals(secret)) {
      return;
    }
    String id = ids.id("cred");
    byte[] sealed = vault.seal(upstream.tenant(), "credential/" + id, secret.utf8());
    stores
        .credentials()
        .insert(
            new CredentialStore.Stored(
                upstream.tenant(), id, upstream.name(), sealed, clock.instant()));
  }

  private void insertPerson(Tenant tenant, Seed.Person person) {
    if (stores.users().findByUsername(tenant.id(), person.username()) != null) {
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
    if (stores.mandates().standing(tenant.id(), client.id(), now) != null) {
      return;
    }
    Instant end = now.plus(tenant.mandateLifetimeMax());
    List<LlmAccess> access = new ArrayList<>();
    for (LlmTerms terms : client.policy()) {
      LlmAccess one =
          everything(terms, stores.upstreams().find(tenant.id(), terms.upstream()), end);
      if (one != null) {
        access.add(one);
      }
    }
    stores
        .mandates()
        .insert(
            new Mandate(
                tenant.id(),
                new MandateId(ids.id("mnd")),
                client.id(),
                null,
                new TreeSet<>(client.scopes()),
                access,
                now,
                end,
                null,
                null));
  }

  private static @Nullable LlmAccess everything(
      LlmTerms terms, @Nullable Upstream upstream, Instant end) {
    if (upstream == null) {
      return null;
    }
    TreeSet<String> models = new TreeSet<>(upstream.models().stream().map(Model::name).toList());
    if (terms.models() != null) {
      models.retainAll(terms.models());
    }
    Set<Capability> capabilities =
        terms.capabilities() == null ? EnumSet.allOf(Capability.class) : terms.capabilities();
    return models.isEmpty()
        ? null
        : new LlmAccess(upstream.name(), models, capabilities, terms.limits(), end);
  }

  private void insertAdminKey(Tenant tenant, Seed.AdminKey key) {
    TokenHash hash = TokenHash.of(key.apiKey());
    Instant now = clock.instant();
    ApiKey known = stores.apiKeys().find(tenant.id(), hash);
    if (known != null) {
      if (!known.isLive(now)) {
        throw new StartRefused(
            "admin key '" + key.name() + "' is expired or revoked; configure a new one");
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
