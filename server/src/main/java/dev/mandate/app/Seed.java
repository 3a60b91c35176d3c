package dev.mandate.app;

import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.ratelimit.RateHolder;
import dev.mandate.domain.ratelimit.Rates;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tier.ModelTier;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.user.Role;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.mail.MailAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a tenant starts with, from the configuration file or from the demo.
///
/// @param entitlements what each role may give away
/// @param rateLimits of the tenant, and of each of the others that has none of its own
record Seed(
    Tenant tenant,
    List<Person> people,
    List<Client> clients,
    List<Provider> upstreams,
    Map<Role, List<LlmTerms>> entitlements,
    List<ModelTier> modelTiers,
    List<AdminKey> adminKeys,
    Map<RateHolder, Rates> rateLimits) {
  /// One without rate limits, whose models are in no tier.
  Seed(
      Tenant tenant,
      List<Person> people,
      List<Client> clients,
      List<Provider> upstreams,
      Map<Role, List<LlmTerms>> entitlements,
      List<AdminKey> adminKeys) {
    this(tenant, people, clients, upstreams, entitlements, List.of(), adminKeys, Map.of());
  }

  /// A user; the password counts only when the user is new.
  ///
  /// @param email null leaves it as it is
  record Person(
      String username,
      String displayName,
      Role role,
      Secret initialPassword,
      @Nullable MailAddress email) {

    /// One without a mail address.
    Person(String username, String displayName, Role role, Secret initialPassword) {
      this(username, displayName, role, initialPassword, null);
    }
  }

  /// An upstream with its credential.
  record Provider(Upstream upstream, Secret credentialSecret) {}

  /// A key of the admin API.
  record AdminKey(String name, Secret apiKey, Set<String> scopes) {}
}
