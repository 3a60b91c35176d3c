package dev.mandate.testing;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Price;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.storage.Stores;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// A tenant with two upstreams, a person and five clients.
public final class Fixture {
  public static final TenantId TENANT = TenantId.DEFAULT;
  public static final UserId ADA = new UserId("user_ada");
  public static final ClientId APP = new ClientId("app");
  public static final ClientId OTHER_APP = new ClientId("other-app");
  public static final ClientId WEB = new ClientId("web");
  public static final ClientId SERVICE = new ClientId("service");
  public static final ClientId DISABLED = new ClientId("disabled");

  /// Speaks for the tenant's resources.
  public static final ClientId GUARD = new ClientId("guard");

  public static final Secret GUARD_SECRET = Secret.of("guard-secret");
  public static final String REDIRECT = "https://app.example/callback";
  public static final Secret WEB_SECRET = Secret.of("web-secret: with % + and é");
  public static final Secret SERVICE_SECRET = Secret.of("service-secret");
  public static final Duration MANDATE_LIFETIME = Duration.ofDays(60);

  private static final Set<String> CODE = Set.of("authorization_code", "refresh_token");

  private final Stores stores;
  private final TestClock clock;
  private final AtomicInteger mandates = new AtomicInteger();

  public Fixture(Stores stores, TestClock clock) {
    this.stores = stores;
    this.clock = clock;
  }

  /// Saves everything but mandates.
  public Fixture save() {
    stores
        .tenants()
        .save(new Tenant(TENANT, "Test", ZoneOffset.UTC, Duration.ofDays(30), Duration.ofDays(90)));
    upstream("openai", Provider.OPENAI);
    upstream("anthropic", Provider.ANTHROPIC);
    stores
        .users()
        .insert(
            new User(
                TENANT,
                ADA,
                "ada",
                "Ada Lovelace",
                Role.MEMBER,
                Secret.of("$argon2id$unused"),
                false,
                clock.instant()));
    stores.users().saveEntitlements(TENANT, Role.MEMBER, everything());
    stores.clients().save(client(APP, null, REDIRECT, CODE, false));
    stores.clients().save(client(OTHER_APP, null, "https://other.example/cb", CODE, false));
    stores.clients().save(client(WEB, WEB_SECRET, REDIRECT, CODE, false));
    stores
        .clients()
        .save(client(SERVICE, SERVICE_SECRET, null, Set.of("client_credentials"), false));
    stores.clients().save(client(GUARD, GUARD_SECRET, null, Set.of(), Set.of("introspect"), false));
    stores.clients().save(client(DISABLED, null, "https://disabled.example/cb", CODE, true));
    return this;
  }

  private void upstream(String name, Provider provider) {
    Model model =
        new Model(
            name + "-model",
            "Model",
            Set.of(Capability.CHAT),
            100_000,
            4_000,
            1_000,
            new Price(1, 1, 1, 1, 1),
            Instant.EPOCH);
    stores
        .upstreams()
        .save(
            new Upstream(
                TENANT,
                name,
                name,
                provider,
                URI.create("https://" + name + ".invalid"),
                true,
                "1",
                List.of(model)));
  }

  private static List<LlmTerms> everything() {
    return List.of(LlmTerms.unbounded("openai"), LlmTerms.unbounded("anthropic"));
  }

  public Client client(
      ClientId id,
      @Nullable Secret secret,
      @Nullable String redirect,
      Set<String> grantTypes,
      boolean disabled) {
    return client(
        id,
        secret,
        redirect,
        grantTypes,
        Set.of("openid", "profile", "llm:openai", "llm:anthropic"),
        disabled);
  }

  public Client client(
      ClientId id,
      @Nullable Secret secret,
      @Nullable String redirect,
      Set<String> grantTypes,
      Set<String> scopes,
      boolean disabled) {
    return new Client(
        TENANT,
        id,
        id.value(),
        secret == null ? null : TokenHash.of(secret),
        redirect == null ? Set.of() : Set.of(redirect),
        grantTypes,
        scopes,
        Set.of(),
        List.of(),
        everything(),
        false,
        disabled,
        clock.instant());
  }

  /// A stored mandate for chatting at these upstreams.
  public Mandate mandate(
      ClientId client, @Nullable UserId user, String scopes, String... upstreams) {
    return mandate(client, user, scopes, MANDATE_LIFETIME, upstreams);
  }

  public Mandate mandate(
      ClientId client,
      @Nullable UserId user,
      String scopes,
      Duration lifetime,
      String... upstreams) {
    Instant expiresAt = clock.instant().plus(lifetime);
    List<LlmAccess> access =
        Arrays.stream(upstreams)
            .map(
                name ->
                    new LlmAccess(
                        name,
                        new TreeSet<>(Set.of(name + "-model")),
                        Set.of(Capability.CHAT),
                        Limits.NONE,
                        expiresAt))
            .toList();
    Mandate mandate =
        new Mandate(
            TENANT,
            new MandateId("mandate_" + mandates.incrementAndGet()),
            client,
            user,
            scopes.isEmpty() ? new TreeSet<>() : new TreeSet<>(List.of(scopes.split(" ", -1))),
            access,
            clock.instant(),
            expiresAt,
            null,
            null);
    stores.mandates().insert(mandate);
    return mandate;
  }
}
