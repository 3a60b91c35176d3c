package dev.mandate.gateway;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.user.Role;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Adds upstreams of further providers to a running gateway.
final class OtherProviders {
  static final String KEY = "provider-canary-0123456789abcdef";

  private OtherProviders() {}

  /// An upstream that is called what its provider is.
  static Upstream add(RunningGateway at, Provider provider, URI baseUrl, List<Model> models) {
    Upstream upstream =
        new Upstream(
            RunningGateway.TENANT,
            provider.wire(),
            provider.wire(),
            provider,
            baseUrl,
            true,
            "test-1",
            models);
    return add(at, upstream, KEY);
  }

  /// With this key, and open to all.
  static Upstream add(RunningGateway at, Upstream upstream, String key) {
    at.stores.upstreams().save(upstream);
    at.credential(upstream.name(), key);
    open(at);
    return upstream;
  }

  /// Lets members and the client have all that there is.
  static void open(RunningGateway at) {
    List<LlmTerms> all = new ArrayList<>();
    at.stores.upstreams().all(RunningGateway.TENANT).stream()
        .map(known -> LlmTerms.unbounded(known.name()))
        .forEach(all::add);
    at.stores.users().saveEntitlements(RunningGateway.TENANT, Role.MEMBER, all);
    at.stores.clients().save(at.client.withPolicy(all));
  }

  /// With a new key of a new mandate for everything at this upstream.
  static String caller(RunningGateway at, String mandate, Upstream upstream, Limits limits) {
    return at.key(
        at.mandate(
            mandate,
            at.access(upstream.name(), Set.of(Capability.CHAT, Capability.EMBEDDINGS), limits)));
  }
}
