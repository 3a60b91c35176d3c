package dev.mandate.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.admin.AdminServer.Answer;
import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.promptlog.PromptLog;
import dev.mandate.domain.promptlog.PromptLogPolicy;
import dev.mandate.domain.promptlog.PromptLogStore.Kept;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.vault.Vault;
import dev.mandate.testing.Fixture;
import dev.mandate.testing.Tenants;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PromptLogApiTest {
  private AdminServer server;
  private Vault vault;
  private PromptLog log;

  @BeforeEach
  void start(@TempDir Path folder) {
    server =
        new AdminServer(
            folder,
            at -> {
              vault = new Vault(new byte[32], at.stores.tenantKeys(), new SecureRandom());
              log = new PromptLog(at.stores.promptLog(), vault, at.changes, at.clock);
              return new PromptLogApi(at.stores.promptLog(), log, at.stores.audit()).operations();
            });
  }

  @AfterEach
  void stop() {
    log.close();
    server.close();
  }

  private void keep(TenantId tenant, String call) {
    PromptLogPolicy all = new PromptLogPolicy(PromptLogPolicy.ALL, Duration.ofDays(7));
    server.stores.promptLog().replace(tenant, PromptLogPolicy.OFF, all);
    byte[] words = "{\"request\":\"asked\",\"answer\":\"said\"}".getBytes(StandardCharsets.UTF_8);
    Kept kept =
        new Kept(
            tenant,
            call,
            new MandateId("mandate_1"),
            "openai",
            "gpt-5",
            server.clock.instant(),
            server.clock.instant().plusSeconds(60),
            vault.seal(tenant, "prompt_log/" + call, words));
    assertThat(server.stores.promptLog().keep(kept)).isTrue();
  }

  private List<AuditEvent> readings() {
    return server.stores.audit().latest(Fixture.TENANT, 100).stream()
        .filter(event -> event.type().equals("prompt.read"))
        .toList();
  }

  @Test
  void itIsOffUntilItIsTurnedOnAndLastsAMonthAtMost() {
    Answer off = server.get("/prompt-log");
    assertThat(off.json().path("per_mille").asInt()).isZero();
    assertThat(put("{\"per_mille\":1000,\"days\":30}").status()).isEqualTo(200);
    assertThat(server.get("/prompt-log").json().path("days").asInt()).isEqualTo(30);
    assertThat(put("{\"per_mille\":1000,\"days\":31}").code()).isEqualTo("invalid_body");
    assertThat(put("{\"per_mille\":1001}").code()).isEqualTo("invalid_body");
    assertThat(put("{\"per_mille\":0}").status()).isEqualTo(200);
    assertThat(server.stores.promptLog().policy(Fixture.TENANT)).isEqualTo(PromptLogPolicy.OFF);
    assertThat(server.stores.audit().latest(Fixture.TENANT, 100))
        .extracting(AuditEvent::type)
        .contains("prompt_log.changed");
  }

  private Answer put(String body) {
    return server.send("PUT", "/prompt-log", body, "if-match", "*");
  }

  @Test
  void eachReadingIsWrittenDownAndAListHasNoTexts() {
    keep(Fixture.TENANT, "req_1");
    Answer list = server.get("/prompts");
    assertThat(list.json().at("/items/0/id").asText()).isEqualTo("req_1");
    assertThat(list.json().toString()).doesNotContain("asked").doesNotContain("said");
    assertThat(readings()).isEmpty();
    for (int reading = 1; reading <= 2; reading++) {
      Answer one = server.get("/prompts/req_1");
      assertThat(one.text("request")).isEqualTo("asked");
      assertThat(one.text("answer")).isEqualTo("said");
      assertThat(readings()).hasSize(reading);
    }
    assertThat(readings().getFirst().details()).containsEntry("call", "req_1");
    assertThat(readings().toString()).doesNotContain("asked");
    assertThat(server.get("/prompts?mandate_id=mandate_2").json().path("items")).isEmpty();
    server.clock.advance(Duration.ofSeconds(61));
    assertThat(server.get("/prompts/req_1").status()).isEqualTo(404);
  }

  @Test
  void anotherTenantsIsNotThere() {
    server.stores.tenants().save(Tenants.tenant(Tenants.GLOBEX));
    keep(Tenants.GLOBEX, "req_theirs");
    assertThat(server.get("/prompts").json().path("items")).isEmpty();
    assertThat(server.get("/prompts/req_theirs").status()).isEqualTo(404);
    assertThat(readings()).isEmpty();
  }
}
