package dev.mandate.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.admin.AdminServer.Answer;
import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.testing.Fixture;
import dev.mandate.testing.Tenants;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditApiTest {
  private AdminServer server;

  @BeforeEach
  void start(@TempDir Path folder) {
    server = new AdminServer(folder, SecondHalf::operations);
    for (int i = 1; i <= 5; i++) {
      append(Fixture.TENANT, "type." + i % 2, "actor" + i, i == 4 ? "mandate_4" : null, i);
    }
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private void append(
      TenantId tenant,
      String type,
      String actor,
      @org.jspecify.annotations.Nullable String mandate,
      int second) {
    server
        .stores
        .audit()
        .append(
            List.of(
                new AuditEvent(
                    tenant,
                    server.clock.instant().plusSeconds(second),
                    type,
                    actor,
                    mandate,
                    "ok",
                    "req_1",
                    Map.of("b", "2", "a", "1"))));
  }

  private List<Long> seqs(String query) {
    Answer page = server.get("/audit?" + query);
    assertThat(page.status()).isEqualTo(200);
    List<Long> seqs = new ArrayList<>();
    page.json().path("items").forEach(item -> seqs.add(item.path("seq").asLong()));
    return seqs;
  }

  @Test
  void eventsComeNewestFirstAndAPageIsNotMovedByWhatHappensMeanwhile() {
    Answer first = server.get("/audit?limit=2");
    JsonNode newest = first.json().path("items").path(0);
    assertThat(newest.path("seq").asLong()).isEqualTo(5);
    assertThat(newest.path("type").asText()).isEqualTo("type.1");
    assertThat(newest.path("details").toString()).isEqualTo("{\"a\":\"1\",\"b\":\"2\"}");
    append(Fixture.TENANT, "late", "x", null, 9);
    assertThat(seqs("limit=2&cursor=" + first.text("next_cursor"))).containsExactly(3L, 2L);
    assertThat(seqs("limit=200")).containsExactly(6L, 5L, 4L, 3L, 2L, 1L);
  }

  @Test
  void fromANumberEventsComeOldestFirst() {
    Answer first = server.get("/audit?from=2&limit=3");
    assertThat(first.json().at("/items/0/seq").asLong()).isEqualTo(2);
    assertThat(seqs("from=2&limit=3&cursor=" + first.text("next_cursor"))).containsExactly(5L);
    assertThat(seqs("from=6")).isEmpty();
  }

  @Test
  void filtersNarrowAndWhatIsNoneIsRefused() {
    assertThat(seqs("type=type.0")).containsExactly(4L, 2L);
    assertThat(seqs("actor=actor3")).containsExactly(3L);
    assertThat(seqs("mandate_id=mandate_4")).containsExactly(4L);
    assertThat(seqs("since=2026-11-21T10:00:04Z")).containsExactly(5L, 4L);
    assertThat(seqs("until=2026-11-21T11:00:02%2B01:00")).containsExactly(1L);
    assertThat(seqs("type=type.0&actor=actor3")).isEmpty();
    for (String query : List.of("since=yesterday", "from=0", "seq=1", "cursor=MTp4", "limit=0")) {
      assertThat(server.get("/audit?" + query).code()).isEqualTo("invalid_parameter");
    }
  }

  @Test
  void anotherTenantsEventsAreNotThere() {
    server.stores.tenants().save(Tenants.tenant(Tenants.GLOBEX));
    append(Tenants.GLOBEX, "theirs", "stranger", "mandate_x", 1);
    assertThat(seqs("type=theirs")).isEmpty();
    assertThat(seqs("mandate_id=mandate_x")).isEmpty();
    assertThat(seqs("from=1")).hasSize(5);
  }

  @Test
  void theChainIsVerified() {
    Answer whole = server.get("/audit/verify");
    assertThat(whole.json().toString()).isEqualTo("{\"id\":\"verify\",\"intact\":true}");
  }
}
