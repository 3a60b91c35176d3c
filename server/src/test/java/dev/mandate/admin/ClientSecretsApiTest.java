package dev.mandate.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.admin.AdminServer.Answer;
import dev.mandate.domain.client.AuthMethod;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.client.Proof;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.json.Json;
import dev.mandate.testing.ClientKey;
import dev.mandate.testing.Fixture;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How a client proves who it is, as an administrator sets it.
class ClientSecretsApiTest {
  private static AdminServer server;

  @BeforeAll
  static void start(@TempDir Path folder) {
    server = AdminServer.start(folder);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Client stored(String id) {
    return Objects.requireNonNull(server.stores.clients().find(Fixture.TENANT, new ClientId(id)));
  }

  private static Answer confidential(String id) {
    return server.post(
        "/clients", "{\"id\":\"" + id + "\",\"name\":\"C\",\"type\":\"confidential\"}");
  }

  private static Answer signing(String id, String more) {
    return server.post(
        "/clients",
        "{\"id\":\""
            + id
            + "\",\"name\":\"C\",\"type\":\"confidential\",\"token_endpoint_auth_method\":"
            + "\"private_key_jwt\""
            + more
            + "}");
  }

  private static Answer retire(String client, String secret) {
    String path = "/clients/" + client + "/secrets/" + secret;
    Answer read = server.get(path);
    return server.send("DELETE", path, null, "if-match", read.status() == 200 ? read.etag() : "*");
  }

  private static String pointer(Answer answer) {
    assertThat(answer.status()).as(answer.json().toString()).isEqualTo(422);
    return answer.json().at("/errors/0/pointer").asText();
  }

  @Test
  void aSecondSecretIsShownOnceAndTheFirstHoldsUntilItIsRetired() {
    Answer made = confidential("rotates");
    assertThat(made.text("token_endpoint_auth_method")).isEqualTo("client_secret_basic");
    Answer added = server.post("/clients/rotates/secrets", "{}");
    assertThat(added.status()).isEqualTo(201);
    String secret = added.text("client_secret");
    assertThat(secret).as("256 bits").hasSize(43).isNotEqualTo(made.text("client_secret"));
    assertThat(((Proof.Secrets) stored("rotates").proof()).secrets())
        .extracting(s -> s.hash())
        .containsExactly(
            TokenHash.of(Secret.of(made.text("client_secret"))), TokenHash.of(Secret.of(secret)));
    Answer list = server.get("/clients/rotates/secrets");
    assertThat(list.json().path("items")).hasSize(2);
    assertThat(list.http().body()).doesNotContain(secret).doesNotContain("hash");
    Answer third = server.post("/clients/rotates/secrets", "{}");
    assertThat(third.status()).isEqualTo(409);
    assertThat(third.code()).isEqualTo("two_secrets");
    assertThat(server.get("/clients/rotates/secrets?limit=1").json().has("next_cursor")).isTrue();

    String first = list.json().at("/items/0/id").asText();
    assertThat(retire("rotates", first).status()).isEqualTo(204);
    assertThat(((Proof.Secrets) stored("rotates").proof()).secrets())
        .extracting(s -> s.hash())
        .containsExactly(TokenHash.of(Secret.of(secret)));
    assertThat(retire("rotates", first).status()).isEqualTo(404);
    assertThat(retire("rotates", added.text("id")).code()).isEqualTo("last_secret");
    assertThat(retire("service", added.text("id")).status()).as("another client's").isEqualTo(404);
  }

  @Test
  void racingAddsLeaveTwoSecretsAndRacingRetiresOne() throws Exception {
    confidential("raced");
    List<Callable<Answer>> adds = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      adds.add(() -> server.post("/clients/raced/secrets", "{}"));
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(6)) {
      int made = 0;
      for (var add : threads.invokeAll(adds)) {
        assertThat(add.get().status()).isIn(201, 409);
        made += add.get().status() == 201 ? 1 : 0;
      }
      assertThat(made).isEqualTo(1);
      List<Callable<Answer>> retires = new ArrayList<>();
      server
          .get("/clients/raced/secrets")
          .json()
          .path("items")
          .forEach(item -> retires.add(() -> retire("raced", item.path("id").asText())));
      int retired = 0;
      for (var retire : threads.invokeAll(retires)) {
        retired += retire.get().status() == 204 ? 1 : 0;
      }
      assertThat(retired).isEqualTo(1);
    }
    assertThat(((Proof.Secrets) stored("raced").proof()).secrets()).hasSize(1);
  }

  @Test
  void aClientWithoutASecretGetsNone() {
    assertThat(server.post("/clients/app/secrets", "{}").code()).isEqualTo("public_client");
    signing("no-secret", ",\"jwks\":" + ClientKey.ec("k").set());
    assertThat(server.post("/clients/no-secret/secrets", "{}").code()).isEqualTo("no_secrets");
    assertThat(server.post("/clients/no-secret/rotate_secret", "").code()).isEqualTo("no_secrets");
    assertThat(server.get("/clients/no-secret/secrets").json().path("items")).isEmpty();
    assertThat(server.get("/clients/nobody/secrets").status()).isEqualTo(404);
  }

