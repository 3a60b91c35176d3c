package dev.mandate.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.providerstate.ObjectKind;
import dev.mandate.domain.providerstate.ObjectOwner;
import dev.mandate.domain.providerstate.StoredObject;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import dev.mandate.testing.Fixture;
import dev.mandate.testing.Tenants;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredObjectsApiTest {
  private AdminServer server;

  @BeforeEach
  void start(@TempDir Path folder) {
    server = new AdminServer(folder, SecondHalf::operations);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private StoredObject kept(TenantId tenant, String id, @Nullable String user) {
    StoredObject object =
        new StoredObject(
            tenant,
            "openai",
            ObjectKind.FILE,
            id,
            new ObjectOwner(user == null ? null : new UserId(user), new ClientId("app")),
            new MandateId("mandate_1"),
            null,
            "cred_1",
            server.clock.instant(),
            null,
            null);
    assertThat(server.stores.storedObjects().claim(object)).isTrue();
    return object;
  }

  @Test
  void whatIsKeptIsListedByWhoseItIs() {
    StoredObject ada = kept(Fixture.TENANT, "file-1", "ada");
    kept(Fixture.TENANT, "file-2", null);
    assertThat(server.get("/stored_objects").json().path("items")).hasSize(2);
    var ofAda = server.get("/stored_objects?user_id=ada&kind=file&upstream_id=openai").json();
    assertThat(ofAda.path("items")).hasSize(1);
    assertThat(ofAda.at("/items/0/id").asText()).isEqualTo(ada.id().value());
    assertThat(ofAda.at("/items/0/provider_id").asText()).isEqualTo("file-1");
    assertThat(server.get("/stored_objects?client_id=other").json().path("items")).isEmpty();
    assertThat(server.get("/stored_objects?kind=response").json().path("items")).isEmpty();
    assertThat(server.get("/stored_objects/" + ada.id()).json())
        .isEqualTo(ofAda.path("items").path(0));
  }

  @Test
  void whatIsTakenFromItsOwnerIsGoneForBoth() {
    StoredObject ada = kept(Fixture.TENANT, "file-1", "ada");
    assertThat(server.send("DELETE", "/stored_objects/" + ada.id(), null, "if-match", "*").status())
        .isEqualTo(204);
    assertThat(server.get("/stored_objects/" + ada.id()).status()).isEqualTo(404);
    assertThat(server.get("/stored_objects").json().path("items")).isEmpty();
    assertThat(
            server
                .stores
                .storedObjects()
                .find(Fixture.TENANT, ada.owner(), ada.id(), server.clock.instant()))
        .isNull();
  }

  @Test
  void anotherTenantsIsNotThere() {
    server.stores.tenants().save(Tenants.tenant(Tenants.GLOBEX));
    StoredObject theirs = kept(Tenants.GLOBEX, "file-1", "ada");
    assertThat(server.get("/stored_objects").json().path("items")).isEmpty();
    assertThat(server.get("/stored_objects/" + theirs.id()).status()).isEqualTo(404);
    assertThat(
            server.send("DELETE", "/stored_objects/" + theirs.id(), null, "if-match", "*").status())
        .isEqualTo(404);
    assertThat(server.stores.storedObjects().find(Tenants.GLOBEX, theirs.id())).isEqualTo(theirs);
  }
}
