package dev.mandate.admin;

import static dev.mandate.admin.SecondHalf.as;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.admin.AdminServer.Answer;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.User;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.testing.Fixture;
import dev.mandate.testing.Tenants;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApiKeysApiTest {
  private AdminServer server;

  @BeforeEach
  void start(@TempDir Path folder) {
    server = new AdminServer(folder, SecondHalf::operations);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static String body(String scopes, String more) {
    return "{\"name\":\"export\",\"scopes\":" + scopes + more + "}";
  }

  @Test
  void aKeyIsShownOnceWorksAndStopsAtOnceWhenItIsRevoked() {
    Answer made = server.post("/api_keys", body("[\"users:read\"]", ",\"expires_in\":60"));
    assertThat(made.status()).isEqualTo(201);
    Secret key = Secret.of(made.text("api_key"));
    assertThat(server.get("/users", as(key)).status()).isEqualTo(200);
    assertThat(server.get("/audit", as(key)).status()).isEqualTo(403);
    Answer read = server.get("/api_keys/" + made.text("id"));
    assertThat(read.http().body()).doesNotContain(key.reveal());
    assertThat(read.text("status")).isEqualTo("active");
    assertThat(read.text("last_used_at")).isNotEmpty();
    assertThat(server.get("/api_keys").http().body()).doesNotContain(key.reveal());
    assertThat(server.stores.audit().latest(Fixture.TENANT, 10).toString())
        .doesNotContain(key.reveal());

    List<Change> heard = new ArrayList<>();
    server.changes.subscribe(heard::add);
    assertThat(server.post("/api_keys/" + made.text("id") + "/revoke", "").text("status"))
        .isEqualTo("revoked");
    assertThat(server.get("/users", as(key)).status()).isEqualTo(401);
    assertThat(heard)
        .containsExactly(new Change.ApiKeyRevoked(Fixture.TENANT, new ApiKeyId(made.text("id"))));
  }

  @Test
  void aKeyLastsNinetyDaysAtMost() {
    Answer made = server.post("/api_keys", body("[\"users:read\"]", ""));
    assertThat(made.text("expires_at"))
        .isEqualTo(server.clock.instant().plus(Duration.ofDays(90)).toString());
    long longest = Duration.ofDays(90).toSeconds();
    assertThat(
            server
                .post("/api_keys", body("[\"users:read\"]", ",\"expires_in\":" + longest))
                .status())
        .isEqualTo(201);
    assertThat(
            server
                .post("/api_keys", body("[\"users:read\"]", ",\"expires_in\":" + (longest + 1)))
                .code())
        .isEqualTo("invalid_body");
    server.clock.advance(Duration.ofDays(90));
    assertThat(server.get("/users", as(Secret.of(made.text("api_key")))).status()).isEqualTo(401);
  }

  @Test
  void nobodyMakesAKeyThatMayDoMoreThanThey() {
    Secret narrow = server.key(Set.of("api_keys:write", "users:read"), null);
    assertThat(
            server
                .post("/api_keys", body("[\"users:read\",\"users:write\"]", ""), as(narrow))
                .code())
        .isEqualTo("beyond_own_scopes");
    assertThat(server.post("/api_keys", body("[\"users:read\"]", ""), as(narrow)).status())
        .isEqualTo(201);
    for (String scopes : List.of("[]", "[\"*\"]", "[\"users:*\"]", "[\"llm:openai\"]")) {
      assertThat(server.post("/api_keys", body(scopes, ""), as(narrow)).code())
          .isEqualTo("invalid_body");
    }
    for (String member : List.of("owner_id", "mandate_id", "id", "expires_at", "hint")) {
      assertThat(
              server
                  .post("/api_keys", body("[\"users:read\"]", ",\"" + member + "\":\"x\""))
                  .code())
          .isEqualTo("invalid_body");
    }
  }

  @Test
  void aKeyThatAPersonMadeIsTheirsAndEndsWithTheirRights() {
    User ada = SecondHalf.user(server, "adam", Role.ADMIN);
    Secret adas = server.key(Role.ADMIN.adminScopes(), ada.id());
    Answer made = server.post("/api_keys", body("[\"users:read\"]", ""), as(adas));
    Secret key = Secret.of(made.text("api_key"));
    assertThat(made.text("owner_id")).isEqualTo(ada.id().value());
    assertThat(server.get("/users", as(key)).status()).isEqualTo(200);
    server.stores.users().setRole(Fixture.TENANT, ada.id(), Role.MEMBER);
    assertThat(server.get("/users", as(key)).status()).isEqualTo(403);
    server.stores.users().setDisabled(Fixture.TENANT, ada.id(), true);
    assertThat(server.get("/users", as(key)).status()).isEqualTo(401);
  }

  @Test
  void aPersonsKeyOfAMandateIsSeenWithoutItsSecretAndCanBeRevoked() {
    Mandate mandate = server.fixture.mandate(Fixture.APP, Fixture.ADA, "openid", "openai");
    ApiKey spending = key("key_ada", Fixture.TENANT, mandate);
    server.stores.apiKeys().insert(spending);
    JsonNode items = server.get("/api_keys?kind=mandate").json().path("items");
    assertThat(items).hasSize(1);
    assertThat(items.get(0).path("mandate_id").asText()).isEqualTo(mandate.id().value());
    assertThat(items.toString()).doesNotContain(spending.hash().value());
    assertThat(server.get("/api_keys?mandate_id=" + mandate.id()).json().path("items")).hasSize(1);
    assertThat(server.get("/api_keys?owner_id=user_ada").json().path("items")).hasSize(1);
    assertThat(server.get("/api_keys?kind=admin").json().path("items")).hasSize(1);
    assertThat(server.post("/api_keys/key_ada/revoke", "").text("status")).isEqualTo("revoked");
  }

  private ApiKey key(String id, dev.mandate.domain.tenant.TenantId tenant, Mandate mandate) {
    return new ApiKey(
        tenant,
        new ApiKeyId(id),
        TokenHash.of(Secret.of("secret of " + id)),
        "hint",
        id,
        mandate.user(),
        mandate.id(),
        Set.of(),
        server.clock.instant(),
        server.clock.instant().plusSeconds(60),
        null,
        null);
  }

  @Test
  void anotherTenantsKeysAreNotThere() {
    User stranger = SecondHalf.stranger(server);
    ApiKey key =
        new ApiKey(
            Tenants.GLOBEX,
            new ApiKeyId("key_stranger"),
            TokenHash.of(Secret.of("secret")),
            "hint",
            "theirs",
            stranger.id(),
            null,
            Set.of("users:read"),
            server.clock.instant(),
            server.clock.instant().plusSeconds(60),
            null,
            null);
    server.stores.apiKeys().insert(key);
    assertThat(server.get("/api_keys/key_stranger").code()).isEqualTo("not_found");
    assertThat(server.post("/api_keys/key_stranger/revoke", "").code()).isEqualTo("not_found");
    assertThat(server.get("/api_keys").json().path("items")).hasSize(1);
    assertThat(server.stores.apiKeys().find(Tenants.GLOBEX, key.id())).isEqualTo(key);
  }

  @Test
  void anAccessTokenMakesNoKeyThatWouldOutliveItsMandate() {
    User owner = SecondHalf.user(server, "olga", Role.OWNER);
    Set<String> scopes = AdminScope.names();
    Client client =
        new Client(
            Fixture.TENANT,
            new ClientId("console"),
            "Console",
            null,
            Set.of("https://console.example/cb"),
            Set.of("authorization_code"),
            scopes,
            Set.of(),
            List.of(),
            List.of(),
            false,
            false,
            server.clock.instant());
    server.stores.clients().save(client);
    Mandate mandate =
        server.fixture.mandate(
            client.id(), owner.id(), String.join(" ", scopes), Duration.ofDays(1));
    Secret token =
        server
            .accessTokens
            .issue(
                server.issuers.root(),
                mandate,
                mandate.scopes(),
                List.of(),
                List.of(AdminServer.ISSUER + AdminScope.RESOURCE))
            .token();
    assertThat(server.get("/users", as(token)).status()).isEqualTo(200);
    assertThat(server.post("/api_keys", body("[\"users:read\"]", ""), as(token)).code())
        .isEqualTo("needs_api_key");
    SecondHalf.user(server, "aud", Role.AUDITOR);
    for (String[] lasting :
        List.of(
            new String[] {"/tenants/default/api_key", ""},
            new String[] {"/tenants", "{\"id\":\"own\",\"name\":\"x\",\"api_key\":true}"},
            new String[] {
              "/tenants", "{\"id\":\"own\",\"name\":\"x\",\"owner\":{\"username\":\"me\"}}"
            },
            new String[] {
              "/users", "{\"username\":\"x\",\"role\":\"auditor\",\"generate_password\":true}"
            },
            new String[] {"/users/user_aud/password", "{}"})) {
      assertThat(server.post(lasting[0], lasting[1], as(token)).code())
          .as(lasting[0])
          .isEqualTo("needs_api_key");
    }
    assertThat(server.post("/users", "{\"username\":\"x\"}", as(token)).status()).isEqualTo(201);
    assertThat(server.stores.apiKeys().ofUser(Fixture.TENANT, owner.id())).isEmpty();
  }
}
