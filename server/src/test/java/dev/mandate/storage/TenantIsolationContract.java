package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyStore;
import dev.mandate.domain.apikey.KeySecret;
import dev.mandate.domain.apikey.LeakPlace;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.authorization.DeviceStore;
import dev.mandate.domain.authorization.PendingId;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.mandate.MandateStore.Filter;
import dev.mandate.domain.providerstate.ObjectKind;
import dev.mandate.domain.providerstate.StoredObject;
import dev.mandate.domain.providerstate.StoredObjectStore;
import dev.mandate.domain.session.Session;
import dev.mandate.domain.signingkey.SigningKeyStore;
import dev.mandate.domain.tenant.ConfiguredStore;
import dev.mandate.domain.token.RefreshTokenStore.Rotation;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.RoleStore;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserStore;
import dev.mandate.domain.vault.TenantKeyStore.Wrapped;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.testing.Clients;
import dev.mandate.testing.Mandates;
import dev.mandate.testing.Upstreams;
import dev.mandate.testing.Users;
import java.net.URI;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Fills one tenant and tries to reach all of it from another, by every method of every store.
abstract class TenantIsolationContract extends StoreContract {
  private static final Limits LIMITS = new Limits(1L, null, null, null);

  private final Client service = Clients.service(ACME, Secret.of("secret"));
  private final User zoe = Users.member(ACME, "zoe");
  private Mandate mandate;
  private Mandate standing;
  private ApiKey apiKey;
  private final StoredObject object =
      StoredObjectStoreContract.file(ACME, StoredObjectStoreContract.MIA, "file-1");

  TenantIsolationContract(Opening opening) {
    super(opening);
  }

  @BeforeEach
  void fillOneTenant() {
    stores.clients().save(service);
    stores.storedObjects().claim(object);
    stores.users().insert(zoe);
    stores.users().saveEntitlements(ACME, Role.MEMBER, List.of(LlmTerms.unbounded("openai")));
    stores.upstreams().save(Upstreams.openai(ACME, URI.create("https://openai.test")));
    mandate = Mandates.mandate("mandate_1", service, zoe, Mandates.chat(Limits.NONE));
    standing = Mandates.mandate("mandate_2", service, null, Mandates.chat(Limits.NONE));
    stores.mandates().insert(mandate);
    stores.mandates().insert(standing);
    stores.pendings().insert(PendingStoreContract.pending(service, "pending_1"));
    stores
        .devices()
        .insert(DeviceStoreContract.request(service, "device", "user"), Duration.ofSeconds(5));
    stores.codes().insert(CodeStoreContract.code(mandate, "code", NOW.plusSeconds(60)));
    stores.refreshTokens().insert(RefreshTokenStoreContract.token(mandate, "family", "refresh"));
    stores.revokedTokens().revoke(ACME, "jti", NOW.plusSeconds(60));
    stores.sessions().insert(new Session(ACME, hash("cookie"), zoe.id(), NOW, NOW.plusSeconds(60)));
    stores.signInThrottle().admit(ACME, "zoe", 1, Duration.ofMinutes(1), NOW);
    stores
        .signingKeys()
        .insertFirst(new SigningKeyStore.Stored(ACME, "kid", "ES256", new byte[] {1}, NOW, NOW));
    apiKey = ApiKeyStoreContract.key("key_1", zoe, mandate);
    stores.apiKeys().insert(apiKey);
    stores.tenantKeys().insertFirst(new Wrapped(ACME, "main", new byte[] {1}));
    stores
        .credentials()
        .insert(CredentialStore.Stored.fresh(ACME, "cred_1", "openai", new byte[] {1}, "", NOW));
    stores
        .ledger()
        .append(List.of(LedgerStoreContract.entry(ACME, "req_1", LocalDate.of(2026, 11, 21), 5)));
    stores.audit().append(List.of(AuditStoreContract.event(ACME, "mandate.approved")));
    stores.roles().save(ACME, RoleStoreContract.role("support"), List.of(), (_, _) -> true);
    stores.modelTiers().save(null, ModelTierStoreContract.tier(ACME, "top", "a"));
    stores.budgets().replace(AccountId.of(ACME), LIMITS, _ -> true);
    stores.configured().replace(ACME, ConfiguredStore.Kind.USER, Set.of("zoe"));
    heard.clear();
  }

