package dev.mandate.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.vault.LocalMasterKeys;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.json.Json;
import dev.mandate.platform.log.Logging;
import dev.mandate.platform.observe.AccessLog;
import dev.mandate.platform.trace.TraceConfig;
import dev.mandate.storage.DatabaseUrl;
import dev.mandate.testing.Postgres;
import dev.mandate.testing.TestBrowser;
import dev.mandate.testing.TraceCollector;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every kind of secret is planted, used, mistyped and sent to where it does not belong; then none
/// is in any line of the log, answer, page, trace, metric, audit event or byte of the data.
@Isolated("catches all that is written to the standard error")
class CanaryTest {
  private static final String DATABASE_PASSWORD = "canary-database-password";
  private static final String COLLECTOR = "Basic canary-collector-authorization";

  @TempDir private Path folder;

  /// By what it is.
  private final Map<String, String> planted = new TreeMap<>();

  /// Answers that may hold none.
  private final List<Wire.Answer> answers = new ArrayList<>();

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatIsSecretIsNowhereToBeFound(boolean postgres) throws Exception {
    byte[] master = new byte[32];
    new SecureRandom().nextBytes(master);
    plant("master key", Base64.getEncoder().encodeToString(master));
    plant("master key in hex", HexFormat.of().formatHex(master));
    plant("master key as it is", new String(master, StandardCharsets.ISO_8859_1));
    plant("database password", DATABASE_PASSWORD);
    plant("collector authorization", COLLECTOR);
    DatabaseUrl database =
        postgres ? Postgres.rotating(Postgres.database(), DATABASE_PASSWORD) : null;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    PrintStream before = System.err;
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    Logging.configure(Logging.Format.JSON, "DEBUG");
    try (TraceCollector collector = new TraceCollector()) {
      String metrics;
      String audit;
      try (ThreeTenants tenants =
          new ThreeTenants(
              folder.resolve("data"),
              database == null ? null : database.with(Secret.of(DATABASE_PASSWORD)),
              LocalMasterKeys.of(master, new SecureRandom()),
              observed(collector))) {
        use(tenants);
        metrics = Wire.get(managed(tenants, "/metrics")).body();
        audit = tenants.server.parts().stores().audit().latest(new TenantId("acme"), 5_000) + "";
        if (database != null) {
          assertClean("the database", rows(database));
        }
      }
      ConfiguredServer.await(() -> !collector.spans().isEmpty());
      assertThat(collector.authorizations).contains(COLLECTOR);
      assertThat(planted).hasSizeGreaterThan(25);
      assertThat(audit).contains("token.issued", "credential.added");
      assertThat(metrics).contains("mandate_token_requests_total");
      Logging.close();
      assertThat(log.toString(StandardCharsets.UTF_8)).contains("serving", "/oauth/token");
      assertClean("the log", log.toString(StandardCharsets.UTF_8));
      assertClean("the traces", collector.everything());
      assertClean("the metrics", metrics);
      assertClean("the audit log", audit);
      for (Wire.Answer answer : answers) {
        assertClean("an answer", answer.body() + answer.raw().headers().map());
      }
      assertClean("the data folder", bytes(folder.resolve("data")));
    } finally {
      System.setErr(before);
      Logging.configure(Logging.Format.TEXT, "WARN");
    }
  }

  private static Observation observed(TraceCollector collector) {
    return new Observation(
        Observation.management("127.0.0.1", 0),
        new TraceConfig(
            collector.url(), Secret.of(COLLECTOR), 1, true, true, TraceConfig.QUEUE_MAX),
        AccessLog.ALL);
  }

  private static String managed(ThreeTenants tenants, String path) {
    return "http://127.0.0.1:" + tenants.server.managementPort() + path;
  }

  private void plant(String what, String secret) {
    planted.put(what, secret);
  }

  private void plant(DemoFile file) {
    plant("admin key", file.adminKeySecret().reveal());
    plant("client secret", file.confidentialSecret().reveal());
    plant("service secret", file.serviceSecret().reveal());
    plant("openai key", file.openaiSecret().reveal());
    plant("anthropic key", file.anthropicSecret().reveal());
    file.people().forEach(p -> plant("password of " + p.username(), p.initialPassword().reveal()));
  }

