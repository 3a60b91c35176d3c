package dev.mandate.admin;

import static dev.mandate.admin.SecondHalf.as;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.admin.AdminServer.Answer;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.User;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.testing.Fixture;
import dev.mandate.testing.Tenants;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RolesApiTest {
  private static final String TERMS =
      "[{\"upstream\":\"openai\",\"models\":[\"a\"],\"capabilities\":[\"chat\"],"
          + "\"limits\":{\"cost_micros\":5},\"expires_in\":3600}]";

  private AdminServer server;

  @BeforeEach
  void start(@TempDir Path folder) {
    server = new AdminServer(folder, SecondHalf::operations);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static String body(String scopes, String terms) {
    return "{\"admin_scopes\":" + scopes + ",\"entitlements\":" + terms + "}";
  }

  private Answer make(String id, String scopes, String... headers) {
    return server.post(
        "/roles",
        "{\"id\":\"" + id + "\",\"admin_scopes\":" + scopes + ",\"entitlements\":" + TERMS + "}",
        headers);
  }

  private Answer put(String id, String body, String... headers) {
    List<String> all = new ArrayList<>(List.of(headers));
    all.addAll(List.of("if-match", "*"));
    return server.send("PUT", "/roles/" + id, body, all.toArray(String[]::new));
  }

  @Test
  void anOwnRoleIsMadeGivenChangedAndRemoved() {
    List<Change> heard = new ArrayList<>();
    server.changes.subscribe(heard::add);
    Answer made = make("support", "[\"users:read\"]");
    assertThat(made.status()).isEqualTo(201);
    assertThat(server.get("/roles/support").json()).isEqualTo(made.json());
    assertThat(made.json().path("entitlements").toString()).isEqualTo(TERMS);
    assertThat(heard).containsExactly(new Change.PolicyChanged(Fixture.TENANT));
    assertThat(make("support", "[]").code()).isEqualTo("role_exists");
    assertThat(make("owner", "[]").code()).isEqualTo("role_exists");

    Answer user = server.post("/users", "{\"username\":\"sue\",\"role\":\"support\"}");
    assertThat(user.status()).isEqualTo(201);
    Secret sues =
        server.key(
            Set.of("users:read", "audit:read"),
            new dev.mandate.domain.user.UserId(user.text("id")));
    assertThat(server.get("/users", as(sues)).status()).isEqualTo(200);
    assertThat(server.get("/audit", as(sues)).status()).isEqualTo(403);

    assertThat(put("support", body("[\"audit:read\"]", "[]")).status()).isEqualTo(200);
    assertThat(server.get("/users", as(sues)).status()).isEqualTo(403);
    assertThat(server.get("/audit", as(sues)).status()).isEqualTo(200);

    assertThat(server.send("DELETE", "/roles/support", null, "if-match", "*").code())
        .isEqualTo("role_in_use");
    SecondHalf.patch(server, "/users/" + user.text("id"), "{\"role\":\"member\"}", server.admin);
    assertThat(server.send("DELETE", "/roles/support", null, "if-match", "*").status())
        .isEqualTo(204);
    assertThat(server.get("/roles/support").code()).isEqualTo("not_found");
  }

  @Test
  void aBuiltInRoleGivesAwayWhatTheTenantSaysAndMayDoWhatItMay() {
    Answer member = server.get("/roles/member");
    assertThat(member.json().path("built_in").asBoolean()).isTrue();
    assertThat(put("member", body("[]", TERMS)).status()).isEqualTo(200);
    assertThat(server.stores.users().entitlements(Fixture.TENANT, Role.MEMBER)).hasSize(1);
    assertThat(put("member", body("[\"users:write\"]", TERMS)).code()).isEqualTo("role_built_in");
    assertThat(server.send("DELETE", "/roles/member", null, "if-match", "*").code())
        .isEqualTo("role_built_in");
    assertThat(
            server.send("PUT", "/roles/member", body("[]", "[]"), "if-match", member.etag()).code())
        .isEqualTo("precondition_failed");
  }

  @Test
  void nobodyMakesARoleThatMayDoMoreThanThey() {
    Secret narrow = server.key(Set.of("entitlements:read", "entitlements:write"), null);
    Secret admin = server.key(Role.ADMIN.adminScopes(), null);
    assertThat(make("a", "[\"users:write\"]", as(narrow)).code()).isEqualTo("beyond_own_scopes");
    assertThat(make("a", "[\"tenants:write\"]", as(admin)).code()).isEqualTo("beyond_own_scopes");
    assertThat(make("a", "[\"entitlements:read\"]", as(narrow)).status()).isEqualTo(201);
    assertThat(put("a", body("[\"users:write\"]", "[]"), as(narrow)).code())
        .isEqualTo("beyond_own_scopes");
    assertThat(
            Objects.requireNonNull(server.stores.roles().find(Fixture.TENANT, "a")).adminScopes())
        .containsExactly("entitlements:read");
  }

  @Test
  void nobodyTakesScopesFromARoleThatMayDoMoreThanThey() {
    make("keeper", "[\"users:write\"]");
    Secret narrow = server.key(Set.of("entitlements:read", "entitlements:write"), null);
    assertThat(put("keeper", body("[]", "[]"), as(narrow)).code()).isEqualTo("beyond_own_scopes");
    assertThat(server.send("DELETE", "/roles/keeper", null, as(narrow, "if-match", "*")).code())
        .isEqualTo("beyond_own_scopes");
    assertThat(put("keeper", body("[\"users:write\"]", "[]"), as(narrow)).status()).isEqualTo(200);
  }

  @Test
  void aScopeWithAWildcardAMemberThatIsNotDeclaredAndAnUpstreamTwiceAreRefused() {
    assertThat(make("a", "[\"*\"]").code()).isEqualTo("invalid_body");
    assertThat(make("a", "[\"llm:openai\"]").code()).isEqualTo("invalid_body");
    assertThat(make("Upper", "[]").code()).isEqualTo("invalid_body");
    assertThat(put("member", "{\"admin_scopes\":[],\"entitlements\":[],\"built_in\":false}").code())
        .isEqualTo("invalid_body");
    assertThat(
            put("member", body("[]", "[{\"upstream\":\"openai\"},{\"upstream\":\"openai\"}]"))
                .code())
        .isEqualTo("invalid_body");
  }

  @Test
  void rolesComeInPagesByNameAndAnotherTenantsAreNotThere() {
    make("b", "[]");
    User stranger = SecondHalf.stranger(server);
    server
        .stores
        .roles()
        .save(
            Tenants.GLOBEX,
            new Role("secret-ops", new java.util.TreeSet<>()),
            List.of(),
            (_, _) -> true);
    assertThat(stranger.tenant()).isEqualTo(Tenants.GLOBEX);
    List<String> seen = new ArrayList<>();
    String cursor = "";
    do {
      Answer page = server.get("/roles?limit=2" + cursor);
      page.json().path("items").forEach(item -> seen.add(item.path("id").asText()));
      cursor = page.json().has("next_cursor") ? "&cursor=" + page.text("next_cursor") : "";
    } while (!cursor.isEmpty());
    assertThat(seen).containsExactly("admin", "approver", "auditor", "b", "member", "owner");
    assertThat(server.get("/roles/secret-ops").code()).isEqualTo("not_found");
    assertThat(server.post("/users", "{\"username\":\"x\",\"role\":\"secret-ops\"}").code())
        .isEqualTo("invalid_body");
  }
}
