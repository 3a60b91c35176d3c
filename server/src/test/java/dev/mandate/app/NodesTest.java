package dev.mandate.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.storage.DatabaseUrl;
import dev.mandate.testing.Postgres;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two whole servers on one PostgreSQL database, and settings that name none.
class NodesTest {
  private static final String MINIMAL =
      """
      public-url: https://mandate.example
      trusted-proxies: [127.0.0.1]
      data: /nowhere
      """;

  @TempDir private Path folder;

  private static String get(Server server, String path) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpResponse<String> response =
          http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(response.statusCode()).as(path + " " + response.body()).isEqualTo(200);
      return response.body();
    }
  }

  @Test
  void twoServersStartOnOneDatabaseAndPublishTheSameKeys() throws Exception {
    String url = Postgres.database().toString();
    Path atA = folder.resolve("a");
    Launch.Demonstration a = Launch.demo(atA, 0, url, null, Map.of());
    try (Server first = a.server();
        AutoCloseable _ = a.simulator()) {
      // The same secrets and people, and a data folder of its own.
      Path atB = Files.createDirectories(folder.resolve("b"));
      for (String shared : new String[] {"development-master.key", "demo.json"}) {
        Files.copy(atA.resolve(shared), atB.resolve(shared));
      }
      Launch.Demonstration b = Launch.demo(atB, 0, url, null, Map.of());
      try (Server second = b.server();
          AutoCloseable _ = b.simulator()) {
        assertThat(get(first, "/readyz")).isEqualTo(get(second, "/readyz"));
        assertThat(get(first, "/oauth/jwks")).isEqualTo(get(second, "/oauth/jwks"));
      }
    }
  }

  @Test
  void aDatabaseThatIsNotThereRefusesTheStartInOneLine() {
    String url = Postgres.database().toString().replaceAll("/test_\\d+$", "/nowhere");
    assertThatThrownBy(() -> Launch.demo(folder, 0, url, null, Map.of()))
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("there is no database nowhere")
        .message()
        .hasLineCount(1);
  }

  private static DatabaseUrl database(String more, String option, Map<String, String> environment) {
    ServerConfig config = ConfigFile.parse(MINIMAL + more, environment);
    return Objects.requireNonNull(
        DatabaseSetting.of(option.isEmpty() ? null : option, config, environment));
  }

  private static String password(DatabaseUrl url) {
    return Objects.requireNonNull(url.password()).reveal();
  }

  @Test
  void theCommandLineComesBeforeTheFileAndTheFilesPasswordBeforeTheEnvironments() throws Exception {
    Path file = Files.writeString(folder.resolve("password"), "from-file\n");
    String yaml = "database: postgresql://u@file/n\n";
    String withFile = yaml + "database-password-file: " + file + "\n";
    Map<String, String> environment = Map.of(DatabaseSetting.PASSWORD_VARIABLE, "from-env");
    assertThat(database(yaml, "", environment)).hasToString("postgresql://u@file:5432/n");
    assertThat(password(database(yaml, "", environment))).isEqualTo("from-env");
    assertThat(password(database(withFile, "", environment))).isEqualTo("from-file");
    assertThat(password(database(withFile, "postgresql://v@line/n", environment)))
        .isEqualTo("from-file");
    assertThat(database(yaml, "postgresql://v@line/n", Map.of()))
        .hasToString("postgresql://v@line:5432/n");
    assertThat(DatabaseSetting.of(null, ConfigFile.parse(MINIMAL, Map.of()), Map.of())).isNull();
    assertThatThrownBy(() -> database("database: oracle://u:canary@h/n\n", "", Map.of()))
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("expected postgresql://")
        .message()
        .doesNotContain("canary");
  }

  @Test
  void aMaximalStalenessOutOfBoundsRefusesTheStart() {
    for (String staleness : new String[] {"PT0.5S", "PT31S"}) {
      assertThatThrownBy(
              () ->
                  Launch.refuseUnsafe(
                      ConfigFile.parse(MINIMAL + "max-staleness: " + staleness, Map.of())))
          .isInstanceOf(StartRefused.class)
          .hasMessageContaining("max-staleness is " + staleness);
    }
  }
}