  private void use(ThreeTenants tenants) {
    Held held = new Held(tenants, "acme");
    plant(held.file);
    plant("access token", held.access);
    plant("signature of the access token", held.access.substring(held.access.lastIndexOf('.')));
    plant("refresh token", held.refresh);
    plant("API key", held.apiKey);
    plant("service token", held.service);
    plant("code", held.code);
    held.browser.cookies().forEach((name, value) -> plant("cookie " + name, value));
    made(held);
    held.stillWorks();
    JsonNode refreshed = Held.refreshAt(held.issuer, held.refresh).json();
    plant("successor", refreshed.path("refresh_token").asText());
    misplaced(tenants, held);
    pages(held);
  }

  /// What the admin API takes and gives.
  private void made(Held held) {
    plant("entered credential", "sk-canary-entered-0123456789");
    answers.add(
        admin(
            held,
            "/upstreams/openai/credentials",
            "{\"secret\":\"sk-canary-entered-0123456789\"}"));
    // The provider does not know it, and says so.
    answers.add(held.chat(held.apiKey));
    assertThat(answers.getLast().status()).isEqualTo(502);
    String id = answers.getFirst().text("/id");
    Wire.Answer list =
        held.admin("GET", "/admin/v1/upstreams/openai/credentials/" + id, held.adminKey());
    answers.add(list);
    // Removing a credential does not bring the one before it back.
    answers.add(
        admin(
            held,
            "/upstreams/openai/credentials",
            "{\"secret\":\"" + held.file.openaiSecret().reveal() + "\"}"));
    Wire.send(
        "DELETE",
        held.issuer + "/admin/v1/upstreams/openai/credentials/" + id,
        "",
        "authorization",
        "Bearer " + held.adminKey(),
        "if-match",
        list.header("etag"));
    plant("chosen password", "canary-chosen-password");
    answers.add(
        admin(held, "/users", "{\"username\":\"zoe\",\"password\":\"canary-chosen-password\"}"));
    plant(
        "made password",
        admin(held, "/users", "{\"username\":\"yan\",\"generate_password\":true}")
            .text("/password"));
    Wire.Answer client =
        admin(
            held,
            "/clients",
            "{\"id\":\"bot\",\"name\":\"Bot\",\"type\":\"confidential\",\"grant_types\":[\"client_credentials\"]}");
    plant("made client secret", client.text("/client_secret"));
    Wire.Answer key = admin(held, "/api_keys", "{\"name\":\"k\",\"scopes\":[\"audit:read\"]}");
    plant("made admin key", key.text("/api_key"));
    assertThat(planted.values()).allMatch(secret -> secret.length() > 8);
  }

  private static Wire.Answer admin(Held held, String path, String body) {
    Wire.Answer answer =
        Wire.send(
            "POST",
            held.issuer + "/admin/v1" + path,
            body,
            "authorization",
            "Bearer " + held.adminKey(),
            "content-type",
            "application/json",
            "idempotency-key",
            "k-" + path + body.length() + body.hashCode());
    assertThat(answer.status()).as(answer.body()).isEqualTo(201);
    return answer;
  }

  /// Each secret where it does not belong: in queries, paths, headers, bodies and forms.
  private void misplaced(ThreeTenants tenants, Held held) {
    // What people type is tried where people type.
    List<String> keys =
        planted.entrySet().stream()
            .filter(one -> !one.getKey().contains("password"))
            .map(Map.Entry::getValue)
            .filter(secret -> secret.chars().allMatch(c -> c >= 0x21 && c <= 0x7e))
            .toList();
    for (String secret : keys) {
      List<Wire.Answer> sent = new ArrayList<>();
      String encoded = URLEncoder.encode(secret, StandardCharsets.UTF_8);
      sent.add(Wire.get(held.issuer + "/openai/v1/models?api_key=" + encoded));
      sent.add(Wire.get(held.issuer + "/openai/v1/" + encoded, "x-api-key", secret));
      sent.add(Wire.get(held.issuer + "/oauth/authorize?client_id=" + encoded));
      sent.add(Wire.get(held.issuer + "/admin/v1/clients/" + encoded + "?" + encoded));
      sent.add(Wire.get(held.issuer + "/" + encoded, "authorization", "Basic " + secret));
      sent.add(Wire.post(held.issuer + "/oauth/token", "grant_type", secret, secret, secret));
      sent.add(held.service(secret, "scope", secret));
      sent.add(Held.redeemAt(held.issuer, secret));
      sent.add(Held.refreshAt(tenants.issuer("default"), secret));
      sent.add(Held.revokeAt(tenants.issuer("default"), secret));
      sent.add(held.introspect(secret, secret));
      sent.add(broken(held, "{\"model\":\"" + secret + "\",\"" + secret + "\":1}"));
      sent.add(broken(held, "{\"" + secret));
      sent.add(
          Wire.send(
              "POST",
              held.issuer + "/admin/v1/clients",
              "{\"" + secret + "\":\"" + secret + "\"}",
              "authorization",
              "Bearer " + held.adminKey(),
              "content-type",
              "application/json",
              "idempotency-key",
              "k" + sent.size() + secret.hashCode()));
      // An error may quote what was sent, to whoever sent it, and nothing else.
      sent.forEach(answer -> assertOnly(secret, answer.body() + answer.raw().headers().map()));
    }
  }

