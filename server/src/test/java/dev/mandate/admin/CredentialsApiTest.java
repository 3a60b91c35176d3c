package dev.mandate.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.admin.AdminServer.Answer;
import dev.mandate.domain.credential.CredentialPolicy;
import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.credential.CredentialTests;
import dev.mandate.domain.credential.OwnCredentials;
import dev.mandate.domain.credential.ProviderDesk.Verdict;
import dev.mandate.testing.Fixture;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CredentialsApiTest {
  private static final String PATH = "/upstreams/openai/credentials";
  private static final String POLICY = "/upstreams/openai/credential_policy";
  private static final String ADMIN_SECRET = "sk-admin-canary-0123456789abcdef";
  private AdminServer server;

  @BeforeEach
  void start(@TempDir Path folder) {
    server = AdminServer.start(folder);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private String add(String more) {
    Answer added =
        server.post(PATH, "{\"secret\":\"sk-canary-0123456789abcdef\"%s}".formatted(more));
    assertThat(added.status()).as(added.http().body()).isEqualTo(201);
    return added.text("id");
  }

  private String state(String id) {
    return server.get(PATH + "/" + id).text("state");
  }

  @Test
  void versionsShareDrainAndTakeOver() {
    String first = add("");
    String second = add(",\"weight\":3");
    assertThat(state(first)).isEqualTo("active");
    assertThat(server.get(PATH + "/" + second).json().path("weight").asInt()).isEqualTo(3);
    Answer weighed = server.post(PATH + "/" + first + "/weigh", "{\"weight\":0}");
    assertThat(weighed.json().path("active").asBoolean()).isFalse();
    assertThat(server.post(PATH + "/" + first + "/weigh", "{\"weight\":101}").status())
        .isEqualTo(422);
    Answer drained = server.post(PATH + "/" + second + "/drain", "");
    assertThat(drained.text("state")).isEqualTo("draining");
    assertThat(drained.text("ends_at")).isNotEmpty();
    assertThat(server.post(PATH + "/" + second + "/activate", "").text("state"))
        .isEqualTo("active");
    assertThat(state(first)).isEqualTo("draining");
    String third = add("");
    assertThat(state(second)).isEqualTo("draining");
    assertThat(state(third)).isEqualTo("active");
  }

  @Test
  void aTestSaysWhatTheProviderSaysAndNothingElse() {
    String id = add("");
    for (Verdict verdict : Verdict.values()) {
      server.verdict = verdict;
      Answer answer = server.post(PATH + "/" + id + "/test", "");
      assertThat(answer.text("verdict")).isEqualTo(CredentialsApi.wire(verdict));
      assertThat(answer.json().size()).isEqualTo(2);
    }
    assertThat(state(id)).as("one that the provider does not know").isEqualTo("rejected");
    for (int i = Verdict.values().length; i < CredentialTests.TESTS_MAX; i++) {
      assertThat(server.post(PATH + "/" + id + "/test", "").status()).isEqualTo(200);
    }
    assertThat(server.post(PATH + "/" + id + "/test", "").code()).isEqualTo("too_many_tests");
    server.clock.advance(CredentialTests.TESTS_WITHIN);
    assertThat(server.post(PATH + "/" + id + "/test", "").status()).isEqualTo(200);
  }

  @Test
  void aPersonsOwnIsNotThereForAnAdministrator() {
    String origin =
        Objects.requireNonNull(server.stores.upstreams().find(Fixture.TENANT, "openai")).origin();
    CredentialPolicy none = server.stores.credentialPolicies().policy(Fixture.TENANT, "openai");
    server
        .stores
        .credentialPolicies()
        .replace(
            origin,
            none,
            new CredentialPolicy(
                Fixture.TENANT, "openai", OwnCredentials.ALLOWED, null, null, null, ""));
    server
        .stores
        .credentials()
        .add(
            origin,
            Stored.fresh(
                Fixture.TENANT,
                "cred_own",
                "openai",
                Fixture.ADA,
                new byte[] {1},
                "",
                1,
                server.clock.instant()),
            true);
    assertThat(server.stores.credentials().own(Fixture.TENANT, Fixture.ADA)).hasSize(1);
    assertThat(server.get(PATH).json().path("items")).isEmpty();
    assertThat(server.get(PATH + "/cred_own").status()).isEqualTo(404);
    for (String verb : new String[] {"test", "activate", "drain", "rotate"}) {
      assertThat(server.post(PATH + "/cred_own/" + verb, "").status()).as(verb).isEqualTo(404);
    }
    assertThat(server.post(PATH + "/cred_own/weigh", "{\"weight\":1}").status()).isEqualTo(404);
    assertThat(server.send("DELETE", PATH + "/cred_own", null, "if-match", "\"x\"").status())
        .isEqualTo(404);
  }

  @Test
  void whoMayOnlyReadTestsNothing() {
    String id = add("");
    String reader = "Bearer " + server.key(Set.of("credentials:read"), null).reveal();
    assertThat(server.get(PATH, "authorization", reader).status()).isEqualTo(200);
    for (String verb : new String[] {"test", "rotate", "drain"}) {
      assertThat(server.post(PATH + "/" + id + "/" + verb, "", "authorization", reader).code())
          .isEqualTo("insufficient_scope");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sk-key\\r\\nx-evil: 1",
        "sk-key\\nhost: evil",
        "sk key with spaces",
        "sk-ké-0123456789",
        "short",
        "sk-key-\\u0000-0123456789",
        "\\tsk-key-0123456789"
      })
  void aSecretThatCouldWriteAHeaderIsRefused(String secret) {
    Answer refused = server.post(PATH, "{\"secret\":\"" + secret + "\"}");
    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.http().body()).doesNotContain("evil");
    Answer policy = put("{\"project\":\"proj_1\",\"admin_secret\":\"" + secret + "\"}");
    assertThat(policy.status()).isEqualTo(422);
  }

  private Answer put(String body) {
    return server.send("PUT", POLICY, body, "if-match", server.get(POLICY).etag());
  }

  @Test
  void thePolicySaysWhoseKeysPayAndKeepsItsSecret() {
    assertThat(server.get(POLICY).text("own_credentials")).isEqualTo("off");
    Answer set =
        put(
            "{\"own_credentials\":\"required\",\"rotate_days\":30,\"project\":\"proj_1\","
                + "\"admin_secret\":\""
                + ADMIN_SECRET
                + "\"}");
    assertThat(set.status()).as(set.http().body()).isEqualTo(200);
    assertThat(set.text("admin_hint")).isEqualTo("cdef");
    assertThat(set.http().body()).doesNotContain(ADMIN_SECRET);
    Answer kept = put("{\"project\":\"proj_2\"}");
    assertThat(kept.text("admin_hint")).isEqualTo("cdef");
    assertThat(kept.text("own_credentials")).isEqualTo("off");
    assertThat(put("{}").json().has("admin_hint")).isFalse();
    assertThat(put("{\"project\":\"proj_1\"}").json().at("/errors/0/pointer").asText())
        .isEqualTo("/admin_secret");
    assertThat(put("{\"admin_secret\":\"" + ADMIN_SECRET + "\"}").status()).isEqualTo(422);
    assertThat(put("{\"project\":\"../../x\",\"admin_secret\":\"" + ADMIN_SECRET + "\"}").status())
        .isEqualTo(422);
    Answer elsewhere =
        server.send(
            "PUT",
            "/upstreams/anthropic/credential_policy",
            "{\"project\":\"p\",\"admin_secret\":\"" + ADMIN_SECRET + "\"}",
            "if-match",
            server.get("/upstreams/anthropic/credential_policy").etag());
    assertThat(elsewhere.json().at("/errors/0/pointer").asText()).isEqualTo("/project");
  }

  @Test
  void onlyOneRotationIsUnderWay() {
    String id = add("");
    assertThat(server.post(PATH + "/" + id + "/rotate", "").code()).isEqualTo("not_rotatable");
    put("{\"project\":\"proj_1\",\"admin_secret\":\"" + ADMIN_SECRET + "\"}");
    Answer begun = server.post(PATH + "/" + id + "/rotate", "");
    assertThat(begun.status()).isEqualTo(200);
    assertThat(begun.text("step")).isEqualTo("making");
    assertThat(server.post(PATH + "/" + id + "/rotate", "").code()).isEqualTo("rotation_under_way");
  }
}
