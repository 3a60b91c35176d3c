package dev.mandate.domain.mandate;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.platform.crypto.TokenSource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Mandates that the tenant itself gives to a service, which has no person to ask: everything that
/// the client's policy allows on that day, for as long as the tenant gives anything.
public final class StandingMandates {
  private final MandateStore mandates;
  private final UpstreamStore upstreams;
  private final TokenSource ids;

  public StandingMandates(MandateStore mandates, UpstreamStore upstreams, TokenSource ids) {
    this.mandates = mandates;
    this.upstreams = upstreams;
    this.ids = ids;
  }

  /// Whether the client can spend one.
  public static boolean areFor(Client client) {
    return client.grantTypes().contains("client_credentials");
  }

  /// Gives one by today's policy; one that was given before is revoked, so that no service spends
  /// two budgets.
  public Mandate give(Tenant tenant, Client client, Instant now) {
    Mandate before = mandates.standing(tenant.id(), client.id(), now);
    if (before != null) {
      mandates.revoke(tenant.id(), before.id(), now);
    }
    Instant end = now.plus(tenant.mandateLifetimeMax());
    List<LlmAccess> access = new ArrayList<>();
    for (LlmTerms terms : client.policy()) {
      LlmAccess one = everything(terms, upstreams.find(tenant.id(), terms.upstream()), end);
      if (one != null) {
        access.add(one);
      }
    }
    Mandate mandate =
        new Mandate(
            tenant.id(),
            new MandateId(ids.id("mnd")),
            client.id(),
            null,
            givable(client),
            access,
            now,
            end,
            null,
            null);
    mandates.insert(mandate);
    return mandate;
  }

  /// Without what is the client's own right, which no token carries.
  private static SortedSet<String> givable(Client client) {
    SortedSet<String> scopes = new TreeSet<>(client.scopes());
    scopes.remove(Client.INTROSPECT);
    return scopes;
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
        : new LlmAccess(
            upstream.name(), models, capabilities, terms.limits(), terms.categories(), end);
  }
}
