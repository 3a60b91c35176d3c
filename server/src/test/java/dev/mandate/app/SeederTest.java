package dev.mandate.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.User;
import dev.mandate.domain.vault.Vault;
import dev.mandate.platform.crypto.PasswordHasher;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.storage.Stores;
import dev.mandate.testing.Clients;
import dev.mandate.testing.TestClock;
import dev.mandate.testing.Users;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Starts again on the same data, with the same configuration or another.
class SeederTest {
  private static final TenantId TENANT = TenantId.DEFAULT;
  private static final ClientId NIGHTLY = new ClientId("nightly");

  private final TestClock clock = new TestClock();
  private final TokenSource random = new TokenSource(new SecureRandom(), clock);
  private final PasswordHasher hasher =
      new PasswordHasher(random, new PasswordHasher.Cost(64, 1, 1), 1);
  private final Secret adminKey = ApiKeyFormat.generate(random);
  private Stores stores;

  @BeforeEach
  void open(@TempDir Path data) {
    stores = Stores.open(data, new ChangeFeed(), clock);
  }

  @AfterEach
  void close() {
    stores.close();
  }

  private Seed full() {
    return seed(
        List.of(new Seed.Person("mia", "Mia", Role.ADMIN, Secret.of("password"))),
        List.of(nightly()),
        Map.of(Role.ADMIN, List.of(LlmTerms.unbounded("openai"))),
        List.of(new Seed.AdminKey("ops", adminKey, Set.of("mandates:read"))));
  }

  private static Seed seed(
      List<Seed.Person> people,
      List<Client> clients,
      Map<Role, List<LlmTerms>> entitlements,
      List<Seed.AdminKey> adminKeys) {
    return new Seed(
        new Tenant(TENANT, "Acme", ZoneOffset.UTC, Duration.ofDays(30), Duration.ofDays(90)),
        people,
        clients,
        List.of(),
        entitlements,
        adminKeys);
  }

  private Client nightly() {
    return new Client(
        TENANT,
        NIGHTLY,
        "Nightly",
        TokenHash.of(Secret.of("secret")),
        Set.of(),
        Set.of("client_credentials"),
        Set.of(),
        Set.of(),
        List.of(),
        List.of(new LlmTerms("openai", null, null, new Limits(1L, null, null, null), null)),
        false,
        false,
        clock.instant());
  }

  private void start(Seed seed) {
    Vault vault = new Vault(new byte[32], stores.tenantKeys(), new SecureRandom());
    new Seeder(stores, vault, hasher, random, clock).apply(seed);
  }

  private User mia() {
    return Objects.requireNonNull(stores.users().findByUsername(TENANT, "mia"));
  }

  @Test
  void aRevokedMandateOfAServiceStaysRevokedAcrossStarts() {
    start(full());
    Mandate given = Objects.requireNonNull(stores.mandates().latestStanding(TENANT, NIGHTLY));
    stores.mandates().revoke(TENANT, given.id(), clock.instant());
    start(full());
    assertThat(stores.mandates().standing(TENANT, NIGHTLY, clock.instant())).isNull();
  }

  @Test
  void anExpiredMandateOfAServiceIsGivenAnewAndAnExpiredAdminKeyDoesNotKeepTheServerDown() {
    start(full());
    clock.advance(Duration.ofDays(91));
    start(full());
    assertThat(stores.mandates().standing(TENANT, NIGHTLY, clock.instant())).isNotNull();
    assertThat(stores.apiKeys().ofTenant(TENANT))
        .singleElement()
        .satisfies(key -> assertThat(key.isLive(clock.instant())).isFalse());
  }

  @Test
  void whatIsNotConfiguredAnyMoreLosesItsRights() {
    start(full());
    start(seed(List.of(), List.of(), Map.of(), List.of()));
    assertThat(mia().disabled()).isTrue();
    assertThat(Objects.requireNonNull(stores.clients().find(TENANT, NIGHTLY)).disabled()).isTrue();
    assertThat(stores.users().entitlements(TENANT, Role.ADMIN)).isEmpty();
    assertThat(stores.apiKeys().ofTenant(TENANT))
        .singleElement()
        .satisfies(key -> assertThat(key.isLive(clock.instant())).isFalse());
    start(full());
    assertThat(mia().disabled()).isFalse();
  }

  @Test
  void aRoleThatIsChangedInTheConfigurationIsChanged() {
    start(full());
    start(
        seed(
            List.of(new Seed.Person("Mia", "Mia", Role.MEMBER, Secret.of("other"))),
            List.of(),
            Map.of(),
            List.of()));
    assertThat(mia().role()).isEqualTo(Role.MEMBER);
  }

  @Test
  void whatCameInThroughTheAdminApiKeepsItsRightsAcrossStarts() {
    start(full());
    User zoe = Users.user(TENANT, "zoe", Role.OWNER, Users.NO_PASSWORD);
    stores.users().insert(zoe);
    stores.users().saveEntitlements(TENANT, Role.MEMBER, List.of(LlmTerms.unbounded("openai")));
    Client app = Clients.app(TENANT);
    stores.clients().save(app);
    ApiKey key = adminKey("key_api", ApiKeyFormat.generate(random));
    stores.apiKeys().insert(key);
    start(full());
    start(seed(List.of(), List.of(), Map.of(), List.of()));
    assertThat(stores.users().find(TENANT, zoe.id())).isEqualTo(zoe);
    assertThat(stores.clients().find(TENANT, app.id())).isEqualTo(app);
    assertThat(stores.users().entitlements(TENANT, Role.MEMBER)).hasSize(1);
    assertThat(stores.apiKeys().find(TENANT, key.id()))
        .matches(found -> found != null && found.isLive(clock.instant()));
  }

  private ApiKey adminKey(String id, Secret key) {
    return new ApiKey(
        TENANT,
        new ApiKeyId(id),
        TokenHash.of(key),
        ApiKeyFormat.hint(key),
        id,
        null,
        null,
        Set.of("mandates:read"),
        clock.instant(),
        clock.instant().plus(Duration.ofDays(1)),
        null,
        null);
  }

  @Test
  void whoTheAdminApiHasDisabledStaysSoAcrossStarts() {
    start(full());
    stores.users().setDisabled(TENANT, mia().id(), true);
    stores.clients().save(Objects.requireNonNull(stores.clients().find(TENANT, NIGHTLY)).disable());
    start(full());
    assertThat(mia().disabled()).isTrue();
    assertThat(Objects.requireNonNull(stores.clients().find(TENANT, NIGHTLY)).disabled()).isTrue();
  }

  @Test
  void aClientThatTheAdminApiHasDeletedStaysSoUntilTheFileNamesItAnew() {
    start(full());
    Client nightly = Objects.requireNonNull(stores.clients().find(TENANT, NIGHTLY));
    assertThat(stores.clients().delete(nightly, clock.instant())).isTrue();
    start(full());
    assertThat(stores.clients().find(TENANT, NIGHTLY)).isNull();
    start(seed(List.of(), List.of(), Map.of(), List.of()));
    start(full());
    assertThat(stores.clients().find(TENANT, NIGHTLY)).isNotNull();
  }
}
