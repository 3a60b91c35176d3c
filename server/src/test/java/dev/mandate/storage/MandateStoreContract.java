package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.mandate.MandateStore.Filter;
import dev.mandate.domain.mandate.MandateStore.Position;
import dev.mandate.domain.revocation.Change;
import dev.mandate.testing.Clients;
import dev.mandate.testing.Mandates;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

abstract class MandateStoreContract extends StoreContract {
  MandateStoreContract(Opening opening) {
    super(opening);
  }

  private Mandate found(String id) {
    return Objects.requireNonNull(stores.mandates().find(ACME, new MandateId(id)));
  }

  private static Mandate at(Mandate mandate, Instant createdAt, Instant expiresAt) {
    return new Mandate(
        mandate.tenant(),
        mandate.id(),
        mandate.client(),
        mandate.user(),
        mandate.scopes(),
        mandate.access(),
        createdAt,
        expiresAt,
        null,
        mandate.parent());
  }

  @Test
  void aMandateIsFoundWithItsAccessInOrder() {
    Mandate mandate =
        Mandates.mandate(
            "mandate_1",
            app,
            mia,
            Mandates.messages(new Limits(1L, 2L, 3L, 4L)),
            Mandates.chat(Limits.NONE));
    stores.mandates().insert(mandate);
    assertThat(stores.mandates().find(ACME, mandate.id())).isEqualTo(mandate);
  }

  @Test
  void aMandateOfAnUnknownClientIsRefused() {
    Client unknown = Clients.client(ACME, "unknown", null, Set.of());
    assertThatThrownBy(() -> stores.mandates().insert(Mandates.mandate("mandate_1", unknown, mia)))
        .isInstanceOf(StorageException.class);
  }

  @Test
  void listsAreNewestFirstAndGoOnBeforeAMandate() {
    for (int i = 0; i < 5; i++) {
      Mandate mandate = Mandates.mandate("mandate_" + i, app, mia, Mandates.chat(Limits.NONE));
      stores.mandates().insert(at(mandate, NOW.plusSeconds(i / 2), Mandates.EXPIRES_AT));
    }
    assertThat(stores.mandates().ofUser(ACME, mia.id(), 3))
        .extracting(m -> m.id().value())
        .containsExactly("mandate_4", "mandate_3", "mandate_2");
    assertThat(page(Filter.ALL, new Position(NOW.plusSeconds(1), new MandateId("mandate_3")), 2))
        .containsExactly("mandate_2", "mandate_1");
    assertThat(page(Filter.ALL, null, 10)).hasSize(5);
    assertThat(page(Filter.ALL, new Position(NOW, new MandateId("mandate_0")), 10)).isEmpty();
  }

  private List<String> page(Filter filter, @Nullable Position before, int limit) {
    return stores.mandates().page(ACME, filter, before, limit, NOW).stream()
        .map(m -> m.id().value())
        .toList();
  }

  @Test
  void listsHoldWhatTheirFiltersAgreeOn() {
    Client other = Clients.client(ACME, "other", null, Set.of());
    stores.clients().save(other);
    given("mandate_1");
    given("mandate_2");
    stores.mandates().revoke(ACME, new MandateId("mandate_2"), NOW);
    stores.mandates().insert(at(Mandates.mandate("mandate_3", app, mia), NOW, NOW));
    stores.mandates().insert(Mandates.mandate("mandate_4", other, null));
    ClientId client = app.id();
    assertThat(page(new Filter(client, null, null), null, 10))
        .containsExactly("mandate_3", "mandate_2", "mandate_1");
    assertThat(page(new Filter(other.id(), null, null), null, 10)).containsExactly("mandate_4");
    assertThat(page(new Filter(other.id(), mia.id(), null), null, 10)).isEmpty();
    assertThat(page(new Filter(null, mia.id(), Mandate.Status.ACTIVE), null, 10))
        .containsExactly("mandate_1");
    assertThat(page(new Filter(client, null, Mandate.Status.REVOKED), null, 10))
        .containsExactly("mandate_2");
    assertThat(page(new Filter(null, null, Mandate.Status.EXPIRED), null, 10))
        .containsExactly("mandate_3");
  }

  @Test
  void revokedAndExpiredMandatesDoNotCountAsLive() {
    given("mandate_1");
    given("mandate_2");
    stores.mandates().insert(at(Mandates.mandate("mandate_3", app, mia), NOW, NOW.plusSeconds(10)));
    stores.mandates().revoke(ACME, new MandateId("mandate_2"), NOW);
    assertThat(stores.mandates().countLive(ACME, mia.id(), NOW)).isEqualTo(2);
    assertThat(stores.mandates().countLive(ACME, mia.id(), NOW.plusSeconds(10))).isEqualTo(1);
  }