  @Test
  void nothingIsReadAcross() {
    assertThat(stores.users().find(GLOBEX, zoe.id())).isNull();
    assertThat(stores.users().findByUsername(GLOBEX, "zoe")).isNull();
    assertThat(stores.users().all(GLOBEX)).containsExactly(Users.member(GLOBEX, "mia"));
    assertThat(stores.users().entitlements(GLOBEX, Role.MEMBER)).isEmpty();
    assertThat(stores.clients().find(GLOBEX, service.id())).isNull();
    assertThat(stores.clients().all(GLOBEX)).containsExactly(Clients.app(GLOBEX));
    assertThat(stores.upstreams().find(GLOBEX, "openai")).isNull();
    assertThat(stores.upstreams().all(GLOBEX)).isEmpty();
    assertThat(stores.mandates().find(GLOBEX, mandate.id())).isNull();
    assertThat(stores.mandates().ofUser(GLOBEX, zoe.id(), 10)).isEmpty();
    assertThat(stores.mandates().page(GLOBEX, Filter.ALL, null, 10, NOW)).isEmpty();
    assertThat(
            stores
                .mandates()
                .page(GLOBEX, new Filter(standing.client(), null, null), null, 10, NOW))
        .isEmpty();
    assertThat(stores.mandates().countLive(GLOBEX, zoe.id(), NOW)).isZero();
    assertThat(stores.mandates().standing(GLOBEX, service.id(), NOW)).isNull();
    assertThat(stores.mandates().latestStanding(GLOBEX, service.id())).isNull();
    assertThat(stores.pendings().find(GLOBEX, new PendingId("pending_1"), NOW)).isNull();
    assertThat(stores.codes().find(GLOBEX, hash("code"))).isNull();
    assertThat(stores.devices().find(GLOBEX, hash("device"))).isNull();
    assertThat(stores.devices().waiting(GLOBEX, hash("user"), NOW)).isNull();
    assertThat(stores.refreshTokens().find(GLOBEX, hash("refresh"))).isNull();
    assertThat(stores.revokedTokens().live(GLOBEX, NOW)).isEmpty();
    assertThat(stores.sessions().find(GLOBEX, hash("cookie"), NOW)).isNull();
    assertThat(stores.signingKeys().all(GLOBEX)).isEmpty();
    assertThat(stores.storedObjects().find(GLOBEX, object.id())).isNull();
    assertThat(stores.storedObjects().find(GLOBEX, object.owner(), object.id(), NOW)).isNull();
    assertThat(
            stores
                .storedObjects()
                .owned(GLOBEX, object.owner(), "openai", ObjectKind.FILE, null, 9, NOW))
        .isEmpty();
    assertThat(
            stores
                .storedObjects()
                .page(GLOBEX, new StoredObjectStore.Filter(null, null, null, null), null, 9))
        .isEmpty();
    assertThat(stores.apiKeys().find(GLOBEX, apiKey.hash())).isNull();
    assertThat(stores.apiKeys().find(GLOBEX, apiKey.id())).isNull();
    assertThat(stores.apiKeys().ofUser(GLOBEX, zoe.id())).isEmpty();
    assertThat(stores.apiKeys().ofTenant(GLOBEX)).isEmpty();
    assertThat(stores.apiKeys().ofMandate(GLOBEX, mandate.id())).isEmpty();
    assertThat(stores.tenantKeys().find(GLOBEX)).isNull();
    assertThat(stores.credentials().current(GLOBEX, "openai")).isNull();
    assertThat(stores.ledger().spent(List.of(AccountId.of(GLOBEX, mandate.id(), 0)))).isEmpty();
    assertThat(stores.ledger().summary(GLOBEX, mandate.id()).requests()).isZero();
    assertThat(stores.ledger().latest(GLOBEX, mandate.id(), 10)).isEmpty();
    assertThat(stores.audit().latest(GLOBEX, 10)).isEmpty();
    assertThat(stores.audit().newest(GLOBEX, AuditStore.Filter.ALL, null, 10).events()).isEmpty();
    assertThat(stores.audit().oldest(GLOBEX, AuditStore.Filter.ALL, 1, 10).events()).isEmpty();
    assertThat(stores.users().page(GLOBEX, UserStore.Filter.ALL, null, 10))
        .containsExactly(Users.member(GLOBEX, "mia"));
    assertThat(stores.apiKeys().page(GLOBEX, ApiKeyStore.Filter.ALL, null, 10)).isEmpty();
    assertThat(stores.roles().find(GLOBEX, "support")).isNull();
    assertThat(stores.modelTiers().all(GLOBEX)).isEmpty();
    assertThat(stores.roles().all(GLOBEX)).isEqualTo(Role.builtIn());
    assertThat(stores.budgets().limits(AccountId.of(GLOBEX))).isEqualTo(Limits.NONE);
    assertThat(stores.budgets().page(GLOBEX, null, 10)).isEmpty();
    assertThat(stores.configured().of(GLOBEX, ConfiguredStore.Kind.USER)).isEmpty();
  }

