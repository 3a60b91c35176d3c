package dev.mandate.admin;

import static dev.mandate.admin.SecondHalf.as;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.admin.AdminServer.Answer;
import dev.mandate.admin.operation.Operation;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.testing.Fixture;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every operation needs its own scope, and no other gives it.
class ScopesOfOperationsTest {
  private AdminServer server;
  private List<Operation> operations = List.of();

  @BeforeEach
  void start(@TempDir Path folder) {
    server =
        new AdminServer(
            folder,
            s -> {
              operations = SecondHalf.operations(s);
              return operations;
            });
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Answer call(Operation operation, Secret key) {
    String path = operation.path().replaceAll("\\{[a-z_]+}", "none");
    return server.send(
        operation.method(), path, operation.method().equals("GET") ? null : "{}", as(key));
  }

  @Test
  void withEveryOtherScopeAnOperationIsForbiddenAndWithItsOwnItIsNot() {
    assertThat(operations).hasSizeGreaterThan(20);
    for (Operation operation : operations) {
      SortedSet<String> others = new TreeSet<>(AdminScope.names());
      others.remove(operation.scope().wire());
      Answer refused = call(operation, server.key(others, null));
      assertThat(refused.code()).as(operation.id()).isEqualTo("insufficient_scope");
      assertThat(refused.header("www-authenticate")).contains(operation.scope().wire());
      Answer own = call(operation, server.key(Set.of(operation.scope().wire()), null));
      assertThat(own.status()).as(operation.id()).isNotIn(401, 403, 500);
    }
  }

  @Test
  void whatReadsNeedsAReadingScopeAndWhatChangesAWritingOne() {
    for (Operation operation : operations) {
      assertThat(operation.scope().isRead())
          .as(operation.id())
          .isEqualTo(operation.method().equals("GET"));
    }
  }

  @Test
  void withoutAKeyOrWithOneOfAnotherTenantThereIsNothing() {
    dev.mandate.domain.user.User stranger = SecondHalf.stranger(server);
    Secret theirs = dev.mandate.domain.apikey.ApiKeyFormat.generate(server.tokens);
    server
        .stores
        .apiKeys()
        .insert(
            new dev.mandate.domain.apikey.ApiKey(
                stranger.tenant(),
                new dev.mandate.domain.apikey.ApiKeyId("key_theirs"),
                dev.mandate.platform.crypto.TokenHash.of(theirs),
                "hint",
                "theirs",
                null,
                null,
                AdminScope.names(),
                server.clock.instant(),
                server.clock.instant().plusSeconds(600),
                null,
                null));
    for (Operation operation : operations) {
      assertThat(call(operation, theirs).status()).as(operation.id()).isEqualTo(401);
    }
    assertThat(server.stores.audit().latest(Fixture.TENANT, 10)).isEmpty();
  }
}
