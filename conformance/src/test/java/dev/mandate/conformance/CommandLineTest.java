package dev.mandate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The packaged command line as a client of the admin API.
@On(Shared.SQLITE)
@Order(1)
class CommandLineTest {
  private static final String SECRET = "sk-command-line-test-0123456789";

  @TempDir Path folder = Path.of("");

  private final Deployment server = Shared.of(this);

  private record Run(int exit, String out, String err) {
    JsonNode json() {
      return Http.parse(out);
    }
  }

  @BeforeEach
  void keep() throws IOException {
    Files.writeString(folder.resolve("admin.key"), server.text("/admin/api_key") + "\n");
    Files.writeString(folder.resolve("provider.key"), SECRET + "\n");
  }

  private Run raw(String... arguments) throws Exception {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    List<String> command = DemoServer.command(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("MANDATE_"));
    Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Run(
        process.exitValue(),
        Files.readString(out, StandardCharsets.UTF_8),
        Files.readString(err, StandardCharsets.UTF_8));
  }

  private Run mandate(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(
        List.of("--url", server.issuer(), "--key-file", folder.resolve("admin.key").toString()));
    Run run = raw(all.toArray(String[]::new));
    assertThat(run.out() + run.err()).doesNotContain(SECRET, server.text("/admin/api_key"));
    return run;
  }

  private Run done(String... arguments) throws Exception {
    Run run = mandate(arguments);
    assertThat(run.exit()).as(String.join(" ", arguments) + "\n" + run.err()).isZero();
    return run;
  }

  @Test
  void theLifeOfAClient() throws Exception {
    Run made =
        done(
            "client",
            "create",
            "--id",
            "cli-service",
            "--name",
            "From the command line",
            "--type",
            "confidential",
            "--grant-types",
            "client_credentials",
            "--json");
    String secret = made.json().path("client_secret").asText();
    assertThat(secret).isNotEmpty();
    assertThat(done("client", "list").out()).contains("cli-service");
    assertThat(done("client", "show", "cli-service").out())
        .contains("From the command line")
        .doesNotContain(secret);
    done("client", "update", "cli-service", "--name", "Another name");
    assertThat(done("client", "show", "cli-service", "--json").json().path("name").asText())
        .isEqualTo("Another name");
    String rotated =
        done("client", "rotate-secret", "cli-service", "--json")
            .json()
            .path("client_secret")
            .asText();
    assertThat(rotated).isNotEmpty().isNotEqualTo(secret);
    done("client", "delete", "cli-service");
    Run gone = mandate("client", "show", "cli-service");
    assertThat(gone.exit()).isEqualTo(1);
    assertThat(gone.err()).contains("mandate: 404 ").contains("error id req_");
  }

  @Test
  void theLifeOfAKey() throws Exception {
    Run made =
        done(
            "key", "create", "--name", "from the command line", "--scopes", "users:read", "--json");
    String id = made.json().path("id").asText();
    String first = made.json().path("api_key").asText();
    assertThat(first).startsWith("mandate_");
    Run rotated = done("key", "rotate", id, "--grace", "60", "--json");
    assertThat(rotated.json().path("id").asText()).isEqualTo(id);
    assertThat(rotated.json().path("api_key").asText()).startsWith("mandate_").isNotEqualTo(first);
    assertThat(done("key", "list", "--all").out()).contains(id).doesNotContain(first);
    assertThat(done("key", "revoke", id).out()).contains("revoked");
    Run ended = mandate("key", "rotate", id);
    assertThat(ended.exit()).isEqualTo(1);
    assertThat(ended.err()).contains("key_ended");
    assertThat(raw("key", "generate").out()).startsWith("mandate_");
  }

