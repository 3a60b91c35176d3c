package dev.mandate.testing;

import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Price;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.User;
import dev.mandate.platform.crypto.PasswordHasher;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.storage.Stores;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// An organisation with people, apps and two providers, in the default tenant.
public final class Acme {
  public static final TenantId TENANT = TenantId.DEFAULT;

  /// Everybody's.
  public static final String PASSWORD = "correct horse battery";

  /// A public app on the person's device.
  public static final String APP = "repo-summary";

  /// With several redirect URIs, on the web.
  public static final String WEB = "board-minutes";

  public static final String WEB_REDIRECT = "https://minutes.example/callback?from=mandate";

  /// With a scheme of its own.
  public static final String NATIVE = "pocket";

  /// With markup for a name.
  public static final String EVIL = "evil";

  public static final String DISABLED = "gone";
  public static final String SERVICE = "nightly";

  /// With neither default scopes nor default access.
  public static final String BARE = "bare";

  /// That must push its authorization requests.
  public static final String PUSHING = "pushing";

  /// That may ask for every scope of the admin API.
  public static final String OPERATIONS = "operations";

  private static final Instant SINCE = Instant.parse("2026-01-01T00:00:00Z");

  private Acme() {}

  public static void seed(Stores stores, PasswordHasher hasher) {
    stores
        .tenants()
        .save(
            new Tenant(
                TENANT,
                "Acme Robotics",
                ZoneId.of("Europe/Berlin"),
                Duration.ofDays(30),
                Duration.ofDays(60)));
    stores.upstreams().save(openai());
    stores.upstreams().save(anthropic());
    Secret hash = hasher.hash(Secret.of(PASSWORD));
    for (User user :
        List.of(
            Users.user(TENANT, "mia", Role.MEMBER, hash),
            Users.user(TENANT, "noah", Role.MEMBER, hash),
            Users.user(TENANT, "ada", Role.ADMIN, hash),
            Users.user(TENANT, "otto", Role.AUDITOR, hash),
            Users.user(TENANT, "dora", Role.MEMBER, hash))) {
      stores.users().insert(user);
    }
    stores
        .users()
        .saveEntitlements(
            TENANT,
            Role.MEMBER,
            List.of(
                new LlmTerms(
                    "openai",
                    Set.of("gpt-5-mini", "text-embedding-3-small"),
                    null,
                    new Limits(1_000L, null, 2_000_000L, 20_000_000L),
                    Duration.ofDays(45))));
    stores
        .users()
        .saveEntitlements(
            TENANT,
            Role.ADMIN,
            List.of(LlmTerms.unbounded("openai"), LlmTerms.unbounded("anthropic")));
    List.of(
            client(APP, "Repo Summary", Set.of("http://127.0.0.1:8765/callback")),
            client(WEB, "Board Minutes", Set.of(WEB_REDIRECT, "https://minutes.example/other")),
            client(NATIVE, "Pocket", Set.of("com.example.pocket:/callback")),
            client(EVIL, "<script>alert('name')</script>", Set.of("http://localhost/callback")),
            disabled(client(DISABLED, "Gone", Set.of("http://127.0.0.1:8765/callback"))),
            client(SERVICE, "Nightly", Set.of("http://[::1]/callback")),
            client(BARE, "Bare", Set.of("http://[::1]/callback")),
            client(OPERATIONS, "Operations", Set.of("http://127.0.0.1:8765/callback")),
            client(PUSHING, "Pushing", Set.of("http://127.0.0.1:8765/callback")))
        .forEach(stores.clients()::save);
  }

  private static Set<String> scopes(String id) {
    Set<String> scopes =
        new HashSet<>(Set.of("openid", "profile", "offline_access", "llm:openai", "llm:anthropic"));
    if (id.equals(OPERATIONS)) {
      scopes.addAll(AdminScope.names());
    }
    return scopes;
  }

  private static Client client(String id, String name, Set<String> redirects) {
    boolean bare = id.equals(BARE);
    return new Client(
        TENANT,
        new ClientId(id),
        name,
        null,
        redirects,
        Set.of(id.equals(SERVICE) ? "client_credentials" : "authorization_code", "refresh_token"),
        scopes(id),
        bare ? Set.of() : Set.of("offline_access"),
        bare
            ? List.of()
            : List.of(
                new LlmTerms(
                    "openai",
                    Set.of("gpt-5-mini"),
                    Set.of(Capability.CHAT),
                    new Limits(100L, 20_000L, 200_000L, 5_000_000L),
                    Duration.ofDays(7))),
        List.of(
            new LlmTerms(
                "openai",
                Set.of("gpt-5", "gpt-5-mini", "text-embedding-3-small"),
                null,
                new Limits(null, 100_000L, null, null),
                null),
            LlmTerms.unbounded("anthropic")),
        id.equals(PUSHING),
        false,
        SINCE);
  }

  public static Client disabled(Client client) {
    return client.disable();
  }

  private static Upstream openai() {
    return new Upstream(
        TENANT,
        "openai",
        "OpenAI",
        Provider.OPENAI,
        URI.create("http://127.0.0.1:1"),
        true,
        "test-1",
        List.of(
            model("gpt-5", "GPT-5", 1_250_000, 10_000_000, Capability.CHAT, Capability.RESPONSES),
            model(
                "gpt-5-mini",
                "GPT-5 mini",
                250_000,
                2_000_000,
                Capability.CHAT,
                Capability.RESPONSES),
            model("gpt-4.1", "GPT-4.1", 2_000_000, 8_000_000, Capability.CHAT),
            model(
                "text-embedding-3-small",
                "Text Embedding 3 small",
                20_000,
                0,
                Capability.EMBEDDINGS)));
  }

  private static Upstream anthropic() {
    return new Upstream(
        TENANT,
        "anthropic",
        "Anthropic",
        Provider.ANTHROPIC,
        URI.create("http://127.0.0.1:1"),
        false,
        "test-1",
        List.of(
            model(
                "claude-sonnet-4-5",
                "Claude Sonnet 4.5",
                3_000_000,
                15_000_000,
                Capability.CHAT,
                Capability.MESSAGES)));
  }

  private static Model model(
      String name, String display, long input, long output, Capability... capabilities) {
    return new Model(
        name,
        display,
        Set.of(capabilities),
        128_000,
        16_000,
        2_000,
        new Price(input, input / 10, input, input, output),
        SINCE);
  }
}
