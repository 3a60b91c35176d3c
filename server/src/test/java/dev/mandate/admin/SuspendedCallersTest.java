package dev.mandate.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.admin.AdminServer.Answer;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.upstream.Egress;
import dev.mandate.domain.user.Role;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.storage.DatabaseUrl;
import dev.mandate.testing.Fixture;
import dev.mandate.testing.Postgres;
import dev.mandate.testing.Suspending;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/// What an API key or a client that is suspended gets from the admin API: a refusal, until it may
/// go on. On PostgreSQL it is suspended at one node and asks the other.
@ParameterizedClass(name = "two nodes: {0}")
@ValueSource(booleans = {false, true})
class SuspendedCallersTest {
  private static final String RESOURCE = AdminServer.ISSUER + AdminScope.RESOURCE;

  @TempDir private static Path folder;

  @SuppressWarnings("NullAway.Init") // start() sets it, before the tests.
  private static AdminServer a;

  @SuppressWarnings("NullAway.Init") // start() sets it, before the tests.
  private static AdminServer b;

  @SuppressWarnings("NullAway.Init") // start() sets it, before the tests.
  private static Suspending suspending;

  /// The parameter is for [#start].
  SuspendedCallersTest(boolean twoNodes) {}

  @AfterEach
  void letAllGo() {
    suspending.resumeAll();
  }

  @BeforeParameterizedClassInvocation
  static void start(boolean twoNodes) {
    if (twoNodes) {
      DatabaseUrl database = Postgres.database();
      a = server("a", database);
      b = server("b", database);
    } else {
      a = server("one", null);
      b = a;
    }
    suspending = new Suspending(a.stores, b.restraints, a.clock);
  }

  private static AdminServer server(String name, @Nullable DatabaseUrl database) {
    return new AdminServer(
        folder.resolve(name),
        database,
        server -> {
          var all = new ArrayList<>(AdminServer.operations(server, new Egress(false, Map.of())));
          all.addAll(
              new MonitoringApi(
                      server.stores.monitoring(),
                      server.stores.findings(),
                      server.stores.restraints())
                  .operations());
          return all;
        });
  }

  @AfterParameterizedClassInvocation
  static void stop() {
    b.close();
    if (a != b) {
      a.close();
    }
  }

  private static Answer ask(String credential) {
    return b.get("/clients", "authorization", "Bearer " + credential);
  }

  private static void suspended(Answer answer) {
    assertThat(answer.status()).as(answer.http().body()).isEqualTo(403);
    assertThat(answer.code()).isEqualTo("caller_suspended");
    assertThat(answer.text("detail")).contains("an administrator can let it go on");
  }

  private static CallerId id(Secret key) {
    ApiKey stored =
        Objects.requireNonNull(a.stores.apiKeys().find(Fixture.TENANT, TokenHash.of(key)));
    return CallerId.of(Fixture.TENANT, stored.id());
  }

  @Test
  void aSuspendedKeyIsRefusedUntilAnotherAdministratorLetsItGoOn() {
    Secret key = a.key(AdminScope.names(), null);
    assertThat(ask(key.reveal()).status()).isEqualTo(200);
    CallerId caller = id(key);
    suspending.suspend(caller);
    suspended(ask(key.reveal()));
    // Least of all may it let itself go on.
    String resume = "/restraints/" + caller.text() + "/resume";
    suspended(b.post(resume, "{}", "authorization", "Bearer " + key.reveal()));
    assertThat(b.post(resume, "{}", "authorization", "Bearer " + b.admin.reveal()).status())
        .isEqualTo(200);
    // Where it was let go on, at once.
    assertThat(ask(key.reveal()).status()).isEqualTo(200);
  }

  @Test
  void aRefusedCallIsNoUseOfTheKey() {
    Secret key = a.key(Set.of("clients:read"), null);
    suspending.suspend(id(key));
    suspended(ask(key.reveal()));
    ApiKey stored =
        Objects.requireNonNull(b.stores.apiKeys().find(Fixture.TENANT, TokenHash.of(key)));
    assertThat(stored.lastUsedAt()).isNull();
    suspending.resume(id(key));
    assertThat(ask(key.reveal()).status()).isEqualTo(200);
  }

  @Test
  void aTokenOfASuspendedClientIsRefusedUntilItMayGoOn() {
    Client app = Objects.requireNonNull(a.stores.clients().find(Fixture.TENANT, Fixture.APP));
    Set<String> policy = new TreeSet<>(app.scopes());
    policy.addAll(AdminScope.names());
    a.stores.clients().save(app.withScopes(policy));
    a.stores.users().setRole(Fixture.TENANT, Fixture.ADA, Role.ADMIN);
    Mandate mandate = a.fixture.mandate(Fixture.APP, Fixture.ADA, "clients:read", "openai");
    String token =
        a.accessTokens
            .issue(a.issuers.root(), mandate, mandate.scopes(), List.of(), List.of(RESOURCE))
            .token()
            .reveal();
    assertThat(ask(token).status()).isEqualTo(200);
    CallerId caller = CallerId.of(Fixture.TENANT, Fixture.APP);
    suspending.suspend(caller);
    suspended(ask(token));
    suspending.resume(caller);
    assertThat(ask(token).status()).isEqualTo(200);
  }
}
