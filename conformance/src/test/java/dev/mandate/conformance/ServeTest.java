package dev.mandate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `mandate serve` and `mandate doctor`: what they refuse, in one clear line, and that a good
/// configuration serves.
@Order(2)
class ServeTest {
  @TempDir Path folder = Path.of("");

  @BeforeEach
  void writeSecrets() throws IOException {
    Files.writeString(
        folder.resolve("master.key"), Base64.getEncoder().encodeToString(new byte[32]));
    Files.writeString(folder.resolve("credential"), "sk-serve-test");
    Files.writeString(folder.resolve("secret"), "s".repeat(43));
    Files.writeString(folder.resolve("password"), "a long enough password");
  }

  private String configuration() {
    return """
    public-url: https://mandate.example
    management: {port: 0}
    listen: {port: %d}
    trusted-proxies: [127.0.0.1]
    data: %s/data
    master-key-file: %s/master.key
    log: {format: json}
    %supstreams:
      openai: {provider: openai, base-url: "http://127.0.0.1:9", credential-file: %s/credential}
    users:
      mina: {password-file: %s/password}
    clients:
      service: {name: Service, secret-file: %s/secret, grant-types: [client_credentials], policy: {openai: {cost-micros: 1000000}}}
    """
        .formatted(DemoServer.freePort(), folder, folder, database(), folder, folder, folder);
  }

  /// What the configuration says of the database.
  String database() {
    return "";
  }

  /// Takes whatever it is told.
  private static HttpServer collector(ByteArrayOutputStream to) throws IOException {
    HttpServer collector =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    collector.createContext(
        "/v1/traces",
        exchange -> {
          to.writeBytes(exchange.getRequestBody().readAllBytes());
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    collector.start();
    return collector;
  }

  private record Run(int exit, String output) {}

  private Run run(String configuration, Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    Path file = folder.resolve("mandate.yaml");
    Files.writeString(file, configuration);
    List<String> arguments = new ArrayList<>(List.of(command));
    arguments.add("--config");
    arguments.add(file.toString());
    ProcessBuilder builder =
        new ProcessBuilder(DemoServer.command(arguments.toArray(String[]::new)));
    builder.environment().putAll(environment);
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Run(process.exitValue(), output);
  }

  private void refused(String configuration, String inOneLine) throws Exception {
    Run run = run(configuration, Map.of(), "serve");
    assertThat(run.exit()).isEqualTo(78);
    assertThat(run.output().strip().lines()).hasSize(1);
    assertThat(run.output()).startsWith("mandate: ").contains(inOneLine).doesNotContain("\tat ");
  }

  @Test
  void serveRefusesWhatIsUnsafe() throws Exception {
    String good = configuration();
    refused(good.replace("trusted-proxies: [127.0.0.1]\n", ""), "plain HTTP");
    refused(
        good.replace("https://mandate.example", "http://mandate.example"), "expected an https URL");
    refused(good.replaceFirst("master-key-file: .*\n", ""), "no master key");
    refused(good + "listener: {port: 1}\n", "unknown configuration key: listener.port");
    Files.writeString(folder.resolve("master.key"), "development-" + "A".repeat(43) + "=");
    refused(good, "development key");
    Files.writeString(folder.resolve("master.key"), "c2hvcnQ=");
    refused(good, "expected 32");
  }

  @Test
  void aGoodConfigurationServes() throws Exception {
    ByteArrayOutputStream traces = new ByteArrayOutputStream();
    HttpServer collector = collector(traces);
    String configuration =
        configuration()
            + "tracing: {endpoint: \"http://127.0.0.1:%d\"}%n"
                .formatted(collector.getAddress().getPort());
    Path file = folder.resolve("mandate.yaml");
    Files.writeString(file, configuration);
    Path log = folder.resolve("log");
    Process process =
        new ProcessBuilder(DemoServer.command("serve", "--config", file.toString()))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      int port = Integer.parseInt(configuration.replaceAll("(?s).*port: (\\d+).*", "$1"));
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (!Files.readString(log).contains("mandate: serving")) {
        assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
        assertThat(System.nanoTime()).isLessThan(deadline);
        Thread.sleep(50);
      }
      var base = java.net.URI.create("http://127.0.0.1:" + port);
      assertThat(
              Http.get(base.resolve("/.well-known/oauth-authorization-server"))
                  .json()
                  .path("issuer")
                  .asText())
          .isEqualTo("https://mandate.example");
      Http.Answer token =
          Http.postForm(
              base.resolve("/oauth/token"),
              Map.of(
                  "grant_type",
                  "client_credentials",
                  "client_id",
                  "service",
                  "client_secret",
                  "s".repeat(43)));
      assertThat(token.status()).as(token.body()).isEqualTo(200);
      Http.Answer unreachable =
          Http.postJson(
              base.resolve("/openai/v1/chat/completions"),
              "{\"model\":\"gpt-5-mini\",\"max_completion_tokens\":20,\"messages\":[{\"role\":\"user\",\"content\":\"canary-words\"}]}",
              "authorization",
              "Bearer " + token.json().path("access_token").asText());
      assertThat(unreachable.status()).isEqualTo(502);
      assertThat(unreachable.json().at("/error/code").asText()).isEqualTo("upstream_unreachable");
      long told = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (!traces.toString(StandardCharsets.ISO_8859_1).contains("chat gpt-5-mini")
          || !Files.readString(log).contains("\"route\":\"/{upstream}/v1/chat/completions\"")) {
        assertThat(System.nanoTime()).as(Files.readString(log)).isLessThan(told);
        Thread.sleep(50);
      }
      String watched = traces.toString(StandardCharsets.ISO_8859_1) + Files.readString(log);
      assertThat(watched)
          .contains("/oauth/token")
          .contains("upstream_unreachable")
          .doesNotContain("sk-serve-test")
          .doesNotContain("s".repeat(43))
          .doesNotContain(token.json().path("access_token").asText())
          .doesNotContain("canary-words");
      Files.readString(log)
          .lines()
          .filter(line -> !line.startsWith("mandate: "))
          .forEach(line -> assertThat(line).startsWith("{\"time\":").endsWith("}"));
      Run second = run(configuration, Map.of(), "serve");
      assertThat(second.exit()).as(second.output()).isEqualTo(78);
      assertThat(second.output().strip().lines()).hasSize(1);
      assertThat(Files.readString(log)).doesNotContain("sk-serve-test");
    } finally {
      collector.stop(0);
      process.destroy();
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void aTakenPortAndAnotherMasterKeyAreSaidInOneLine() throws Exception {
    String configuration = configuration();
    int port = Integer.parseInt(configuration.replaceAll("(?s).*port: (\\d+).*", "$1"));
    try (var taken =
        new java.net.ServerSocket(port, 1, java.net.InetAddress.getLoopbackAddress())) {
      assertThat(taken.isBound()).isTrue();
      refused(configuration, "cannot listen");
    }
    byte[] other = new byte[32];
    other[0] = 1;
    Files.writeString(folder.resolve("master.key"), Base64.getEncoder().encodeToString(other));
    refused(configuration, "does not open");
  }

  @Test
  void theDoctorNamesWhatIsWrong() throws Exception {
    Run run = run(configuration(), Map.of(), "doctor");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.output()).contains("ok   configuration").contains("FAIL upstream openai");
    assertThat(run.output()).doesNotContain("sk-serve-test").doesNotContain("\tat ");
  }
}
