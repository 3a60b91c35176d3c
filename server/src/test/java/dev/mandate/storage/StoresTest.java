package dev.mandate.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.user.User;
import dev.mandate.testing.Clients;
import dev.mandate.testing.Mandates;
import dev.mandate.testing.Tenants;
import dev.mandate.testing.TestClock;
import dev.mandate.testing.Users;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoresTest {
  @TempDir private Path folder;

  private final TestClock clock = new TestClock();

  @Test
  void whatWasStoredIsThereAfterReopening() {
    Client client = Clients.app(Tenants.ACME);
    User user = Users.member(Tenants.ACME, "mia");
    Mandate mandate = Mandates.mandate("mandate_1", client, user, Mandates.chat(Limits.NONE));
    try (Stores stores = Stores.open(folder, new ChangeFeed(), clock)) {
      stores.tenants().save(Tenants.tenant(Tenants.ACME));
      stores.clients().save(client);
      assertThat(stores.users().insert(user)).isTrue();
      stores.mandates().insert(mandate);
    }
    try (Stores stores = Stores.open(folder, new ChangeFeed(), clock)) {
      assertThat(stores.tenants().find(Tenants.ACME)).isEqualTo(Tenants.tenant(Tenants.ACME));
      assertThat(stores.clients().find(Tenants.ACME, client.id())).isEqualTo(client);
      assertThat(stores.users().find(Tenants.ACME, user.id())).isEqualTo(user);
      assertThat(stores.mandates().find(Tenants.ACME, mandate.id())).isEqualTo(mandate);
    }
  }
}
