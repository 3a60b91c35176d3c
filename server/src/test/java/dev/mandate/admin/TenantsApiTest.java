package dev.mandate.admin;

import static dev.mandate.admin.SecondHalf.as;
import static dev.mandate.admin.SecondHalf.patch;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.admin.AdminServer.Answer;
import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.User;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.testing.Fixture;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TenantsApiTest {
  private static final TenantId ACME = new TenantId("acme");
  private static final String ACME_ADMIN = "/t/acme/admin/v1";

  private AdminServer server;

  @BeforeEach
  void start(@TempDir Path folder) {
    server = new AdminServer(folder, SecondHalf::operations);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  /// Makes acme; gives a key of its admin API.
  private Secret acme() {
    Answer made = server.post("/tenants", "{\"id\":\"acme\",\"name\":\"Acme\",\"api_key\":true}");
    assertThat(made.status()).isEqualTo(201);
    return Secret.of(made.text("api_key"));
  }

  private Tenant stored(TenantId id) {
    return Objects.requireNonNull(server.stores.tenants().find(id));
  }

  @Test
  void aTenantIsMadeWithAnOwnerAndAKeyThatWorkThereAndNowhereElse() {
    List<Change> heard = new ArrayList<>();
    server.changes.subscribe(heard::add);
    Answer made =
        server.post(
            "/tenants",
            "{\"id\":\"acme\",\"name\":\"Acme\",\"zone\":\"Europe/Berlin\",\"api_key\":true,"
                + "\"owner\":{\"username\":\"olga\"}}");
    assertThat(made.status()).isEqualTo(201);
    assertThat(made.text("issuer")).isEqualTo(AdminServer.ISSUER + "/t/acme");
    assertThat(heard).contains(new Change.TenantChanged(ACME));
    assertThat(server.get("/tenants/acme").etag()).isEqualTo(made.etag());
    assertThat(server.get("/tenants/acme").http().body())
        .doesNotContain(made.text("owner_password"), made.text("api_key"));

    User olga = Objects.requireNonNull(server.stores.users().findByUsername(ACME, "olga"));
    assertThat(olga.role()).isEqualTo(Role.OWNER);
    assertThat(
            SecondHalf.passwords(server)
                .matches(Secret.of(made.text("owner_password")), olga.passwordHash()))
        .isTrue();
    Secret key = Secret.of(made.text("api_key"));
    Answer people = server.get(ACME_ADMIN + "/users", as(key));
    assertThat(people.json().path("items")).hasSize(1);
    assertThat(server.get("/users", as(key)).status()).isEqualTo(401);
    assertThat(server.get(ACME_ADMIN + "/users").status()).isEqualTo(401);
    assertThat(server.stores.audit().latest(ACME, 10))
        .extracting(AuditEvent::type)
        .containsExactly("api_key.created", "user.created");
  }

  @Test
  void aTenantOtherThanTheOneThatRunsTheServerKnowsOnlyItself() {
    Secret key = acme();
    for (String path : List.of("/tenants", "/tenants/default", "/tenants/acme")) {
      assertThat(server.get(ACME_ADMIN + path, as(key)).code()).isEqualTo("not_found");
    }
    assertThat(
            server
                .post(ACME_ADMIN + "/tenants", "{\"id\":\"evil\",\"name\":\"Evil\"}", as(key))
                .code())
        .isEqualTo("not_found");
    assertThat(patch(server, ACME_ADMIN + "/tenants/default", "{\"name\":\"x\"}", key).code())
        .isEqualTo("not_found");
    assertThat(server.post(ACME_ADMIN + "/tenants/default/api_key", "", as(key)).code())
        .isEqualTo("not_found");
    assertThat(server.stores.tenants().find(new TenantId("evil"))).isNull();
    assertThat(server.stores.tenants().find(Fixture.TENANT))
        .extracting(tenant -> tenant == null ? "" : tenant.name())
        .isEqualTo("Test");
  }

  @Test
  void aTenantChangesItsOwnSettingsAndCanNotDisableOrRenumberItself() {
    Secret key = acme();
    assertThat(server.get(ACME_ADMIN + "/tenant", as(key)).text("id")).isEqualTo("acme");
    Answer changed =
        patch(
            server,
            ACME_ADMIN + "/tenant",
            "{\"name\":\"Acme AG\",\"mandate_lifetime\":3600}",
            key);
    assertThat(changed.status()).isEqualTo(200);
    assertThat(stored(ACME).name()).isEqualTo("Acme AG");
    assertThat(stored(ACME).mandateLifetime()).isEqualTo(Duration.ofHours(1));
    for (String body : List.of("{\"disabled\":true}", "{\"id\":\"x\"}", "{\"issuer\":\"x\"}")) {
      assertThat(patch(server, ACME_ADMIN + "/tenant", body, key).code()).isEqualTo("invalid_body");
    }
    assertThat(stored(ACME).disabled()).isFalse();
    assertThat(stored(Fixture.TENANT).name()).isEqualTo("Test");
  }

  @Test
  void aTenantIsDisabledAndEnabledButNeverTheOneThatRunsTheServer() {
    acme();
    assertThat(patch(server, "/tenants/acme", "{\"disabled\":true}", server.admin).status())
        .isEqualTo(200);
    assertThat(stored(ACME).disabled()).isTrue();
    assertThat(patch(server, "/tenants/acme", "{\"disabled\":false}", server.admin).status())
        .isEqualTo(200);
    assertThat(stored(ACME).disabled()).isFalse();
    assertThat(patch(server, "/tenants/default", "{\"disabled\":true}", server.admin).code())
        .isEqualTo("invalid_body");
  }

  @Test
  void whatCanNotBeIsRefusedWithItsPlace() {
    acme();
    assertThat(server.post("/tenants", "{\"id\":\"acme\",\"name\":\"x\"}").code())
        .isEqualTo("tenant_exists");
    for (String id : List.of("default", "A", "-a", "a-", "a/b", "x".repeat(41))) {
      assertThat(server.post("/tenants", "{\"id\":\"" + id + "\",\"name\":\"x\"}").code())
          .isEqualTo("invalid_body");
    }
    for (String more :
        List.of(
            "\"zone\":\"Mars/Olympus\"",
            "\"mandate_lifetime\":60,\"mandate_lifetime_max\":59",
            "\"disabled\":true",
            "\"owner\":{\"username\":\"a\",\"role\":\"owner\"}")) {
      assertThat(server.post("/tenants", "{\"id\":\"b\",\"name\":\"x\"," + more + "}").code())
          .isEqualTo("invalid_body");
    }
    assertThat(server.stores.tenants().find(new TenantId("b"))).isNull();
  }

  @Test
  void aKeyForATenantWhoseOwnersAreLockedOutShowsInThatTenantsOwnLog() {
    acme();
    Answer made = server.post("/tenants/acme/api_key", "");
    assertThat(made.status()).isEqualTo(200);
    Secret key = Secret.of(made.text("api_key"));
    assertThat(server.get(ACME_ADMIN + "/api_keys", as(key)).json().path("items")).hasSize(2);
    AuditEvent theirs = server.stores.audit().latest(ACME, 1).getFirst();
    assertThat(theirs.type()).isEqualTo("api_key.created");
    assertThat(theirs.details()).containsEntry("from_tenant", "default");
    assertThat(server.stores.audit().latest(Fixture.TENANT, 1).getFirst().type())
        .isEqualTo("tenant.api_key_created");
  }

  @Test
  void whoMayOnlyChangeTenantsMakesNoKeyOfTheirOwnThatMayDoMore() {
    acme();
    Secret narrow = server.key(Set.of("tenants:write"), null);
    assertThat(server.post("/tenants/default/api_key", "", as(narrow)).code())
        .isEqualTo("beyond_own_scopes");
    assertThat(server.get("/api_keys").json().path("items")).hasSize(2);
    assertThat(server.post("/tenants/acme/api_key", "", as(narrow)).status()).isEqualTo(200);
    assertThat(server.post("/tenants/default/api_key", "").status()).isEqualTo(200);
  }

  @Test
  void tenantsComeInPagesById() {
    for (String id : List.of("c", "a", "b")) {
      server.post("/tenants", "{\"id\":\"" + id + "\",\"name\":\"x\"}");
    }
    List<String> seen = new ArrayList<>();
    String cursor = "";
    do {
      Answer page = server.get("/tenants?limit=2" + cursor);
      page.json().path("items").forEach(item -> seen.add(item.path("id").asText()));
      cursor = page.json().has("next_cursor") ? "&cursor=" + page.text("next_cursor") : "";
    } while (!cursor.isEmpty());
    assertThat(seen).containsExactly("a", "b", "c", "default");
  }
}