  @Test
  void everyNounReads() throws Exception {
    for (List<String> command :
        List.of(
            List.of("upstream", "list"),
            List.of("user", "list"),
            List.of("role", "list"),
            List.of("budget", "list"),
            List.of("key", "list"),
            List.of("audit", "list"),
            List.of("audit", "verify"),
            List.of("mandate", "list"),
            List.of("tenant", "list"))) {
      List<String> all = new ArrayList<>(command);
      all.add("--json");
      assertThat(done(all.toArray(String[]::new)).json().isObject())
          .as(command.toString())
          .isTrue();
    }
  }

  @Test
  void anUpstreamGetsItsKeyFromAFile() throws Exception {
    done(
        "upstream",
        "create",
        "--id",
        "cli-openai",
        "--display-name",
        "CLI",
        "--provider",
        "openai",
        "--base-url",
        "https://api.openai.com");
    Run added =
        done(
            "credential",
            "add",
            "cli-openai",
            "--secret-file",
            folder.resolve("provider.key").toString(),
            "--json");
    assertThat(added.json().has("secret")).isFalse();
    assertThat(done("credential", "list", "cli-openai").out()).contains("cred_");
    done("upstream", "delete", "cli-openai");
  }

  @Test
  void aMandateIsListedAndRevoked() throws Exception {
    App app = App.publicApp(server);
    App.Tokens tokens =
        Person.of(server, "member")
            .give(app, app.ask("[{\"type\":\"llm_access\",\"upstream\":\"openai\"}]"));
    String id = MainJobTest.mandate(tokens);
    assertThat(done("mandate", "list", "--status", "active", "--all").out()).contains(id);
    assertThat(done("mandate", "revoke", id, "--json").json().path("status").asText())
        .isEqualTo("revoked");
    assertThat(new Llm(server).chat(tokens.bearer(), "hi").status()).isEqualTo(401);
  }

  @Test
  void aFileIsAppliedOnceAndThenNothingIsToChange() throws Exception {
    String file = folder.resolve("tenant.yaml").toString();
    Files.writeString(
        Path.of(file),
        """
        upstreams:
          applied-openai:
            display_name: Applied
            provider: openai
            base_url: https://api.openai.com
            credential_file: provider.key
        clients:
          applied-app:
            name: Applied app
            type: public
            grant_types: [authorization_code, refresh_token]
            redirect_uris: ["http://127.0.0.1:8765/callback"]
        budgets:
          users:
            ada: {limits: {cost_micros: 5000000}}
        """);
    assertThat(done("apply", "-f", file, "--dry-run").out())
        .contains("create client applied-app", "nothing was changed");
    assertThat(mandate("client", "show", "applied-app").exit()).isEqualTo(1);
    assertThat(done("apply", "-f", file).out()).contains("create upstream applied-openai");
    assertThat(done("apply", "-f", file).out()).isEqualTo("nothing to change\n");
    Run pruned = done("apply", "-f", file, "--prune", "--dry-run", "--json");
    assertThat(pruned.out()).contains("demo-app").contains("delete");
    done("client", "delete", "applied-app");
    done("upstream", "delete", "applied-openai");
  }

  @Test
  void noServerWrongUsageAndARefusalHaveExitCodesOfTheirOwn() throws Exception {
    Run nobody =
        raw(
            "client",
            "list",
            "--url",
            "http://127.0.0.1:9",
            "--key-file",
            folder.resolve("admin.key").toString());
    assertThat(nobody.exit()).isEqualTo(69);
    assertThat(nobody.err().lines()).hasSize(1);
    assertThat(mandate("client", "list", "--no-such-option").exit()).isEqualTo(2);
    assertThat(mandate("client", "show").exit()).isEqualTo(2);
    Run refused = mandate("client", "create", "--id", "NOT AN ID!", "--name", "x");
    assertThat(refused.exit()).isEqualTo(1);
    assertThat(refused.err()).startsWith("mandate: 4").contains("error id req_");
    Files.writeString(folder.resolve("admin.key"), "not-a-key");
    Run denied = mandate("client", "list");
    assertThat(denied.exit()).isEqualTo(1);
    assertThat(denied.err()).startsWith("mandate: 401 ").contains("error id req_");
  }
}
