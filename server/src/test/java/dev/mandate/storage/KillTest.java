package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.token.AuthorizationCode;
import dev.mandate.testing.Clients;
import dev.mandate.testing.Mandates;
import dev.mandate.testing.Postgres;
import dev.mandate.testing.Tenants;
import dev.mandate.testing.TestClock;
import dev.mandate.testing.Users;
import java.io.BufferedReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.jspecify.annotations.Nullable;

/// A process that is killed while it writes has lost nothing that it said it had stored.
class KillTest {
  private static final int WRITERS = 16;
  private static final int ACKNOWLEDGED_BEFORE_KILL = 1_000;

  /// The process that is killed: stores codes and audit events, and prints what was acknowledged.
  static final class Victim {
    public static void main(String[] args) {
      DatabaseUrl url = args.length == 1 ? null : DatabaseUrl.parse(args[1]);
      Stores stores = Stores.open(Path.of(args[0]), url, new ChangeFeed(), new TestClock());
      stores.tenants().save(Tenants.tenant(ACME));
      stores.clients().save(Clients.app(ACME));
      stores.users().insert(Users.member(ACME, "mia"));
      var mandate = Mandates.mandate("mandate_1", Clients.app(ACME), Users.member(ACME, "mia"));
      stores.mandates().insert(mandate);
      PrintStream out = System.out;
      for (int i = 0; i < WRITERS; i++) {
        int writer = i;
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int k = 0; ; k++) {
                    String id = writer + "." + k;
                    AuthorizationCode code =
                        CodeStoreContract.code(mandate, id, TestClock.START.plusSeconds(60));
                    stores.codes().insert(code);
                    stores.audit().append(List.of(AuditStoreContract.event(ACME, id)));
                    out.println(id);
                  }
                });
      }
    }
  }

  @Test
  void everyAcknowledgedWriteIsThereAfterAKill(@TempDir Path folder) throws Exception {
    for (int round = 1; round <= 2; round++) {
      killed(folder.resolve("data" + round), null);
    }
  }

  @Test
  void everyAcknowledgedWriteIsInPostgresAfterAKillOfTheNode(@TempDir Path folder)
      throws Exception {
    killed(folder.resolve("data"), Postgres.database());
  }

  private static void killed(Path data, @Nullable DatabaseUrl url) throws Exception {
    List<String> acknowledged = runAndKill(data, url);
    assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(ACKNOWLEDGED_BEFORE_KILL);
    try (Stores stores = Stores.open(data, url, new ChangeFeed(), new TestClock())) {
      if (url == null) {
        assertThat(integrity(stores)).containsExactly("ok");
      }
      assertThat(acknowledged)
          .allMatch(id -> stores.codes().find(ACME, StoreContract.hash(id)) != null);
      assertThat(stores.audit().latest(ACME, 1_000_000))
          .extracting(event -> event.type())
          .containsAll(acknowledged);
      assertThat(stores.audit().firstBroken(ACME)).isZero();
    }
  }

  private static List<String> integrity(Stores stores) {
    return stores
        .database()
        .read(
            handle ->
                handle
                    .createQuery("PRAGMA integrity_check")
                    .map((row, _) -> row.getString(1))
                    .list());
  }

  private static List<String> runAndKill(Path data, @Nullable DatabaseUrl url)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.add("-cp");
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add(Victim.class.getName());
    command.add(data.toString());
    if (url != null) {
      command.add(url.toString());
    }
    Process process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<String> acknowledged = new ArrayList<>();
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      String line = lines.readLine();
      while (line != null) {
        acknowledged.add(line);
        if (acknowledged.size() == ACKNOWLEDGED_BEFORE_KILL / 2) {
          assertThatThrownBy(() -> Stores.open(data, new ChangeFeed(), new TestClock()))
              .hasMessageContaining("in use by process " + process.pid());
        }
        if (acknowledged.size() > ACKNOWLEDGED_BEFORE_KILL) {
          // SIGKILL. By its handle, for the process object would close our end of the pipe too.
          process.toHandle().destroyForcibly();
        }
        line = lines.readLine();
      }
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    // The last line may be cut short by the kill.
    return acknowledged.subList(0, acknowledged.size() - 1);
  }
}