  @Test
  void aClientThatSignsHasItsKeysOrTheirAddressAndNoSecret() {
    String keys = ClientKey.ec("k").set().toString();
    Answer inline = signing("signs", ",\"jwks\":" + keys);
    assertThat(inline.status()).as(inline.json().toString()).isEqualTo(201);
    assertThat(inline.json().has("client_secret")).isFalse();
    assertThat(inline.json().path("jwks")).isEqualTo(Json.parse(keys));
    assertThat(stored("signs").proof()).isInstanceOf(Proof.Keys.class);
    Answer changed =
        server.send(
            "PATCH",
            "/clients/signs",
            "{\"jwks\":null,\"jwks_uri\":\"https://keys.example/jwks?v=1\","
                + "\"token_endpoint_auth_signing_alg\":\"ES256\"}",
            "if-match",
            inline.etag());
    assertThat(changed.status()).as(changed.json().toString()).isEqualTo(200);
    assertThat(changed.text("jwks_uri")).isEqualTo("https://keys.example/jwks?v=1");
    assertThat(changed.json().has("jwks")).isFalse();
  }

  @Test
  void keysThatCannotBeAreRefused() {
    ClientKey key = ClientKey.ec("k");
    String privateKey = key.jwk().toJSONString();
    assertThat(pointer(signing("x1", ""))).isEqualTo("/jwks");
    assertThat(
            pointer(
                signing("x2", ",\"jwks\":" + key.set() + ",\"jwks_uri\":\"https://a.example/\"")))
        .isEqualTo("/jwks");
    Answer leaked = signing("x3", ",\"jwks\":{\"keys\":[" + privateKey + "]}");
    assertThat(pointer(leaked)).isEqualTo("/jwks");
    assertThat(leaked.http().body())
        .contains("private")
        .doesNotContain(key.jwk().toECKey().getD().toString());
    for (String one :
        List.of(
            "{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}",
            "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"AAAA\"}",
            "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}",
            "{\"kty\":\"RSA\"}",
            "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
            key.publicJwk().put("use", "enc").toString(),
            key.publicJwk().put("alg", "RS256").toString(),
            key.publicJwk().put("alg", "none").toString())) {
      assertThat(pointer(signing("x4", ",\"jwks\":{\"keys\":[" + one + "]}")))
          .as(one)
          .isEqualTo("/jwks");
    }
    for (String uri :
        List.of(
            "http://keys.example/jwks",
            "https://user@keys.example/jwks",
            "https://keys.example/jwks#x",
            "file:///etc/passwd",
            "/jwks",
            "not a uri")) {
      assertThat(pointer(signing("x5", ",\"jwks_uri\":\"" + uri + "\"")))
          .as(uri)
          .isEqualTo("/jwks_uri");
    }
    assertThat(server.get("/clients/x1").status()).isEqualTo(404);
  }

  @Test
  void aMethodFitsItsClientAndStaysOfItsKind() {
    String method = "token_endpoint_auth_method";
    assertThat(
            pointer(
                server.post(
                    "/clients", "{\"name\":\"A\",\"" + method + "\":\"client_secret_post\"}")))
        .isEqualTo("/" + method);
    assertThat(
            pointer(
                server.post(
                    "/clients",
                    "{\"name\":\"A\",\"type\":\"confidential\",\"" + method + "\":\"none\"}")))
        .isEqualTo("/" + method);
    assertThat(
            pointer(
                server.post("/clients", "{\"name\":\"A\",\"jwks_uri\":\"https://a.example/\"}")))
        .isEqualTo("/jwks_uri");
    Answer made = confidential("moves");
    Answer moved = patch("moves", "{\"" + method + "\":\"client_secret_post\"}", made);
    assertThat(moved.status()).isEqualTo(200);
    assertThat(stored("moves").proof().method()).isEqualTo(AuthMethod.SECRET_POST);
    assertThat(((Proof.Secrets) stored("moves").proof()).secrets()).hasSize(1);
    for (String other : List.of("none", "private_key_jwt")) {
      assertThat(pointer(patch("moves", "{\"" + method + "\":\"" + other + "\"}", moved)))
          .isEqualTo("/" + method);
    }
    assertThat(patch("moves", "{\"" + method + "\":\"client_secret_jwt\"}", moved).code())
        .isEqualTo("invalid_body");
  }

  private static Answer patch(String id, String body, Answer before) {
    return server.send("PATCH", "/clients/" + id, body, "if-match", before.etag());
  }

  @Test
  void theFormOfItsTokensIsPartOfAClient() {
    Answer made = server.post("/clients", "{\"id\":\"forms\",\"name\":\"F\"}");
    assertThat(made.text("access_token_signing_alg")).isEqualTo("ES256");
    assertThat(made.text("id_token_signed_response_alg")).isEqualTo("RS256");
    Answer changed =
        patch(
            "forms",
            "{\"access_token_signing_alg\":\"RS256\",\"id_token_signed_response_alg\":\"ES256\"}",
            made);
    assertThat(changed.text("access_token_signing_alg")).isEqualTo("RS256");
    assertThat(changed.text("id_token_signed_response_alg")).isEqualTo("ES256");
    for (String alg : List.of("none", "HS256", "es256")) {
      assertThat(patch("forms", "{\"access_token_signing_alg\":\"" + alg + "\"}", changed).code())
          .isEqualTo("invalid_body");
    }
  }
}
