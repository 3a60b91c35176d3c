package dev.mandate.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.admin.AdminServer.Answer;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.CalendarWindows;
import dev.mandate.domain.budget.Call;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.testing.Fixture;
import dev.mandate.testing.Tenants;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UsageApiTest {
  private static AdminServer server;

  @BeforeAll
  static void start(@TempDir Path folder) {
    server = new AdminServer(folder, at -> new UsageApi(at.stores.usage(), at.clock).operations());
    book(Fixture.TENANT, "req_1", "gpt-5", "run=1,team=search", 7);
    book(Fixture.TENANT, "req_2", "gpt-5-mini", "team=ads", 5);
    book(Fixture.TENANT, "req_3", "gpt-5-mini", "", 1);
    server.stores.tenants().save(Tenants.tenant(Tenants.GLOBEX));
    book(Tenants.GLOBEX, "req_4", "theirs", "team=theirs", 1_000);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static void book(TenantId tenant, String id, String model, String tags, long cost) {
    MandateId mandate = new MandateId("mandate_1");
    Instant now = server.clock.instant();
    Call call =
        new Call(
            tenant,
            id,
            mandate,
            0,
            new ClientId("app"),
            null,
            null,
            "openai",
            model,
            "chat.completions",
            "v1",
            tags);
    server
        .stores
        .ledger()
        .append(
            List.of(
                new LedgerEntry(
                    call,
                    List.of(AccountId.of(tenant, mandate, 0)),
                    now,
                    now,
                    CalendarWindows.at(ZoneOffset.UTC, now),
                    Usage.of(10, 5),
                    cost,
                    "ok",
                    false)));
  }

  private static List<String> rows(Answer answer) {
    assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
    return answer
        .json()
        .path("items")
        .valueStream()
        .map(
            row ->
                row.path("id").asText()
                    + " "
                    + row.path("requests")
                    + " "
                    + row.path("cost_micros"))
        .toList();
  }

  @Test
  void usageIsToldApartByWhatIsAskedForAndIsTheTenantsOwn() {
    assertThat(rows(server.get("/usage"))).containsExactly("gpt-5 1 7", "gpt-5-mini 2 6");
    assertThat(rows(server.get("/usage?group_by=tag:team")))
        .containsExactly("ads 1 5", "search 1 7");
    assertThat(rows(server.get("/usage?group_by=user"))).containsExactly(" 3 13");
    assertThat(rows(server.get("/usage?group_by=client"))).containsExactly("app 3 13");
    assertThat(rows(server.get("/usage?from=2020-01-01&to=2020-01-31"))).isEmpty();
    Answer first = server.get("/usage?limit=1");
    assertThat(rows(first)).containsExactly("gpt-5 1 7");
    assertThat(rows(server.get("/usage?limit=1&cursor=" + first.text("next_cursor"))))
        .containsExactly("gpt-5-mini 2 6");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "group_by=mandate",
        "group_by=tag:",
        "group_by=tag:A",
        "group_by=tag:a'--",
        "from=yesterday",
        "to=2026-13-01",
        "from=2026-02-01&to=2026-01-01",
        "from=2020-01-01&to=2026-01-01"
      })
  void whatIsNoQuestionIsRefused(String query) {
    assertThat(server.get("/usage?" + query).code()).isEqualTo("invalid_parameter");
  }
}
