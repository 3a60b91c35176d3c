package dev.mandate.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.admin.AdminServer.Answer;
import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.revocation.Change;
import dev.mandate.testing.Fixture;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MandatesApiTest {
  private AdminServer server;

  @BeforeEach
  void start(@TempDir Path folder) {
    server =
        new AdminServer(
            folder, s -> new MandatesApi(s.stores.mandates(), s.stores.ledger()).operations());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void pagesFollowOneAnotherWithoutGapOrDouble() {
    List<String> given = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      given.addFirst(server.fixture.mandate(Fixture.APP, Fixture.ADA, "", "openai").id().value());
    }
    List<String> seen = new ArrayList<>();
    String cursor = "";
    do {
      Answer page = server.get("/mandates?limit=2" + cursor);
      assertThat(page.status()).isEqualTo(200);
      page.json().path("items").forEach(item -> seen.add(item.path("id").asText()));
      cursor = page.json().has("next_cursor") ? "&cursor=" + page.text("next_cursor") : "";
    } while (!cursor.isEmpty());
    assertThat(seen).containsExactlyInAnyOrderElementsOf(given).doesNotHaveDuplicates();
  }

  @Test
  void filtersNarrowAndUnknownOnesAreRefused() {
    Mandate mine = server.fixture.mandate(Fixture.APP, Fixture.ADA, "", "openai");
    server.fixture.mandate(Fixture.OTHER_APP, Fixture.ADA, "", "openai");
    JsonNode items = server.get("/mandates?client_id=app&status=active").json().path("items");
    assertThat(items).hasSize(1);
    assertThat(items.get(0).path("id").asText()).isEqualTo(mine.id().value());
    assertThat(server.get("/mandates?client=app").code()).isEqualTo("invalid_parameter");
    assertThat(server.get("/mandates?status=gone").code()).isEqualTo("invalid_parameter");
    assertThat(server.get("/mandates?limit=0").code()).isEqualTo("invalid_parameter");
    assertThat(server.get("/mandates?limit=201").code()).isEqualTo("invalid_parameter");
    assertThat(server.get("/mandates?limit=2&limit=3").code()).isEqualTo("invalid_parameter");
    assertThat(server.get("/mandates?cursor=nonsense").code()).isEqualTo("invalid_parameter");
  }

  @Test
  void revokingIsHeardAndWrittenDown() {
    Mandate mandate = server.fixture.mandate(Fixture.APP, Fixture.ADA, "openid", "openai");
    List<Change> heard = new ArrayList<>();
    server.changes.subscribe(heard::add);
    Answer revoked = server.post("/mandates/" + mandate.id() + "/revoke", "");
    assertThat(revoked.status()).isEqualTo(200);
    assertThat(revoked.text("status")).isEqualTo("revoked");
    assertThat(heard).containsExactly(new Change.MandateRevoked(Fixture.TENANT, mandate.id()));
    AuditEvent event = server.stores.audit().latest(Fixture.TENANT, 1).getFirst();
    assertThat(event.type()).isEqualTo("mandate.revoked");
    assertThat(event.mandate()).isEqualTo(mandate.id().value());
    assertThat(event.requestId()).isEqualTo(revoked.header("x-request-id"));
  }

  @Test
  void whatIsNotThereIsNotFound() {
    assertThat(server.get("/mandates/none").code()).isEqualTo("not_found");
    assertThat(server.post("/mandates/none/revoke", "").code()).isEqualTo("not_found");
  }

  @Test
  void theDocumentNamesTheOperations() {
    JsonNode paths = server.get("/openapi.json").json().path("paths");
    assertThat(
            paths.path("/mandates/{mandate_id}/revoke").path("post").path("operationId").asText())
        .isEqualTo("revokeMandate");
  }
}
