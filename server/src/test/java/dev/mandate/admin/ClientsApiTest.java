package dev.mandate.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.admin.AdminServer.Answer;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.client.ClientSecret;
import dev.mandate.domain.client.Proof;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.revocation.Change;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.testing.Fixture;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientsApiTest {
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

  private Client stored(String id) {
    return Objects.requireNonNull(server.stores.clients().find(Fixture.TENANT, new ClientId(id)));
  }

  private List<TokenHash> hashes(String id) {
    return ((Proof.Secrets) stored(id).proof()).secrets().stream().map(ClientSecret::hash).toList();
  }

  @Test
  void aPublicClientGetsAnIdAndDefaultsAndNoSecret() {
    Answer made =
        server.post(
            "/clients", "{\"name\":\"App\",\"redirect_uris\":[\"http://127.0.0.1/callback\"]}");
    assertThat(made.status()).isEqualTo(201);
    assertThat(made.json().has("client_secret")).isFalse();
    assertThat(made.text("type")).isEqualTo("public");
    Client client = stored(made.text("id"));
    assertThat(client.isPublic()).isTrue();
    assertThat(client.grantTypes()).isEqualTo(Set.of("authorization_code", "refresh_token"));
    assertThat(client.disabled()).isFalse();
    assertThat(heard).containsExactly(new Change.ClientChanged(Fixture.TENANT, client.id()));
  }

  @Test
  void aConfidentialClientsSecretIsShownOnceAndStoredHashed() {
    Answer made =
        server.post("/clients", "{\"id\":\"web-2\",\"name\":\"Web\",\"type\":\"confidential\"}");
    Secret secret = Secret.of(made.text("client_secret"));
    assertThat(hashes("web-2")).containsExactly(TokenHash.of(secret));
    assertThat(server.get("/clients/web-2").json().has("client_secret")).isFalse();
    assertThat(server.get("/clients").http().body()).doesNotContain(secret.reveal());
  }

  @Test
  void rotatingGivesANewSecretAndEndsTheOldOne() {
    Answer made =
        server.post("/clients", "{\"id\":\"web-2\",\"name\":\"Web\",\"type\":\"confidential\"}");
    Answer rotated = server.post("/clients/web-2/rotate_secret", "");
    assertThat(rotated.status()).isEqualTo(200);
    assertThat(rotated.text("client_secret")).isNotEqualTo(made.text("client_secret"));
    assertThat(hashes("web-2"))
        .containsExactly(TokenHash.of(Secret.of(rotated.text("client_secret"))));
    server.post("/clients", "{\"id\":\"pub\",\"name\":\"Pub\"}");
    assertThat(server.post("/clients/pub/rotate_secret", "").code()).isEqualTo("public_client");
  }

  @Test
  void aPatchChangesWhatItNamesAndLeavesTheRest() {
    Answer made =
        server.post(
            "/clients",
            "{\"id\":\"a\",\"name\":\"A\",\"scopes\":[\"openid\"],\"policy\":[{\"upstream\":"
                + "\"openai\",\"models\":[\"gpt-5\"],\"limits\":{\"cost_micros\":5}}]}");
    Answer changed =
        server.send(
            "PATCH",
            "/clients/a",
            "{\"disabled\":true,\"scopes\":null}",
            "if-match",
            made.etag(),
            "content-type",
            "application/merge-patch+json");
    assertThat(changed.status()).isEqualTo(200);
    Client client = stored("a");
    assertThat(client.disabled()).isTrue();
    assertThat(client.scopes()).as("null means the default").isEmpty();
    assertThat(client.policy()).hasSize(1);
    assertThat(client.policy().getFirst().limits().costMicros()).isEqualTo(5);
    Answer wrong =
        server.send("PATCH", "/clients/a", "{\"name\":null}", "if-match", changed.etag());
    assertThat(wrong.code()).isEqualTo("invalid_body");
    assertThat(
            server
                .send("PATCH", "/clients/a", "{\"type\":\"public\"}", "if-match", changed.etag())
                .code())
        .as("what never changes is not in the patch")
        .isEqualTo("invalid_body");
  }

  @Test
  void idsAreGivenOnceEvenWhenTheirClientIsGone() {
    String body = "{\"id\":\"once\",\"name\":\"Once\"}";
    Answer made = server.post("/clients", body);
    assertThat(server.post("/clients", body).code()).isEqualTo("client_exists");
    assertThat(server.send("DELETE", "/clients/once", null, "if-match", made.etag()).status())
        .isEqualTo(204);
    assertThat(server.get("/clients/once").status()).isEqualTo(404);
    assertThat(server.post("/clients", body).code()).isEqualTo("client_exists");
  }

  @Test
  void deletingAClientRevokesWhatItHoldsAndWhatItGaveOnward() {
    Mandate mandate = server.fixture.mandate(Fixture.APP, Fixture.ADA, "openid", "openai");
    Mandate other = server.fixture.mandate(Fixture.OTHER_APP, Fixture.ADA, "openid", "openai");
    String tag = server.get("/clients/app").etag();
    assertThat(server.send("DELETE", "/clients/app", null, "if-match", tag).status())
        .isEqualTo(204);
    assertThat(heard)
        .contains(
            new Change.MandateRevoked(Fixture.TENANT, mandate.id()),
            new Change.ClientChanged(Fixture.TENANT, Fixture.APP));
    assertThat(server.get("/mandates/" + mandate.id()).text("status")).isEqualTo("revoked");
    assertThat(server.get("/mandates/" + other.id()).text("status")).isEqualTo("active");
  }

  @Test
  void aServiceGetsTheTenantsMandateByItsPolicyAndANewOneOnRequest() {
    server.post(
        "/clients",
        "{\"id\":\"nightly\",\"name\":\"N\",\"type\":\"confidential\",\"grant_types\":"
            + "[\"client_credentials\"],\"policy\":[{\"upstream\":\"openai\"}]}");
    Mandate first =
        Objects.requireNonNull(
            server
                .stores
                .mandates()
                .standing(Fixture.TENANT, new ClientId("nightly"), server.clock.instant()));
    assertThat(first.access()).hasSize(1);
    Answer given = server.post("/clients/nightly/give_mandate", "");
    assertThat(given.status()).isEqualTo(200);
    assertThat(given.text("mandate_id")).isNotEqualTo(first.id().value());
    assertThat(server.get("/mandates/" + first.id()).text("status")).isEqualTo("revoked");
    assertThat(server.post("/clients/app/give_mandate", "").code()).isEqualTo("not_a_service");
    assertThat(
            server
                .post("/clients", "{\"name\":\"P\",\"grant_types\":[\"client_credentials\"]}")
                .json()
                .at("/errors/0/pointer")
                .asText())
        .isEqualTo("/grant_types");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://app.example/callback",
        "https://app.example/callback#fragment",
        "https://*.example/callback",
        "https://app.example/*",
        "/callback",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://user@app.example/callback",
        "https:///callback",
        "HTTP://app.example/callback",
        "not a uri"
      })
  void redirectUrisThatNoAppShouldHaveAreRefused(String uri) {
    Answer refused =
        server.post("/clients", "{\"name\":\"A\",\"redirect_uris\":[\"" + uri + "\"]}");
    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.json().at("/errors/0/pointer").asText()).isEqualTo("/redirect_uris/0");
  }

  @Test
  void listsAreFilteredAndPaged() {
    assertThat(server.get("/clients?type=confidential").json().path("items"))
        .extracting(c -> c.path("id").asText())
        .containsExactly("guard", "service", "web");
    assertThat(server.get("/clients?disabled=true").json().path("items"))
        .extracting(c -> c.path("id").asText())
        .containsExactly("disabled");
    Answer first = server.get("/clients?limit=3");
    assertThat(first.json().path("items")).hasSize(3);
    Answer rest = server.get("/clients?limit=3&cursor=" + first.text("next_cursor"));
    assertThat(rest.json().path("items"))
        .extracting(c -> c.path("id").asText())
        .containsExactly("other-app", "service", "web");
    assertThat(rest.json().has("next_cursor")).isFalse();
  }
}
