package dev.mandate.admin;

import static dev.mandate.admin.SecondHalf.as;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.admin.AdminServer.Answer;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.testing.Fixture;
import dev.mandate.testing.Upstreams;
import java.net.URI;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelTiersApiTest {
  private AdminServer server;

  @BeforeEach
  void start(@TempDir Path folder) {
    server = new AdminServer(folder, SecondHalf::operations);
    server
        .stores
        .upstreams()
        .save(Upstreams.openai(Fixture.TENANT, URI.create("https://api.openai.com")));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static String body(String id, boolean elevated, String roles, String model) {
    return "{\"id\":\"%s\",\"display_name\":\"Top\",\"elevated\":%s,\"roles\":%s,\"models\":[{\"upstream\":\"openai\",\"name\":\"%s\"}]}"
        .formatted(id, elevated, roles, model);
  }

  @Test
  void aTierIsMadeReadChangedAndRemoved() {
    Answer made =
        server.post("/model_tiers", body("top", true, "[\"admin\"]", Upstreams.CHAT_MODEL));
    assertThat(made.status()).isEqualTo(201);
    assertThat(made.text("scope")).isEqualTo("tier:top");
    assertThat(server.get("/model_tiers/top").json()).isEqualTo(made.json());
    assertThat(server.get("/model_tiers").json().path("items").size()).isEqualTo(1);
    Answer changed =
        server.send(
            "PUT",
            "/model_tiers/top",
            "{\"display_name\":\"Open\",\"models\":[{\"upstream\":\"openai\",\"name\":\"%s\",\"dated\":true}]}"
                .formatted(Upstreams.CHAT_MODEL),
            "if-match",
            "*");
    assertThat(changed.status()).isEqualTo(200);
    assertThat(changed.json().path("elevated").asBoolean()).isFalse();
    assertThat(changed.json().path("models").path(0).path("dated").asBoolean()).isTrue();
    assertThat(server.send("DELETE", "/model_tiers/top", null, "if-match", "*").status())
        .isEqualTo(204);
    assertThat(server.get("/model_tiers/top").code()).isEqualTo("not_found");
  }

  @Test
  void whatWouldLeaveAModelOpenByMistakeIsRefused() {
    // Misspelled, an elevated model would stay open to all.
    assertThat(
            server
                .post("/model_tiers", body("top", true, "[\"admin\"]", "gpt-misspelled"))
                .json()
                .toString())
        .contains("/models/0/name");
    assertThat(
            server
                .post("/model_tiers", body("top", true, "[]", Upstreams.CHAT_MODEL))
                .json()
                .toString())
        .contains("/roles");
    assertThat(
            server
                .post("/model_tiers", body("top", true, "[\"boss\"]", Upstreams.CHAT_MODEL))
                .json()
                .toString())
        .contains("boss");
    assertThat(server.post("/model_tiers", body("a", false, "[]", Upstreams.CHAT_MODEL)).status())
        .isEqualTo(201);
    assertThat(server.post("/model_tiers", body("a", false, "[]", Upstreams.CHAT_MODEL)).code())
        .isEqualTo("tier_exists");
    assertThat(server.post("/model_tiers", body("b", false, "[]", Upstreams.CHAT_MODEL)).code())
        .isEqualTo("model_in_another_tier");
  }

  @Test
  void whoMayNotChangeEntitlementsMakesNoTier() {
    Secret reader = server.key(Set.of("entitlements:read"), null);
    assertThat(
            server
                .post("/model_tiers", body("a", false, "[]", Upstreams.CHAT_MODEL), as(reader))
                .status())
        .isEqualTo(403);
    assertThat(server.get("/model_tiers", as(reader)).status()).isEqualTo(200);
  }
}
