package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.revocation.Change;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.testing.Clients;
import java.util.List;
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
}