  @Test
  void nothingIsChangedAcross() {
    assertThat(stores.users().setDisabled(GLOBEX, zoe.id(), true)).isFalse();
    assertThat(stores.users().setRole(GLOBEX, zoe.id(), Role.OWNER)).isFalse();
    assertThat(stores.users().edit(GLOBEX, zoe.id(), now -> now.withRole(Role.OWNER)))
        .isEqualTo(new UserStore.Edited.Unknown());
    assertThat(stores.roles().remove(GLOBEX, "support", (role, _) -> role != null))
        .isEqualTo(RoleStore.Outcome.UNEXPECTED);
    assertThat(stores.budgets().replace(AccountId.of(GLOBEX), Limits.NONE, LIMITS::equals))
        .isFalse();
    assertThat(stores.mandates().revoke(GLOBEX, mandate.id(), NOW)).isFalse();
    assertThat(stores.pendings().consume(GLOBEX, new PendingId("pending_1"), NOW)).isFalse();
    assertThat(stores.codes().consume(GLOBEX, hash("code"), NOW)).isFalse();
    assertThat(stores.devices().claim(GLOBEX, hash("user"), new PendingId("p"), NOW)).isFalse();
    assertThat(stores.devices().refuse(GLOBEX, hash("user"), NOW)).isFalse();
    assertThat(stores.devices().poll(GLOBEX, hash("device"), NOW))
        .isEqualTo(new DeviceStore.Poll.Unknown());
    assertThat(stores.devices().consume(GLOBEX, hash("device"), NOW)).isFalse();
    assertThat(
            stores
                .refreshTokens()
                .rotate(GLOBEX, hash("refresh"), hash("x"), new byte[1], NOW, NOW.plusSeconds(60)))
        .isEqualTo(new Rotation.Unknown());
    stores.sessions().delete(GLOBEX, hash("cookie"));
    stores.sessions().deleteOfUser(GLOBEX, zoe.id());
    stores.signInThrottle().clear(GLOBEX, "zoe");
    assertThat(stores.storedObjects().delete(GLOBEX, object.id(), NOW)).isFalse();
    assertThat(stores.storedObjects().withdraw(GLOBEX, object.id(), NOW)).isFalse();
    assertThat(stores.storedObjects().find(ACME, object.id())).isEqualTo(object);
    assertThat(stores.apiKeys().revoke(GLOBEX, apiKey.id(), NOW)).isFalse();
    stores.apiKeys().used(GLOBEX, apiKey.id(), NOW, "192.0.2.1");
    assertThat(
            stores
                .apiKeys()
                .rotate(
                    GLOBEX,
                    apiKey.id(),
                    0,
                    new KeySecret(hash("stolen"), "olen", NOW, null),
                    NOW,
                    apiKey.expiresAt(),
                    null,
                    NOW))
        .isEqualTo(new ApiKeyStore.Rotation.Ended());
    assertThat(
            stores
                .apiKeys()
                .leaked(GLOBEX, apiKey.id(), apiKey.hash(), LeakPlace.REPORT, true, NOW))
        .isEqualTo(ApiKeyStore.Leaked.NOTHING_NEW);
    assertThat(stores.apiKeys().ending(GLOBEX, NOW, apiKey.expiresAt(), 10)).isEmpty();
    assertThat(heard).isEmpty();

    assertThat(stores.users().find(ACME, zoe.id())).isEqualTo(zoe);
    assertThat(stores.mandates().find(ACME, mandate.id())).isEqualTo(mandate);
    assertThat(stores.pendings().consume(ACME, new PendingId("pending_1"), NOW)).isTrue();
    assertThat(stores.codes().consume(ACME, hash("code"), NOW)).isTrue();
    assertThat(stores.devices().waiting(ACME, hash("user"), NOW)).isNotNull();
    assertThat(stores.refreshTokens().find(ACME, hash("refresh"))).isNotNull();
    assertThat(stores.sessions().find(ACME, hash("cookie"), NOW)).isNotNull();
    assertThat(stores.signInThrottle().admit(ACME, "zoe", 1, Duration.ofMinutes(1), NOW)).isFalse();
    assertThat(stores.apiKeys().find(ACME, apiKey.id())).isEqualTo(apiKey);
    assertThat(stores.roles().find(ACME, "support")).isNotNull();
    assertThat(stores.budgets().limits(AccountId.of(ACME))).isEqualTo(LIMITS);
  }