  private static Wire.Answer broken(Held held, String body) {
    return Wire.send(
        "POST",
        held.issuer + "/openai/v1/chat/completions",
        body,
        "authorization",
        "Bearer " + held.apiKey,
        "content-type",
        "application/json");
  }

  private void pages(Held held) {
    try (TestBrowser browser = new TestBrowser(held.issuer.replaceFirst("/t/.*", ""))) {
      for (String password : List.of("canary-mistyped-password", held.apiKey)) {
        plant("typed password " + password.length(), password);
        TestBrowser.Answer page = browser.get(held.root() + "/signin");
        TestBrowser.Answer answer =
            browser.submit(
                page.form("/signin").with("username", Held.USER).with("password", password));
        answers.add(new Wire.Answer(answer.status(), answer.body(), answer.raw()));
      }
    }
    for (String path : List.of("/", "/mandates", "/account", "/mandates/" + held.mandate)) {
      TestBrowser.Answer page = held.browser.follow(held.browser.get(held.root() + path));
      assertThat(page.status()).isEqualTo(200);
      answers.add(new Wire.Answer(page.status(), page.body(), page.raw()));
    }
  }

  private void assertClean(String where, String text) {
    planted.forEach(
        (what, secret) -> {
          for (String form : forms(secret)) {
            if (text.contains(form)) {
              throw new AssertionError(where + " has the " + what + ": " + around(text, form));
            }
          }
        });
  }

  private void assertOnly(String allowed, String text) {
    String rest = text;
    for (String form : forms(allowed)) {
      rest = rest.replace(form, "");
    }
    assertClean("an answer", rest);
  }

  /// As it is, and as it looks in a URL, in JSON and in dumps.
  private static List<String> forms(String secret) {
    byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
    return Stream.of(
            secret,
            URLEncoder.encode(secret, StandardCharsets.UTF_8),
            Json.write(secret).replaceAll("^\"|\"$", ""),
            Base64.getEncoder().withoutPadding().encodeToString(bytes),
            Base64.getUrlEncoder().withoutPadding().encodeToString(bytes),
            HexFormat.of().formatHex(bytes))
        .distinct()
        .toList();
  }

  private static String around(String text, String form) {
    int at = text.indexOf(form);
    return text.substring(Math.max(0, at - 80), Math.min(text.length(), at + form.length() + 20));
  }

  /// Every row of every table as text, byte strings in hex.
  private static String rows(DatabaseUrl url) {
    StringBuilder all = new StringBuilder();
    DatabaseUrl.Host host = url.hosts().getFirst();
    try (Connection connection =
            DriverManager.getConnection(
                "jdbc:postgresql://%s:%d/%s".formatted(host.name(), host.port(), url.name()),
                "postgres",
                "postgres");
        Statement statement = connection.createStatement()) {
      List<String> tables = new ArrayList<>();
      try (ResultSet names =
          statement.executeQuery(
              "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")) {
        while (names.next()) {
          tables.add(names.getString(1));
        }
      }
      assertThat(tables).contains("credentials", "audit_events", "users");
      for (String table : tables) {
        try (ResultSet rows = statement.executeQuery("SELECT t::text FROM " + table + " t")) {
          while (rows.next()) {
            all.append(table).append(rows.getString(1)).append('\n');
          }
        }
      }
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
    assertThat(all).hasSizeGreaterThan(10_000);
    return all.toString();
  }

  /// Every byte of every file.
  private static String bytes(Path folder) {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        all.append(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all.toString();
  }

  /// The search itself finds what is there.
  @Test
  void aSecretThatIsThereIsFoundInEveryForm() {
    plant("one", "a secret/with + and \"");
    for (String form : forms("a secret/with + and \"")) {
      @Nullable AssertionError found = null;
      try {
        assertClean("here", "before " + form + " after");
      } catch (AssertionError e) {
        found = e;
      }
      assertThat(found).as(form).isNotNull();
    }
  }
}
