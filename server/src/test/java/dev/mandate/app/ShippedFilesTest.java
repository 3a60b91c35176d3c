package dev.mandate.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import dev.mandate.cli.MandateCommand;
import dev.mandate.platform.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import picocli.CommandLine;

/// What `ship/` and the guides say about settings, ports, paths and exit codes is so.
class ShippedFilesTest {
  private static final Path HOME = Path.of("..");
  private static final Path SHIP = HOME.resolve("ship");

  private static String text(String file) throws IOException {
    return Files.readString(SHIP.resolve(file));
  }

  private static ServerConfig config(String file) {
    return ConfigFile.read(SHIP.resolve(file), Map.of());
  }

  /// What the pattern's one group matches, each time it does.
  private static List<String> all(String pattern, String text) {
    return Pattern.compile(pattern, Pattern.MULTILINE)
        .matcher(text)
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  private static String one(String pattern, String text) {
    List<String> found = all(pattern, text);
    assertThat(found).as(pattern).hasSize(1);
    return found.getFirst();
  }

  private static void isACommand(List<String> words) {
    assertThatCode(
            () -> new CommandLine(new MandateCommand()).parseArgs(words.toArray(String[]::new)))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"compose/mandate.yaml", "systemd/mandate.yaml"})
  void aSampleConfigurationIsReadAndFitForProduction(String file) {
    ServerConfig config = config(file);
    assertThatCode(() -> Launch.refuseUnsafe(config)).doesNotThrowAnyException();
    assertThat(config.upstreams()).isNotEmpty();
  }

  @Test
  void theGuidesConfigurationIsReadAndFitForProduction() throws IOException {
    String guide = Files.readString(HOME.resolve("docs/guides/serve.md"));
    Matcher fence = Pattern.compile("(?s)```yaml\n(.*?)```").matcher(guide);
    assertThat(fence.find()).isTrue();
    ServerConfig config = ConfigFile.parse(fence.group(1).stripIndent(), Map.of());
    assertThatCode(() -> Launch.refuseUnsafe(config)).doesNotThrowAnyException();
  }

  private record Image(String text) {
    static Image read() throws IOException {
      return new Image(ShippedFilesTest.text("Dockerfile").replace("\\\n", " "));
    }

    /// The arguments of an instruction in its JSON form.
    List<String> exec(String instruction) {
      List<String> words = new ArrayList<>();
      JsonNode array = Json.parse(one("^" + instruction + " (\\[.*\\])$", text));
      array.forEach(word -> words.add(word.textValue()));
      return words;
    }
  }

  @Test
  void theImageRunsServeWithoutRootOnTheVolumeAndPortOfTheSample() throws IOException {
    Image image = Image.read();
    ServerConfig config = config("compose/mandate.yaml");
    isACommand(image.exec("CMD"));
    assertThat(image.exec("ENTRYPOINT")).containsExactly("/opt/mandate/mandate");
    assertThat(one("^USER (.*)$", image.text)).isEqualTo("65532:65532");
    assertThat(one("^VOLUME (.*)$", image.text)).isEqualTo(config.data().toString());
    assertThat(one("^EXPOSE (.*)$", image.text)).isEqualTo("" + config.listen().port());
  }

  @Test
  void theImageCopiesOnlyWhatIsThereAndReachesTheBuild() throws IOException {
    List<String> reachTheBuild = all("^!(.*)$", text("Dockerfile.dockerignore"));
    for (String words : all("^COPY (?!--from)(.*) \\S+$", Image.read().text)) {
      for (String source : words.split(" ", -1)) {
        assertThat(HOME.resolve(source)).exists();
        assertThat(reachTheBuild).contains(source);
      }
    }
  }

