package dev.mandate.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.app.SecretWatch.Purpose;
import dev.mandate.app.SecretWatch.Watched;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.storage.DatabaseUrl;
import dev.mandate.testing.Postgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Secrets that change in their files while the server serves, and files that won't do.
class SecretWatchTest {
  private static final Purpose OPENAI = new Purpose.Credential("default", "openai");

  @TempDir private Path folder;
  private final List<String> taken = new ArrayList<>();
  private final SecretWatch.Taker taker = (_, secret) -> taken.add(secret.reveal());

  private static SecretWatch watch(Path file) {
    return new SecretWatch(List.of(new Watched(OPENAI, SecretSource.file(file))));
  }

  @Test
  void aChangedSecretIsTakenOnceTwoLooksFoundTheSame() throws Exception {
    Path file = Files.writeString(folder.resolve("key"), "first\n");
    SecretWatch watch = watch(file);
    watch.look(taker);
    watch.look(taker);
    assertThat(taken).isEmpty();
    Files.writeString(file, "sec");
    watch.look(taker);
    Files.writeString(file, "second");
    watch.look(taker);
    assertThat(taken).isEmpty();
    watch.look(taker);
    watch.look(taker);
    assertThat(taken).containsExactly("second");
  }

  @Test
  void whatChangesBehindLinksAsKubernetesSwapsThemIsSeen() throws Exception {
    Path one = Files.createDirectory(folder.resolve("..1"));
    Path two = Files.createDirectory(folder.resolve("..2"));
    Files.writeString(one.resolve("key"), "first");
    Files.writeString(two.resolve("key"), "second");
    Path data = Files.createSymbolicLink(folder.resolve("..data"), one);
    Path file = Files.createSymbolicLink(folder.resolve("key"), data.resolve("key"));
    SecretWatch watch = watch(file);
    Path next = Files.createSymbolicLink(folder.resolve("..data.next"), two);
    Files.move(next, data, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    watch.look(taker);
    watch.look(taker);
    assertThat(taken).containsExactly("second");
  }

  @Test
  void anEmptyMissingOrBrokenFileKeepsTheOldSecret() throws Exception {
    Path file = Files.writeString(folder.resolve("key"), "first");
    SecretWatch watch = watch(file);
    for (byte[] content : new byte[][] {{}, {' ', '\n'}, {(byte) 0xff}, new byte[1 << 17]}) {
      Files.write(file, content);
      watch.look(taker);
      watch.look(taker);
    }
    Files.delete(file);
    watch.look(taker);
    watch.look(taker);
    assertThat(taken).isEmpty();
    Files.writeString(file, "second");
    watch.look(taker);
    watch.look(taker);
    assertThat(taken).containsExactly("second");
  }

  @Test
  void whatIsRefusedIsTriedAgainUntilItIsTaken() throws Exception {
    Path file = Files.writeString(folder.resolve("key"), "first");
    SecretWatch watch = watch(file);
    Files.writeString(file, "second");
    SecretWatch.Taker refusing =
        (_, _) -> {
          taken.add("refused");
          throw new IllegalStateException("not now");
        };
    watch.look(refusing);
    watch.look(refusing);
    watch.look(refusing);
    watch.look(taker);
    assertThat(taken).containsExactly("refused", "refused", "second");
  }

  @Test
  void aVariableStandsWhereAFileMay() {
    assertThat(SecretSource.of("env:KEY").read(Map.of("KEY", " value ")).reveal())
        .isEqualTo("value");
    assertThatThrownBy(() -> SecretSource.of("env:KEY").read(Map.of("KEY", " ")))
        .isInstanceOf(StartRefused.class)
        .hasMessage("the environment has no KEY, expected a secret");
    assertThat(new SecretWatch(List.of(new Watched(OPENAI, SecretSource.of("env:KEY")))).isEmpty())
        .isTrue();
  }

  @Test
  void aServerTakesCredentialsClientSecretsAndTheDatabasesPasswordAsTheyChange() throws Exception {
    DatabaseUrl database = Postgres.rotating(Postgres.database(), "first-password");
    ConfiguredServer server = new ConfiguredServer(folder, database);
    server.write("db", Secret.of("first-password"));
    server.with("database-password-file: " + server.file("db") + "\n");
    try (server) {
      server.start();
      String token = server.service();
      assertThat(server.chat(token).status()).isEqualTo(200);
      Secret good = server.secret("openai");

      server.write("openai", Secret.of("sk-proj-another-0123456789"));
      // The provider does not know it: what it answers says that it was sent.
      ConfiguredServer.await(() -> server.chat(token).status() == 502);
      server.write("openai", good);
      ConfiguredServer.await(() -> server.chat(token).status() == 200);
      assertThat(server.stores().credentials().page(TenantId.DEFAULT, "openai", null, 10))
          .hasSize(2);

      Secret old = server.secret(ConfiguredServer.SERVICE);
      server.write(ConfiguredServer.SERVICE, Secret.of("too short"));
      server.write("openai", "has a space");
      Secret fresh = Secret.of("s".repeat(40));
      assertThat(server.token(ConfiguredServer.SERVICE, old).status()).isEqualTo(200);
      server.write(ConfiguredServer.SERVICE, fresh);
      ConfiguredServer.await(() -> server.token(ConfiguredServer.SERVICE, fresh).status() == 200);
      assertThat(server.token(ConfiguredServer.SERVICE, old).text("/error"))
          .isEqualTo("invalid_client");
      assertThat(server.chat(token).status()).isEqualTo(200);

      passwordChanges(server, database);
    }
  }

  private static void passwordChanges(ConfiguredServer server, DatabaseUrl database) {
    Postgres.rotating(database, "second-password");
    server.write("db", Secret.of("third-password"));
    server.write("db", Secret.of("second-password"));
    // Connections that are open outlive a changed password: without them only the new one helps.
    ConfiguredServer.await(
        () -> {
          Postgres.execute(
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"
                  + database.name()
                  + "'");
          return server.admin("GET", "/tenant", "").status() == 200;
        });
    assertThat(server.token(ConfiguredServer.SERVICE, server.secret(ConfiguredServer.SERVICE)))
        .satisfies(answer -> assertThat(answer.status()).isEqualTo(200));
  }
}
