package dev.mandate.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.CalendarWindows;
import dev.mandate.domain.budget.Call;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.testing.Acme;
import dev.mandate.testing.People;
import dev.mandate.testing.TestBrowser;
import dev.mandate.testing.TestBrowser.Answer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UsagePagesTest {
  private static People people;
  private static TestBrowser ada;

  @BeforeAll
  static void start(@TempDir Path data) {
    people = new People(data);
    ada = people.browserOf("ada");
    book(Acme.TENANT, "req_u1", "team=search", 1_500_000);
    book(Acme.TENANT, "req_u2", "team=-2+3", 1);
    book(Acme.TENANT, "req_u3", "team=@SUM", 1);
  }

  @AfterAll
  static void stop() {
    ada.close();
    people.close();
  }

  private static void book(TenantId tenant, String id, String tags, long cost) {
    MandateId mandate = new MandateId("mandate_1");
    Instant now = people.clock().instant();
    people
        .server()
        .stores()
        .ledger()
        .append(
            List.of(
                new LedgerEntry(
                    new Call(
                        tenant,
                        id,
                        mandate,
                        0,
                        new ClientId("app"),
                        null,
                        null,
                        "openai",
                        "gpt-<b>",
                        "chat.completions",
                        "v1",
                        tags),
                    List.of(AccountId.of(tenant, mandate, 0)),
                    now,
                    now,
                    CalendarWindows.at(ZoneOffset.UTC, now.minus(Duration.ofDays(1))),
                    Usage.of(10, 5),
                    cost,
                    "ok",
                    false)));
  }

  @Test
  void usageIsATableByWhatIsAskedFor() {
    assertThat(ada.get("/admin").body()).contains("/admin/usage");
    assertThat(ada.get("/admin/usage").body()).contains("gpt-&lt;b").doesNotContain("gpt-<b>");
    Answer teams = ada.get("/admin/usage?group_by=tag:team");
    assertThat(teams.body()).contains("search", "/admin/usage.csv?group_by=tag:team");
    Answer none = ada.get("/admin/usage?group_by=%3Cscript%3E");
    assertThat(none.status()).isEqualTo(422);
    assertThat(none.body()).contains("Expected model").doesNotContain("script>");
  }

  @Test
  void theFileHoldsNothingThatASpreadsheetWouldRun() {
    Answer file = ada.get("/admin/usage.csv?group_by=tag:team");
    assertThat(file.status()).isEqualTo(200);
    assertThat(file.body())
        .startsWith("\"tag:team\",requests,estimated,input_tokens,output_tokens,cost_micros\r\n")
        .contains("\"search\",1,0,10,5,1500000\r\n")
        .contains("\"'-2+3\",1,0")
        .contains("\"'@SUM\",1,0");
  }

  @Test
  void aMemberHasNoPageAndNoFile() {
    try (TestBrowser member = people.browserOf("mia");
        TestBrowser nobody = people.browser()) {
      for (String path : List.of("/admin/usage", "/admin/usage.csv")) {
        assertThat(member.get(path).status()).isEqualTo(403);
        assertThat(nobody.get(path).location()).startsWith("/signin?");
      }
    }
  }
}