  @Test
  void theHealthCheckPassesOnlyWhileTheServerIsReady() throws Exception {
    List<String> check = Image.read().exec("HEALTHCHECK .* CMD");
    String port = "/" + config("compose/mandate.yaml").listen().port() + " ";
    assertThat(check.getLast()).contains(port);
    AtomicInteger status = new AtomicInteger(200);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/readyz",
        exchange -> {
          exchange.sendResponseHeaders(status.get(), -1);
          exchange.close();
        });
    server.start();
    String script = check.getLast().replace(port, "/" + server.getAddress().getPort() + " ");
    try {
      assertThat(exitOf(check.get(0), check.get(1), script)).isZero();
      status.set(503);
      assertThat(exitOf(check.get(0), check.get(1), script)).isNotZero();
    } finally {
      server.stop(0);
    }
    assertThat(exitOf(check.get(0), check.get(1), script)).isNotZero();
  }

  private static int exitOf(String... command) throws Exception {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  /// The mapping under this name.
  private static Map<?, ?> in(Map<?, ?> mapping, Object name) {
    return (Map<?, ?>) Objects.requireNonNull(mapping.get(name), name::toString);
  }

  /// A compose file with its merge keys resolved.
  private record Compose(Map<?, ?> document) {
    static Compose read() throws IOException {
      Yaml yaml = new Yaml(new SafeConstructor(new LoaderOptions()));
      return new Compose(yaml.load(ShippedFilesTest.text("compose/compose.yaml")));
    }

    Map<?, ?> part(String name) {
      return in(document, name);
    }

    Map<?, ?> service(Object name) {
      return in(part("services"), name);
    }

    Set<String> nodes() {
      Set<String> nodes = new TreeSet<>();
      for (Object name : part("services").keySet()) {
        if ("mandate".equals(service(name).get("image"))) {
          nodes.add(name.toString());
        }
      }
      return nodes;
    }
  }

  @Test
  void everyServiceRunsWithoutPrivilegesOnAReadOnlyFileSystem() throws IOException {
    Compose compose = Compose.read();
    for (Object name : compose.part("services").keySet()) {
      Map<?, ?> service = compose.service(name);
      assertThat(service.get("read_only")).as("%s", name).isEqualTo(true);
      assertThat(service.get("cap_drop")).as("%s", name).isEqualTo(List.of("ALL"));
      assertThat(service.get("security_opt"))
          .as("%s", name)
          .isEqualTo(List.of("no-new-privileges:true"));
      assertThat(service.containsKey("privileged")).as("%s", name).isFalse();
    }
  }

  @Test
  void eachNodeHasItsOwnDataTheConfigurationAndEverySecretThatItNames() throws IOException {
    Compose compose = Compose.read();
    List<String> command = Image.read().exec("CMD");
    List<String> secrets = all("/run/secrets/([\\w-]+)", text("compose/mandate.yaml"));
    assertThat(secrets).isNotEmpty();
    for (String node : compose.nodes()) {
      Map<?, ?> service = compose.service(node);
      assertThat(texts(service.get("secrets"))).as(node).containsAll(secrets);
      assertThat(texts(service.get("volumes")))
          .as("%s has data of its own", node)
          .containsExactly(
              "./mandate.yaml:" + command.getLast() + ":ro",
              node + ":" + config("compose/mandate.yaml").data());
      assertThat(compose.part("volumes").containsKey(node)).as(node).isTrue();
    }
    assertThat(compose.nodes()).hasSize(2);
    for (String secret : secrets) {
      assertThat(compose.part("secrets").containsKey(secret)).as(secret).isTrue();
    }
  }

  private static List<String> texts(@Nullable Object list) {
    return list instanceof List<?> texts ? texts.stream().map(String::valueOf).toList() : List.of();
  }

  @Test
  void theProxyIsTheOneThatTheNodesTrustAndReachesEachOfThem() throws IOException {
    Compose compose = Compose.read();
    ServerConfig config = config("compose/mandate.yaml");
    Map<?, ?> front = in(in(compose.service("proxy"), "networks"), "front");
    assertThat(config.trustedProxies())
        .contains(List.of(String.valueOf(front.get("ipv4_address"))));
    int port = config.publicUrl().getPort();
    assertThat(compose.service("proxy").get("ports")).isEqualTo(List.of(port + ":" + port));

    String proxy = text("compose/haproxy.cfg");
    assertThat(one("^  bind :(\\d+) ssl crt /run/secrets/tls", proxy)).isEqualTo("" + port);
    Set<String> expected = new TreeSet<>();
    compose.nodes().forEach(node -> expected.add(node + " " + node + ":" + config.listen().port()));
    assertThat(new TreeSet<>(all("^  server (.*)$", proxy))).isEqualTo(expected);
    assertThat(proxy)
        .contains("X-Forwarded-For %[src]", "X-Forwarded-Proto https", "httpchk GET /readyz");
    Duration patience = Duration.ofMinutes(Long.parseLong(one("timeout server (\\d+)m", proxy)));
    assertThat(patience)
        .isGreaterThan(config.gateway().firstByteTimeout())
        .isGreaterThan(config.gateway().idleTimeout());
  }

  @Test
  void theUnitKeepsDataAndSecretsWhereItsConfigurationLooksForThem() throws IOException {
    String unit = text("systemd/mandate.service");
    String sample = text("systemd/mandate.yaml");
    ServerConfig config = config("systemd/mandate.yaml");
    assertThat(config.data()).hasToString("/var/lib/" + one("^StateDirectory=(.*)$", unit));
    List<String> files = all("(/run/[\\w./-]+)", sample.replaceAll("(?m)#.*$", ""));
    assertThat(files).isNotEmpty();
    String credential = one("^LoadCredential=(\\w+):/etc/mandate/secrets$", unit);
    assertThat(files)
        .allSatisfy(
            file ->
                assertThat(file)
                    .startsWith("/run/credentials/mandate.service/" + credential + "_"));
    String start = one("^ExecStart=/opt/mandate/mandate (.*)$", unit);
    isACommand(List.of(start.split(" ", -1)));
  }

  @Test
  void theUnitDoesNotRestartWhatRefusesItsConfiguration() throws IOException {
    int refused = MandateCommand.run("serve", "--config", "/nonexistent/mandate.yaml");
    assertThat(one("^RestartPreventExitStatus=(.*)$", text("systemd/mandate.service")))
        .isEqualTo("" + refused);
  }
}
