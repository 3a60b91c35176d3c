package dev.mandate.admin;

import static dev.mandate.admin.SecondHalf.as;
import static dev.mandate.admin.SecondHalf.patch;
import static dev.mandate.admin.SecondHalf.stranger;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.admin.AdminServer.Answer;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.session.Session;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.RoleStore;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.PasswordHasher;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.testing.Fixture;
import dev.mandate.testing.Tenants;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UsersApiTest {
  private AdminServer server;
  private PasswordHasher passwords;

  @BeforeEach
  void start(@TempDir Path folder) {
    server = new AdminServer(folder, SecondHalf::operations);
    passwords = SecondHalf.passwords(server);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private User stored(String id) {
    return Objects.requireNonNull(server.stores.users().find(Fixture.TENANT, new UserId(id)));
  }

  private User user(String name, Role role) {
    return SecondHalf.user(server, name, role);
  }

  /// What an admin has, who is no owner.
  private Secret admin() {
    return server.key(Role.ADMIN.adminScopes(), null);
  }

  @Test
  void aPersonIsMadeReadChangedAndDisabled() {
    Answer made =
        server.post("/users", "{\"username\":\"Grace\",\"display_name\":\"Grace Hopper\"}");
    assertThat(made.status()).isEqualTo(201);
    assertThat(made.header("location")).endsWith("/admin/v1/users/" + made.text("id"));
    assertThat(made.json().has("password")).isFalse();
    Answer read = server.get("/users/" + made.text("id"));
    assertThat(read.json()).isEqualTo(made.json());
    assertThat(read.text("role")).isEqualTo("member");
    assertThat(read.etag()).isEqualTo(made.etag());

    List<Change> heard = new ArrayList<>();
    server.changes.subscribe(heard::add);
    Answer changed =
        server.send(
            "PATCH",
            "/users/" + made.text("id"),
            "{\"role\":\"approver\",\"disabled\":true}",
            "if-match",
            read.etag());
    assertThat(changed.status()).isEqualTo(200);
    User grace = stored(made.text("id"));
    assertThat(grace.role()).isEqualTo(Role.APPROVER);
    assertThat(grace.disabled()).isTrue();
    assertThat(grace.displayName()).isEqualTo("Grace Hopper");
    assertThat(heard).containsExactly(new Change.UserChanged(Fixture.TENANT, grace.id()));
    assertThat(server.stores.audit().latest(Fixture.TENANT, 2))
        .extracting(AuditEvent::type)
        .containsExactly("user.changed", "user.created");
    assertThat(
            server
                .send(
                    "PATCH",
                    "/users/" + made.text("id"),
                    "{\"disabled\":false}",
                    "if-match",
                    read.etag())
                .code())
        .isEqualTo("precondition_failed");
  }

  @Test
  void aPasswordIsGivenOrShownOnceOrNotThereYet() {
    Answer given =
        server.post("/users", "{\"username\":\"a\",\"password\":\"correct horse battery\"}");
    assertThat(given.http().body()).doesNotContain("correct horse");
    assertThat(matches(given, "correct horse battery")).isTrue();

    Answer generated = server.post("/users", "{\"username\":\"b\",\"generate_password\":true}");
    assertThat(matches(generated, generated.text("password"))).isTrue();
    assertThat(server.get("/users/" + generated.text("id")).json().has("password")).isFalse();

    Answer none = server.post("/users", "{\"username\":\"c\"}");
    assertThat(matches(none, "")).isFalse();

    assertThat(server.post("/users", "{\"username\":\"d\",\"password\":\"elevenchars\"}").code())
        .isEqualTo("invalid_body");
    assertThat(
            server
                .post(
                    "/users",
                    "{\"username\":\"d\",\"password\":\"twelve chars\",\"generate_password\":true}")
                .code())
        .isEqualTo("invalid_body");
    assertThat(server.stores.audit().latest(Fixture.TENANT, 10).toString())
        .doesNotContain("correct horse", generated.text("password"));
  }

  private boolean matches(Answer made, String password) {
    return passwords.matches(Secret.of(password), stored(made.text("id")).passwordHash());
  }

  @Test
  void aNameThatIsTakenInAnotherSpellingIsAConflictAndARoleThatIsNotThereAWrongMember() {
    assertThat(server.post("/users", "{\"username\":\"ADA\"}").code()).isEqualTo("username_taken");
    Answer role = server.post("/users", "{\"username\":\"x\",\"role\":\"emperor\"}");
    assertThat(role.code()).isEqualTo("invalid_body");
    assertThat(role.json().path("errors").path(0).path("pointer").asText()).isEqualTo("/role");
  }

  @Test
  void membersThatAreNotDeclaredAreRefusedAndNothingIsMade() {
    for (String member : List.of("id", "tenant", "password_hash", "admin_scopes", "created_at")) {
      assertThat(server.post("/users", "{\"username\":\"x\",\"" + member + "\":\"y\"}").code())
          .isEqualTo("invalid_body");
      assertThat(
              patch(server, "/users/user_ada", "{\"" + member + "\":\"y\"}", server.admin).code())
          .isEqualTo("invalid_body");
    }
    assertThat(patch(server, "/users/user_ada", "{\"username\":\"y\"}", server.admin).code())
        .isEqualTo("invalid_body");
    assertThat(server.stores.users().all(Fixture.TENANT)).hasSize(1);
  }

  @Test
  void setPasswordEndsEverySessionAndShowsAGeneratedOneOnce() {
    for (String cookie : List.of("one", "two")) {
      server
          .stores
          .sessions()
          .insert(
              new Session(
                  Fixture.TENANT,
                  TokenHash.of(Secret.of(cookie)),
                  Fixture.ADA,
                  server.clock.instant(),
                  server.clock.instant().plusSeconds(60)));
    }
    Answer set = server.post("/users/user_ada/password", "{}");
    assertThat(set.status()).isEqualTo(200);
    assertThat(matches(set, set.text("password"))).isTrue();
    for (String cookie : List.of("one", "two")) {
      assertThat(
              server
                  .stores
                  .sessions()
                  .find(Fixture.TENANT, TokenHash.of(Secret.of(cookie)), server.clock.instant()))
          .isNull();
    }
    Answer given = server.post("/users/user_ada/password", "{\"password\":\"another good one\"}");
    assertThat(given.json().has("password")).isFalse();
    assertThat(matches(given, "another good one")).isTrue();
    assertThat(server.stores.audit().latest(Fixture.TENANT, 1).getFirst().type())
        .isEqualTo("user.password_set");
  }

  @Test
  void nobodyGivesARoleThatMayDoMoreThanThey() {
    User mia = user("mia", Role.MEMBER);
    for (String role : List.of("owner")) {
      assertThat(
              server
                  .post("/users", "{\"username\":\"x\",\"role\":\"" + role + "\"}", as(admin()))
                  .code())
          .isEqualTo("beyond_own_scopes");
      assertThat(patch(server, "/users/user_mia", "{\"role\":\"" + role + "\"}", admin()).code())
          .isEqualTo("beyond_own_scopes");
    }
    Secret narrow = server.key(Set.of("users:read", "users:write"), null);
    for (Role role : List.of(Role.OWNER, Role.ADMIN, Role.AUDITOR, Role.APPROVER)) {
      assertThat(
              patch(server, "/users/user_mia", "{\"role\":\"" + role.name() + "\"}", narrow)
                  .status())
          .isEqualTo(403);
    }
    assertThat(stored("user_mia")).isEqualTo(mia);
    assertThat(
            server.stores.audit().latest(Fixture.TENANT, 100).stream()
                .filter(event -> event.outcome().equals("ok")))
        .isEmpty();
    assertThat(patch(server, "/users/user_mia", "{\"role\":\"admin\"}", admin()).status())
        .isEqualTo(200);
    assertThat(server.post("/users", "{\"username\":\"y\"}", as(narrow)).status()).isEqualTo(201);
  }

  @Test
  void anAdminWhoseRoleIsOwnersCannotMakeThemselfOneWithAKeyOfTheirOwn() {
    User eve = user("eve", Role.ADMIN);
    // The key says more than its owner may today.
    Secret key = server.key(Role.OWNER.adminScopes(), eve.id());
    assertThat(patch(server, "/users/user_eve", "{\"role\":\"owner\"}", key).code())
        .isEqualTo("beyond_own_scopes");
    assertThat(stored("user_eve").role()).isEqualTo(Role.ADMIN);
  }

  @Test
  void nobodyTakesOverOrLocksOutWhoMayDoMoreThanThey() {
    User olga = user("olga", Role.OWNER);
    user("omar", Role.OWNER);
    for (String body : List.of("{}", "{\"password\":\"known to the attacker\"}")) {
      assertThat(server.post("/users/user_olga/password", body, as(admin())).code())
          .isEqualTo("beyond_own_scopes");
    }
    for (String body :
        List.of("{\"role\":\"member\"}", "{\"disabled\":true}", "{\"display_name\":\"x\"}")) {
      assertThat(patch(server, "/users/user_olga", body, admin()).code())
          .isEqualTo("beyond_own_scopes");
    }
    assertThat(stored("user_olga")).isEqualTo(olga);
    assertThat(server.post("/users/user_olga/password", "{}").status()).isEqualTo(200);
  }

  @Test
  void theLastOwnerWhoIsNotDisabledStaysOne() {
    user("olga", Role.OWNER);
    User omar = user("omar", Role.OWNER);
    server.stores.users().setDisabled(Fixture.TENANT, omar.id(), true);
    for (String body : List.of("{\"role\":\"admin\"}", "{\"disabled\":true}")) {
      Answer refused = patch(server, "/users/user_olga", body, server.admin);
      assertThat(refused.status()).isEqualTo(409);
      assertThat(refused.code()).isEqualTo("last_owner");
    }
    patch(server, "/users/user_omar", "{\"disabled\":false}", server.admin);
    assertThat(patch(server, "/users/user_olga", "{\"role\":\"admin\"}", server.admin).status())
        .isEqualTo(200);
  }

  @Test
  void anotherTenantsPeopleAreNotThere() {
    User stranger = stranger(server);
    String path = "/users/" + stranger.id();
    assertThat(server.get(path).code()).isEqualTo("not_found");
    assertThat(patch(server, path, "{\"disabled\":true}", server.admin).code())
        .isEqualTo("not_found");
    assertThat(server.post(path + "/password", "{}").code()).isEqualTo("not_found");
    assertThat(server.get("/users?username_prefix=stranger").json().path("items")).isEmpty();
    assertThat(server.stores.users().find(Tenants.GLOBEX, stranger.id())).isEqualTo(stranger);
  }

  @Test
  void pagesAreStableWhilePeopleCome() {
    for (int i = 0; i < 5; i++) {
      user("person" + i, i % 2 == 0 ? Role.MEMBER : Role.AUDITOR);
    }
    List<String> seen = new ArrayList<>();
    String cursor = "";
    do {
      Answer page = server.get("/users?limit=2&username_prefix=PERSON" + cursor);
      page.json().path("items").forEach(item -> seen.add(item.path("username").asText()));
      cursor = page.json().has("next_cursor") ? "&cursor=" + page.text("next_cursor") : "";
      if (seen.size() == 2) {
        user("person00", Role.MEMBER);
        user("person5", Role.MEMBER);
      }
    } while (!cursor.isEmpty());
    assertThat(seen)
        .containsExactly("person0", "person1", "person2", "person3", "person4", "person5");
    assertThat(server.get("/users?role=auditor&disabled=false").json().path("items")).hasSize(2);
    assertThat(server.get("/users?disabled=true").json().path("items")).isEmpty();
  }

  /// The tenant's roles, of which one is removed the moment after it was found.
  private record Vanishing(RoleStore roles) implements RoleStore {
    @Override
    public @Nullable Role find(TenantId tenant, String name) {
      Role found = roles.find(tenant, name);
      if (found != null && !found.isBuiltIn()) {
        roles.remove(tenant, name, (_, _) -> true);
      }
      return found;
    }

    @Override
    public List<Role> all(TenantId tenant) {
      return roles.all(tenant);
    }

    @Override
    public Outcome save(TenantId tenant, Role role, List<LlmTerms> terms, Expected expected) {
      return roles.save(tenant, role, terms, expected);
    }

    @Override
    public Outcome remove(TenantId tenant, String name, Expected expected) {
      return roles.remove(tenant, name, expected);
    }
  }

  @Test
  void aRoleThatIsRemovedWhileAUserReceivesItIsAConflict(@TempDir Path folder) {
    try (AdminServer other =
        new AdminServer(
            folder,
            at ->
                new UsersApi(
                        at.stores.users(),
                        new Vanishing(at.stores.roles()),
                        SecondHalf.passwords(at),
                        at.tokens)
                    .operations())) {
      Role support = new Role("support", new TreeSet<>());
      RoleStore roles = other.stores.roles();
      roles.save(Fixture.TENANT, support, List.of(), (_, _) -> true);
      Answer made = other.post("/users", "{\"username\":\"x\",\"role\":\"support\"}");
      assertThat(made.code()).isEqualTo("role_gone");
      assertThat(made.status()).isEqualTo(409);
      SecondHalf.user(other, "mia", Role.MEMBER);
      roles.save(Fixture.TENANT, support, List.of(), (_, _) -> true);
      Answer changed =
          SecondHalf.patch(other, "/users/user_mia", "{\"role\":\"support\"}", other.admin);
      assertThat(changed.code()).isEqualTo("role_gone");
    }
  }
}