  @Test
  void theStandingMandateIsTheTenantsOwnAndAlive() {
    given("mandate_user");
    assertThat(stores.mandates().standing(ACME, app.id(), NOW)).isNull();
    Mandate standing = Mandates.mandate("mandate_own", app, null, Mandates.chat(Limits.NONE));
    stores.mandates().insert(standing);
    assertThat(stores.mandates().standing(ACME, app.id(), NOW)).isEqualTo(standing);
    assertThat(stores.mandates().standing(ACME, new ClientId("other"), NOW)).isNull();
    assertThat(stores.mandates().standing(ACME, app.id(), Mandates.EXPIRES_AT)).isNull();
    stores.mandates().revoke(ACME, standing.id(), NOW);
    assertThat(stores.mandates().standing(ACME, app.id(), NOW)).isNull();
  }

  @Test
  void revokingTakesDescendantsRefreshTokensAndKeysAlong() {
    Mandate root = given("mandate_root");
    Mandate child = Mandates.child("mandate_child", root);
    Mandate grandchild = Mandates.child("mandate_grandchild", child);
    Mandate other = given("mandate_other");
    stores.mandates().insert(child);
    stores.mandates().insert(grandchild);
    stores.refreshTokens().insert(RefreshTokenStoreContract.token(child, "family", "token"));
    stores.refreshTokens().insert(RefreshTokenStoreContract.token(other, "family_2", "token_2"));
    stores.apiKeys().insert(ApiKeyStoreContract.key("key_1", mia, grandchild));
    changes.subscribe(_ -> assertThat(found("mandate_grandchild").isRevoked()).isTrue());

    assertThat(stores.mandates().revoke(ACME, root.id(), NOW)).isTrue();

    assertThat(heard)
        .containsExactlyInAnyOrder(
            new Change.MandateRevoked(ACME, root.id()),
            new Change.MandateRevoked(ACME, child.id()),
            new Change.MandateRevoked(ACME, grandchild.id()));
    assertThat(found("mandate_child").revokedAt()).isEqualTo(NOW);
    assertThat(found("mandate_other").isRevoked()).isFalse();
    assertThat(stores.refreshTokens().find(ACME, hash("token"))).isNull();
    assertThat(stores.refreshTokens().find(ACME, hash("token_2"))).isNotNull();
    assertThat(
            Objects.requireNonNull(stores.apiKeys().find(ACME, new ApiKeyId("key_1"))).isLive(NOW))
        .isFalse();
  }

  @Test
  void revokingAgainChangesNothing() {
    Mandate mandate = given("mandate_1");
    stores.mandates().revoke(ACME, mandate.id(), NOW);
    heard.clear();
    assertThat(stores.mandates().revoke(ACME, mandate.id(), NOW.plusSeconds(9))).isTrue();
    assertThat(found("mandate_1").revokedAt()).isEqualTo(NOW);
    assertThat(heard).isEmpty();
  }

  @Test
  void revokingAnUnknownMandateSaysSo() {
    assertThat(stores.mandates().revoke(ACME, new MandateId("mandate_none"), NOW)).isFalse();
    assertThat(heard).isEmpty();
  }

  @Test
  void ofRacingRevocationsOneIsAnnounced() {
    Mandate mandate = given("mandate_1");
    List<Boolean> known = race(RACERS, _ -> stores.mandates().revoke(ACME, mandate.id(), NOW));
    assertThat(known).containsOnly(true);
    assertThat(heard).containsExactly(new Change.MandateRevoked(ACME, mandate.id()));
  }

  @Test
  void nothingThatIsInsertedWhileItsMandateIsRevokedStaysAlive() {
    for (int round = 0; round < 20; round++) {
      Mandate parent = given("mandate_parent_" + round);
      String suffix = "_" + round;
      race(
          4,
          racer -> {
            switch (racer) {
              case 0 -> stores.mandates().revoke(ACME, parent.id(), NOW);
              case 1 -> stores.mandates().insert(Mandates.child("mandate_child" + suffix, parent));
              case 2 ->
                  stores
                      .refreshTokens()
                      .insert(RefreshTokenStoreContract.token(parent, "f" + suffix, "t" + suffix));
              default ->
                  stores.apiKeys().insert(ApiKeyStoreContract.key("key" + suffix, mia, parent));
            }
            return racer;
          });
      assertThat(found("mandate_child" + suffix).isRevoked()).isTrue();
      assertThat(stores.refreshTokens().find(ACME, hash("t" + suffix))).isNull();
      assertThat(stores.apiKeys().ofMandate(ACME, parent.id()))
          .singleElement()
          .matches(key -> !key.isLive(NOW));
    }
  }
}