  @Test
  void theSameNamesLiveInBothWithoutTouching() {
    stores.revokedTokens().revoke(GLOBEX, "jti", NOW.plusSeconds(1));
    assertThat(stores.signInThrottle().admit(GLOBEX, "zoe", 1, Duration.ofMinutes(1), NOW))
        .isTrue();
    assertThat(
            stores
                .signingKeys()
                .insertFirst(
                    new SigningKeyStore.Stored(GLOBEX, "kid", "ES256", new byte[1], NOW, NOW)))
        .isTrue();
    assertThat(stores.tenantKeys().insertFirst(new Wrapped(GLOBEX, "main", new byte[] {2})))
        .isNotNull()
        .satisfies(key -> assertThat(key.bytes()).containsExactly(2));
    stores
        .ledger()
        .append(List.of(LedgerStoreContract.entry(GLOBEX, "req_1", LocalDate.of(2026, 11, 21), 9)));
    assertThat(stores.users().insert(Users.member(GLOBEX, "zoe"))).isTrue();
    stores.upstreams().save(Upstreams.openai(GLOBEX, URI.create("https://other.test")));

    assertThat(stores.revokedTokens().live(ACME, NOW)).containsEntry("jti", NOW.plusSeconds(60));
    assertThat(stores.tenantKeys().find(ACME))
        .isNotNull()
        .satisfies(key -> assertThat(key.bytes()).containsExactly(1));
    assertThat(stores.ledger().summary(ACME, mandate.id()).costMicros()).isEqualTo(5);
    assertThat(stores.ledger().summary(GLOBEX, mandate.id()).costMicros()).isEqualTo(9);
    assertThat(Objects.requireNonNull(stores.upstreams().find(ACME, "openai")).baseUrl())
        .isEqualTo(URI.create("https://openai.test"));
    assertThat(stores.audit().firstBroken(ACME)).isZero();
  }

  @Test
  void noRowPointsIntoAnotherTenant() {
    Mandate crossing =
        new Mandate(
            GLOBEX,
            new MandateId("mandate_x"),
            service.id(),
            zoe.id(),
            mandate.scopes(),
            mandate.access(),
            NOW,
            Mandates.EXPIRES_AT,
            null,
            mandate.id());
    assertThatThrownBy(() -> stores.mandates().insert(crossing))
        .isInstanceOf(StorageException.class);
    assertThatThrownBy(
            () ->
                stores
                    .sessions()
                    .insert(new Session(GLOBEX, hash("x"), zoe.id(), NOW, NOW.plusSeconds(1))))
        .isInstanceOf(StorageException.class);
    assertThatThrownBy(
            () ->
                stores
                    .apiKeys()
                    .insert(ApiKeyStoreContract.key("key_x", Users.member(GLOBEX, "mia"), mandate)))
        .isInstanceOf(StorageException.class);
  }
}
