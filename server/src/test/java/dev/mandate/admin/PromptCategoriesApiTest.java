package dev.mandate.admin;

import static dev.mandate.admin.SecondHalf.as;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.admin.AdminServer.Answer;
import dev.mandate.platform.crypto.Secret;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PromptCategoriesApiTest {
  private static final String CODE =
      "{\"id\":\"code_generation\",\"display_name\":\"Code\",\"decision\":\"allow\","
          + "\"needs_scope\":true,\"roles\":[\"member\"],\"shipped_rules\":\"code_generation\"}";

  private AdminServer server;

  @BeforeEach
  void start(@TempDir Path folder) {
    server = new AdminServer(folder, SecondHalf::operations);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Answer rule(String pattern) {
    return server.post(
        "/prompt_rules", "{\"category\":\"code_generation\",\"pattern\":\"" + pattern + "\"}");
  }

  @Test
  void categoriesRulesAndThePolicyAreMadeReadChangedAndRemoved() {
    assertThat(rule("orion").code()).isEqualTo("no_such_category");
    Answer made = server.post("/prompt_categories", CODE);
    assertThat(made.status()).isEqualTo(201);
    assertThat(made.text("scope")).isEqualTo("prompt:code_generation");
    assertThat(server.get("/prompt_categories/code_generation").json()).isEqualTo(made.json());
    assertThat(server.post("/prompt_categories", CODE).code()).isEqualTo("category_exists");
    Answer rule = rule("orion|lynx");
    assertThat(rule.status()).isEqualTo(201);
    assertThat(server.get("/prompt_rules/" + rule.text("id")).json()).isEqualTo(rule.json());
    Answer policy = server.get("/prompt_policy");
    assertThat(policy.json().path("classifies").asBoolean()).isFalse();
    assertThat(policy.json().path("fails_open").asBoolean()).isFalse();
    String on =
        "{\"classifies\":true,\"fails_open\":true,\"allows_other\":false,\"characters_max\":2000}";
    assertThat(server.send("PUT", "/prompt_policy", on, "if-match", policy.etag()).status())
        .isEqualTo(200);
    assertThat(server.send("PUT", "/prompt_policy", on, "if-match", policy.etag()).code())
        .isEqualTo("precondition_failed");
    assertThat(
            server
                .send("DELETE", "/prompt_categories/code_generation", null, "if-match", "*")
                .status())
        .isEqualTo(204);
    assertThat(server.get("/prompt_rules/" + rule.text("id")).code()).isEqualTo("not_found");
  }

  @Test
  void aPatternThatIsNoneAndARoleThatIsNoneAreRefused() {
    server.post("/prompt_categories", CODE);
    assertThat(rule("(a").json().toString()).contains("/pattern");
    assertThat(rule("((a{100}){100}){1000}").json().toString()).contains("repeats");
    assertThat(
            server
                .post(
                    "/prompt_categories",
                    CODE.replace("\"id\":\"code_g", "\"id\":\"c").replace("member", "boss"))
                .json()
                .toString())
        .contains("boss");
  }

  @Test
  void whoMayNotChangeEntitlementsChangesNothingHere() {
    Secret reader = server.key(Set.of("entitlements:read"), null);
    assertThat(server.post("/prompt_categories", CODE, as(reader)).status()).isEqualTo(403);
    assertThat(server.get("/prompt_policy", as(reader)).status()).isEqualTo(200);
    Secret other = server.key(Set.of("upstreams:write"), null);
    assertThat(server.get("/prompt_categories", as(other)).status()).isEqualTo(403);
  }
}
