package dev.mandate.app;

import dev.mandate.domain.access.AdminScope;
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
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a tenant of the demo starts with: three people, three clients, the simulated providers and,
/// where the environment has their keys, the real ones.
final class Demo {
  private static final long DOLLAR = 1_000_000;
  private static final Set<String> SCOPES =
      Set.of("openid", "profile", "offline_access", "llm:openai", "llm:anthropic");

  private final TenantId tenant;
  private final String name;
  private final DemoFile file;
  private final URI simulator;
  private final PriceList prices = PriceList.shipped();
  private final Instant now;

  /// @param name of the tenant, for people
  Demo(TenantId tenant, String name, DemoFile file, URI simulator, Instant now) {
    this.tenant = tenant;
    this.name = name;
    this.file = file;
    this.simulator = simulator;
    this.now = now;
  }

  Seed seed(
      List<String> openaiModels, List<String> anthropicModels, Map<String, String> environment) {
    List<Seed.Provider> upstreams = new ArrayList<>();
    upstreams.add(
        simulated(
            "openai", "OpenAI (simulated)", Provider.OPENAI, openaiModels, file.openaiSecret()));
    upstreams.add(
        simulated(
            "anthropic",
            "Anthropic (simulated)",
            Provider.ANTHROPIC,
            anthropicModels,
            file.anthropicSecret()));
    addReal(upstreams, "openai-live", "OpenAI", Provider.OPENAI, environment.get("OPENAI_API_KEY"));
    addReal(
        upstreams,
        "anthropic-live",
        "Anthropic",
        Provider.ANTHROPIC,
        environment.get("ANTHROPIC_API_KEY"));
    List<String> names = upstreams.stream().map(p -> p.upstream().name()).toList();
    return new Seed(
        new Tenant(tenant, name, ZoneId.of("UTC"), Duration.ofDays(30), Duration.ofDays(90)),
        file.people().stream()
            .map(p -> new Seed.Person(p.username(), p.displayName(), p.role(), p.initialPassword()))
            .toList(),
        clients(names, openaiModels, anthropicModels),
        upstreams,
        entitlements(names),
        List.of(new Seed.AdminKey("demo", file.adminKeySecret(), AdminScope.names())));
  }

  private Seed.Provider simulated(
      String name, String displayName, Provider provider, List<String> models, Secret credential) {
    List<Model> priced =
        prices.of(provider).stream().filter(m -> models.contains(m.name())).toList();
    return new Seed.Provider(upstream(name, displayName, provider, simulator, priced), credential);
  }

  private void addReal(
      List<Seed.Provider> upstreams,
      String name,
      String displayName,
      Provider provider,
      @Nullable String credential) {
    if (credential != null && !credential.isBlank()) {
      upstreams.add(
          new Seed.Provider(
              upstream(
                  name,
                  displayName,
                  provider,
                  Objects.requireNonNull(provider.ownUrl()),
                  prices.of(provider)),
              Secret.of(credential.strip())));
    }
  }

  private Upstream upstream(
      String name, String displayName, Provider provider, URI base, List<Model> models) {
    return new Upstream(tenant, name, displayName, provider, base, true, prices.version(), models);
  }

  private List<Client> clients(
      List<String> upstreams, List<String> openaiModels, List<String> anthropicModels) {
    List<LlmTerms> everything = upstreams.stream().map(LlmTerms::unbounded).toList();
    List<LlmTerms> byDefault =
        List.of(
            small("openai", openaiModels.getFirst()),
            small("anthropic", anthropicModels.getFirst()));
    Set<String> interactive = Set.of("authorization_code", "refresh_token");
    return List.of(
        client(DemoFile.PUBLIC_CLIENT, "Repo Summary", null, interactive, byDefault, everything),
        client(
            DemoFile.CONFIDENTIAL_CLIENT,
            "Inbox Assistant",
            TokenHash.of(file.confidentialSecret()),
            interactive,
            byDefault,
            everything),
        client(
            DemoFile.SERVICE_CLIENT,
            "Nightly Report",
            TokenHash.of(file.serviceSecret()),
            Set.of("client_credentials"),
            List.of(),
            upstreams.stream()
                .map(
                    u ->
                        new LlmTerms(
                            u, null, null, new Limits(null, null, null, 50 * DOLLAR), null))
                .toList()));
  }

  private Client client(
      String id,
      String name,
      @Nullable TokenHash secret,
      Set<String> grantTypes,
      List<LlmTerms> defaultAccess,
      List<LlmTerms> policy) {
    return new Client(
        tenant,
        new ClientId(id),
        name,
        secret,
        grantTypes.contains("authorization_code") ? Set.of(DemoFile.REDIRECT_URI) : Set.of(),
        grantTypes,
        SCOPES,
        Set.of(),
        defaultAccess,
        policy,
        false,
        false,
        now);
  }

  /// What a client gets that asks for nothing in particular.
  private static LlmTerms small(String upstream, String model) {
    return new LlmTerms(
        upstream,
        Set.of(model),
        Set.of(Capability.CHAT),
        new Limits(1_000L, null, null, DOLLAR),
        Duration.ofDays(7));
  }

  private static Map<Role, List<LlmTerms>> entitlements(List<String> upstreams) {
    Map<Role, List<LlmTerms>> byRole = new HashMap<>();
    byRole.put(Role.MEMBER, upTo(upstreams, 20 * DOLLAR));
    byRole.put(Role.APPROVER, upTo(upstreams, 100 * DOLLAR));
    byRole.put(Role.ADMIN, upTo(upstreams, 1_000 * DOLLAR));
    byRole.put(Role.OWNER, upTo(upstreams, 1_000 * DOLLAR));
    return byRole;
  }

  private static List<LlmTerms> upTo(List<String> upstreams, long costMicros) {
    return upstreams.stream()
        .map(u -> new LlmTerms(u, null, null, new Limits(null, null, null, costMicros), null))
        .toList();
  }
}
