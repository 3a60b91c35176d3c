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
    Launch.Demonstration a = Launch.demo(DemoOptions.alone(atA).on(url));
    try (Server first = a.server();
        AutoCloseable _ = a.simulator()) {
      Launch.Demonstration b =
          Launch.demo(DemoOptions.alone(folder.resolve("b")).on(url).joining(atA));
      try (Server second = b.server();
          AutoCloseable _ = b.simulator()) {
        assertThat(get(first, "/readyz")).isEqualTo(get(second, "/readyz"));
        assertThat(second.issuer()).isEqualTo(first.issuer());
        assertThat(get(first, "/oauth/jwks")).isEqualTo(get(second, "/oauth/jwks"));
      }
    }
  }

  @Test
  void aNodeThatCannotJoinOrWouldLeaveThisMachineIsRefusedInOneLine() throws Exception {
    DemoOptions node = DemoOptions.alone(folder.resolve("node"));
    String url = Postgres.database().toString();
    assertRefused(node.joining(folder), "--join needs --database");
    assertRefused(node.on(url).joining(folder), "finds no demo in");
    Files.writeString(folder.resolve("demo.json"), "{}");
    Files.writeString(folder.resolve("development-master.key"), "development-");
    assertRefused(DemoOptions.alone(folder).on(url).joining(folder), "a folder a node");
    assertRefused(
        node.on(url).joining(folder).behind(URI.create("http://localhost:1")), "joined demo's");
    for (String bad :
        new String[] {
          "http://mandate.example:80",
          "https://localhost:80",
          "http://localhost",
          "http://localhost:80/",
          "http://u@localhost:80",
          "http://localhost:80/x",
          "localhost"
        }) {
      assertRefused(node.behind(URI.create(bad)), "--public-url is " + bad);
    }
  }

  private static void assertRefused(DemoOptions options, String saying) {
    assertThatThrownBy(() -> Launch.demo(options))
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining(saying)
        .message()
        .hasLineCount(1);
  }

  @Test
  void aDatabaseThatIsNotThereRefusesTheStartInOneLine() {
    String url = Postgres.database().toString().replaceAll("/test_\\d+$", "/nowhere");
    assertThatThrownBy(() -> Launch.demo(DemoOptions.alone(folder).on(url)))
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
