package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.client.ClientStore.Filter;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.revocation.Change;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.testing.Clients;
import dev.mandate.testing.Mandates;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

abstract class ClientStoreContract extends StoreContract {
  ClientStoreContract(Opening opening) {
    super(opening);
  }

  @Test
  void aClientIsFoundAsItWasSavedAndAnnounced() {
    Client web = Clients.web(ACME, Secret.of("secret"));
    stores.clients().save(web);
    assertThat(stores.clients().find(ACME, web.id())).isEqualTo(web);
    assertThat(stores.clients().all(ACME)).containsExactly(app, web);
    assertThat(heard).containsExactly(new Change.ClientChanged(ACME, web.id()));
  }

  @Test
  void savingAgainChangesEveryPart() {
    Client changed =
        new Client(
            ACME,
            app.id(),
            "Changed",
            hash("secret"),
            Set.of(),
            Set.of("client_credentials"),
            Set.of(),
            Set.of(),
            List.of(),
            List.of(),
            true,
            true,
            NOW.plusSeconds(1));
    stores.clients().save(changed);
    assertThat(stores.clients().find(ACME, app.id())).isEqualTo(changed);
  }

  @Test
  void racingSavesLeaveOneOfThemWhole() {
    ClientId id = new ClientId("raced");
    List<Client> saved =
        race(
            RACERS,
            i -> {
              Client client =
                  Clients.client(ACME, id.value(), hash("secret " + i), Set.of("grant_" + i));
              stores.clients().save(client);
              return client;
            });
    assertThat(stores.clients().find(ACME, id)).isIn(saved);
    assertThat(heard).hasSize(RACERS);
  }

  @Test
  void ofRacingInsertsAndOfRacingChangesOneWins() {
    Client web = Clients.web(ACME, Secret.of("secret"));
    assertThat(race(RACERS, _ -> stores.clients().insert(web))).containsOnlyOnce(true);
    List<Boolean> changed =
        race(
            RACERS,
            i ->
                stores
                    .clients()
                    .replace(web, Clients.withSecret(web, Secret.of("secret of " + i))));
    assertThat(changed).containsOnlyOnce(true);
    assertThat(stores.clients().replace(web, web.disable())).isFalse();
    assertThat(heard).hasSize(2);
  }

  @Test
  void aDeletedClientIsGoneItsMandatesAreRevokedAndItsIdStaysTaken() {
    Mandate held = given("mandate_1");
    Client other = Clients.client(ACME, "other", null, Set.of());
    stores.clients().insert(other);
    Mandate onward = Mandates.child("mandate_2", Mandates.mandate("mandate_1", app, mia));
    stores.mandates().insert(onward);
    assertThat(stores.clients().delete(app.disable(), NOW)).isFalse();
    assertThat(stores.clients().delete(app, NOW)).isTrue();
    assertThat(stores.clients().find(ACME, app.id())).isNull();
    assertThat(stores.clients().all(ACME)).containsExactly(other);
    assertThat(stores.clients().insert(app)).isFalse();
    assertThat(stores.clients().delete(app, NOW)).isFalse();
    for (Mandate mandate : List.of(held, onward)) {
      assertThat(Objects.requireNonNull(stores.mandates().find(ACME, mandate.id())).isRevoked())
          .isTrue();
    }
    assertThat(stores.clients().find(GLOBEX, app.id())).isNotNull();
    stores.clients().save(app);
    assertThat(stores.clients().find(ACME, app.id()))
        .as("what a configuration names comes back")
        .isEqualTo(app);
  }

  @Test
  void pagesHoldWhatTheirFiltersAgreeOn() {
    Client web = Clients.web(ACME, Secret.of("secret"));
    stores.clients().insert(web);
    assertThat(stores.clients().page(ACME, new Filter(null, null), null, 1)).containsExactly(app);
    assertThat(stores.clients().page(ACME, new Filter(null, null), app.id(), 5))
        .containsExactly(web);
    assertThat(stores.clients().page(ACME, new Filter(false, null), null, 5)).containsExactly(web);
    assertThat(stores.clients().page(ACME, new Filter(true, false), null, 5)).containsExactly(app);
    assertThat(stores.clients().page(ACME, new Filter(null, true), null, 5)).isEmpty();
  }
}
