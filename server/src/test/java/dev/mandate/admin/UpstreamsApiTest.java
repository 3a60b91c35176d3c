package dev.mandate.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.admin.AdminServer.Answer;
import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.revocation.Change;
import dev.mandate.testing.Fixture;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UpstreamsApiTest {
  private static final String EU =
      "{\"id\":\"openai-eu\",\"provider\":\"openai\",\"display_name\":\"Europe\","
          + "\"base_url\":\"https://eu.openai.invalid\"}";
  private static final String KEY = "sk-test-0123456789abcdefWXYZ";

  @TempDir private Path folder;
  private AdminServer server;
  private final List<Change> heard = new ArrayList<>();

  @BeforeEach
  void start() {
    server = AdminServer.start(folder);
    server.changes.subscribe(heard::add);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Answer patch(String path, String body) {
    return server.send("PATCH", path, body, "if-match", server.get(path).etag());
  }

  private String add(String secret) {
    Answer added =
        server.post("/upstreams/openai-eu/credentials", "{\"secret\":\"" + secret + "\"}");
    assertThat(added.status()).isEqualTo(201);
    return added.text("id");
  }

  private String inUse() {
    Stored stored =
        Objects.requireNonNull(server.stores.credentials().current(Fixture.TENANT, "openai-eu"));
    return new String(
        server.vault.open(Fixture.TENANT, Stored.row(stored.id()), stored.sealedSecret()),
        StandardCharsets.UTF_8);
  }

  @Test
  void anUpstreamLivesAndTheGatewayHearsOfIt() {
    Answer made = server.post("/upstreams", EU);
    assertThat(made.status()).isEqualTo(201);
    assertThat(made.text("resource")).isEqualTo("https://mandate.example/openai-eu/v1");
    assertThat(made.json().path("models")).isNotEmpty();
    assertThat(server.post("/upstreams", EU).code()).isEqualTo("upstream_exists");
    assertThat(patch("/upstreams/openai-eu", "{\"display_name\":\"EU\"}").text("display_name"))
        .isEqualTo("EU");
    assertThat(server.get("/upstreams?provider=openai").json().path("items")).hasSize(2);
    String tag = server.get("/upstreams/openai-eu").etag();
    assertThat(server.send("DELETE", "/upstreams/openai-eu", null, "if-match", tag).status())
        .isEqualTo(204);
    assertThat(server.get("/upstreams/openai-eu").status()).isEqualTo(404);
    assertThat(heard)
        .hasSize(3)
        .allMatch(change -> change.equals(new Change.PolicyChanged(Fixture.TENANT)));
  }

  @Test
  void howFailuresAreDealtWithIsKeptAndAFallbackIsAnotherUpstreamOfTheSameApi() {
    server.post("/upstreams", EU);
    String path = "/upstreams/openai-eu";
    assertThat(server.get(path).json().at("/resilience/attempts_max").asInt()).isEqualTo(2);
    assertThat(server.get(path + "/health").text("state")).isEqualTo("unknown");
    assertThat(server.get("/upstreams/nobody/health").status()).isEqualTo(404);
    Answer changed =
        patch(
            path,
            """
            {"resilience":{"first_byte_timeout_ms":1500,"calls_max":7,"fallbacks":[
              {"upstream":"openai","models":[{"model":"a","there":"b"}],"causes":["rate_limited"]}]}}
            """);
    assertThat(changed.status()).isEqualTo(200);
    assertThat(changed.json().at("/resilience/first_byte_timeout_ms").asInt()).isEqualTo(1500);
    assertThat(changed.json().at("/resilience/fallbacks/0/models/0/there").asText()).isEqualTo("b");
    // What a patch doesn't name stays.
    Answer again = patch(path, "{\"resilience\":{\"attempts_max\":3}}");
    assertThat(again.json().at("/resilience/calls_max").asInt()).isEqualTo(7);
    assertThat(again.json().at("/resilience/attempts_max").asInt()).isEqualTo(3);
    assertThat(again.json().at("/resilience/fallbacks")).hasSize(1);
    for (String name : List.of("openai-eu", "nobody", "anthropic")) {
      String fallback = "{\"resilience\":{\"fallbacks\":[{\"upstream\":\"" + name + "\"}]}}";
      Answer refused = patch(path, fallback);
      assertThat(refused.status()).isEqualTo(422);
      assertThat(refused.json().at("/errors/0/pointer").asText())
          .isEqualTo("/resilience/fallbacks/0/upstream");
    }
    assertThat(patch(path, "{\"resilience\":{\"attempts_max\":6}}").status()).isEqualTo(422);
    assertThat(patch(path, "{\"resilience\":{\"circuit_open_ms\":999}}").status()).isEqualTo(422);
  }

  @ParameterizedTest
  @ValueSource(strings = {"admin", "oauth", "signin", "t", "healthz", "mandates", "UPPER", ".well"})
  void anIdThatIsAPathOfOursIsRefused(String id) {
    Answer refused =
        server.post(
            "/upstreams", "{\"provider\":\"openai\",\"display_name\":\"X\",\"id\":\"" + id + "\"}");
    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.json().at("/errors/0/pointer").asText()).isEqualTo("/id");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://api.example.invalid",
        "https://127.0.0.1",
        "https://localhost:8080",
        "https://10.1.2.3",
        "https://172.16.0.1",
        "https://192.168.1.1",
        "https://169.254.169.254",
        "https://100.64.0.1",
        "https://0.0.0.0",
        "https://[::1]",
        "https://[::ffff:127.0.0.1]",
        "https://[fd00::1]",
        "https://[fe80::1]",
        "https://[64:ff9b::a00:1]",
        "https://2130706433",
        "https://0x7f.1",
        "https://user:pw@api.example.invalid",
        "https://api.example.invalid?x=1",
        "https://api.example.invalid#x",
        "https://api.example.invalid/",
        "ftp://api.example.invalid",
        "file:///etc/passwd",
        "//api.example.invalid",
        "api.example.invalid"
      })
  void aBaseUrlThatLeadsInsideIsRefused(String url) {
    Answer refused =
        server.post(
            "/upstreams",
            "{\"id\":\"x\",\"provider\":\"openai\",\"display_name\":\"X\",\"base_url\":\""
                + url
                + "\"}");
    assertThat(refused.status()).as(url).isEqualTo(422);
    assertThat(refused.json().at("/errors/0/pointer").asText()).isEqualTo("/base_url");
  }

  @Test
  void aCredentialGoesInAndNeverComesOut() {
    server.post("/upstreams", EU);
    Answer added = server.post("/upstreams/openai-eu/credentials", "{\"secret\":\"" + KEY + "\"}");
    assertThat(added.status()).isEqualTo(201);
    assertThat(added.text("hint")).isEqualTo("WXYZ");
    assertThat(added.http().body()).doesNotContain(KEY);
    assertThat(inUse()).isEqualTo(KEY);
    assertThat(server.get("/upstreams/openai-eu/credentials").http().body()).doesNotContain(KEY);
    assertThat(
            server
                .post("/upstreams/openai-eu/credentials", "{\"secret\":\"two\\r\\nlines: 1\"}")
                .code())
        .isEqualTo("invalid_body");
    assertThat(server.post("/upstreams/none/credentials", "{\"secret\":\"" + KEY + "\"}").code())
        .isEqualTo("not_found");
    assertThat(server.get("/upstreams/none/credentials").code()).isEqualTo("not_found");
  }

  @Test
  void oneOfSeveralCredentialsIsInUse() {
    server.post("/upstreams", EU);
    String first = add("first-secret");
    String second = add("second-secret");
    assertThat(inUse()).isEqualTo("second-secret");
    String path = "/upstreams/openai-eu/credentials/";
    assertThat(server.post(path + first + "/activate", "").json().path("active").asBoolean())
        .isTrue();
    assertThat(inUse()).isEqualTo("first-secret");
    assertThat(server.get(path + second).json().path("active").asBoolean()).isFalse();
    String third = add("third-secret");
    assertThat(inUse()).as("the clock has not moved").isEqualTo("third-secret");
    for (String id : List.of(third, first, second)) {
      String tag = server.get(path + id).etag();
      assertThat(server.send("DELETE", path + id, null, "if-match", tag).status()).isEqualTo(204);
    }
    assertThat(server.stores.credentials().current(Fixture.TENANT, "openai-eu")).isNull();
  }

  @Test
  void aCredentialIsNeverSentToAnotherOriginThanItWasEnteredFor() {
    server.post("/upstreams", EU);
    add(KEY);
    Answer moved = patch("/upstreams/openai-eu", "{\"base_url\":\"https://collector.invalid\"}");
    assertThat(moved.status()).isEqualTo(409);
    assertThat(moved.code()).isEqualTo("has_credentials");
    assertThat(patch("/upstreams/openai-eu", "{\"base_url\":null}").code())
        .as("the provider's own is another origin too")
        .isEqualTo("has_credentials");
    assertThat(
            patch("/upstreams/openai-eu", "{\"base_url\":\"https://eu.openai.invalid/proxy\"}")
                .status())
        .as("the same origin")
        .isEqualTo(200);
    server.send(
        "DELETE",
        "/upstreams/openai-eu",
        null,
        "if-match",
        server.get("/upstreams/openai-eu").etag());
    server.post("/upstreams", EU.replace("eu.openai", "collector"));
    assertThat(server.stores.credentials().current(Fixture.TENANT, "openai-eu"))
        .as("an upstream of the same name does not find the old secret")
        .isNull();
  }

  @Test
  void pricesChangeOnlyWithTheirVersion() {
    server.post("/upstreams", EU);
    String model =
        "{\"models\":[{\"name\":\"gpt-5\",\"display_name\":\"G\",\"capabilities\":[\"chat\"],"
            + "\"context_tokens\":1000,\"output_tokens_max\":100,\"image_tokens_max\":0,"
            + "\"price\":{\"input\":1,\"cached_input\":1,\"cache_write\":1,\"cache_write_long\":1,"
            + "\"output\":1},\"released_at\":\"2026-01-01T00:00:00Z\"}]";
    Answer same = patch("/upstreams/openai-eu", model + "}");
    assertThat(same.json().at("/errors/0/pointer").asText()).isEqualTo("/price_version");
    Answer own = patch("/upstreams/openai-eu", model + ",\"price_version\":\"own-1\"}");
    assertThat(own.status()).isEqualTo(200);
    assertThat(own.json().path("models")).hasSize(1);
    Answer back = patch("/upstreams/openai-eu", "{\"models\":null,\"price_version\":null}");
    assertThat(back.json().path("models").size()).isGreaterThan(1);
  }

  @Test
  void anAzureResourceNeedsItsOwnBaseUrlAndItsDeploymentsMayHavePricesForLongInputs() {
    String azure = "{\"id\":\"azure\",\"provider\":\"azure_openai\",\"display_name\":\"Azure\"";
    Answer without = server.post("/upstreams", azure + "}");
    assertThat(without.status()).isEqualTo(422);
    assertThat(without.json().at("/errors/0/pointer").asText()).isEqualTo("/base_url");
    Answer made =
        server.post(
            "/upstreams",
            azure
                + ",\"base_url\":\"https://acme.openai.azure.com\",\"price_version\":\"own-1\","
                + "\"models\":[{\"name\":\"our-gpt\",\"display_name\":\"G\",\"capabilities\":[\"chat\"],"
                + "\"context_tokens\":1000000,\"output_tokens_max\":100,\"image_tokens_max\":0,"
                + "\"price\":{\"input\":1,\"cached_input\":1,\"cache_write\":1,\"cache_write_long\":1,"
                + "\"output\":1,\"long_context\":{\"above_tokens\":272000,\"input\":2,\"cached_input\":2,"
                + "\"cache_write\":2,\"cache_write_long\":2,\"output\":3}},"
                + "\"released_at\":\"2026-01-01T00:00:00Z\"}]}");
    assertThat(made.status()).isEqualTo(201);
    assertThat(made.text("resource")).isEqualTo("https://mandate.example/azure");
    assertThat(made.json().at("/models/0/price/long_context/output").asInt()).isEqualTo(3);
    assertThat(patch("/upstreams/azure", "{\"display_name\":\"A\"}").status()).isEqualTo(200);
  }
}
