package dev.mandate.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.admin.AdminServer.Answer;
import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.CalendarWindows;
import dev.mandate.domain.budget.Call;
import dev.mandate.domain.budget.LeaseStore;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.User;
import dev.mandate.testing.Fixture;
import dev.mandate.testing.Tenants;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BudgetsApiTest {
  private static final String ADA = "/budgets/user/" + Fixture.ADA;
  private static final String LIMITS = "{\"limits\":{\"requests\":10,\"cost_micros\":5000000}}";

  private AdminServer server;

  @BeforeEach
  void start(@TempDir Path folder) {
    server = new AdminServer(folder, SecondHalf::operations);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Answer put(String path, String body) {
    return server.send("PUT", path, body, "if-match", "*");
  }

  private static List<String> ids(Answer page) {
    List<String> ids = new ArrayList<>();
    page.json().path("items").forEach(item -> ids.add(item.path("id").asText()));
    return ids;
  }

  @Test
  void aBudgetIsSetHeardReadAndTakenAway() {
    Answer before = server.get(ADA);
    assertThat(before.json().path("limits")).isEmpty();
    List<Change> heard = new ArrayList<>();
    server.changes.subscribe(heard::add);
    Answer set = server.send("PUT", ADA, LIMITS, "if-match", before.etag());
    assertThat(set.status()).isEqualTo(200);
    assertThat(set.text("id")).isEqualTo("user/user_ada");
    assertThat(set.text("holder")).isEqualTo("user");
    assertThat(heard).containsExactly(new Change.PolicyChanged(Fixture.TENANT));
    assertThat(server.stores.budgets().limits(AccountId.of(Fixture.TENANT, Fixture.ADA)))
        .isEqualTo(new Limits(10L, null, null, 5_000_000L));
    assertThat(server.send("PUT", ADA, LIMITS, "if-match", before.etag()).code())
        .isEqualTo("precondition_failed");
    assertThat(server.send("PUT", ADA, LIMITS).code()).isEqualTo("precondition_required");
    assertThat(server.send("DELETE", ADA, null, "if-match", set.etag()).status()).isEqualTo(204);
    assertThat(server.get(ADA).json()).isEqualTo(before.json());
    assertThat(server.stores.audit().latest(Fixture.TENANT, 10))
        .extracting(event -> event.type() + " " + event.outcome())
        .contains("budget.changed ok", "budget.removed ok");
  }

  @Test
  void theTenantsOwnIsOneOfThem() {
    assertThat(put("/budgets/tenant", "{\"limits\":{\"tokens_per_day\":7}}").status())
        .isEqualTo(200);
    assertThat(server.stores.budgets().limits(AccountId.of(Fixture.TENANT)))
        .isEqualTo(new Limits(null, null, 7L, null));
  }

  @Test
  void whatIsNoLimitOfASumIsRefused() {
    for (String limits :
        List.of(
            "{\"tokens_per_request\":5}",
            "{\"requests\":-1}",
            "{\"requests\":1.5}",
            "{\"requests\":1000000000000001}",
            "{\"requests\":\"5\"}",
            "{\"spent\":0}")) {
      assertThat(put(ADA, "{\"limits\":" + limits + "}").code()).isEqualTo("invalid_body");
    }
    assertThat(put(ADA, "{\"limits\":{},\"spent\":{\"requests\":0}}").code())
        .isEqualTo("invalid_body");
    assertThat(put(ADA, "{}").code()).isEqualTo("invalid_body");
  }

  @Test
  void whatWasSpentStandsBesideWhatBoundsItOnEveryAccountOfAMandate() {
    Mandate mandate = server.fixture.mandate(Fixture.APP, Fixture.ADA, "openid", "openai");
    put(ADA, LIMITS);
    spend(mandate, "req_1", LocalDate.ofInstant(server.clock.instant(), ZoneOffset.UTC));
    spend(mandate, "req_2", LocalDate.of(2026, 11, 20));

    Answer page = server.get("/budgets?mandate_id=" + mandate.id());
    assertThat(ids(page))
        .containsExactly("tenant", "user/user_ada", "mandate/" + mandate.id() + "/0");
    for (JsonNode item : page.json().path("items")) {
      assertThat(item.path("spent").toString())
          .isEqualTo("{\"requests\":2,\"tokens_today\":30,\"cost_micros\":14}");
    }
    assertThat(page.json().at("/items/1/limits/requests").asLong()).isEqualTo(10);
    assertThat(ids(server.get("/budgets?user_id=user_ada")))
        .containsExactly("tenant", "user/user_ada");
    assertThat(ids(server.get("/budgets?user_id=user_x&mandate_id=" + mandate.id()))).isEmpty();
    assertThat(ids(server.get("/budgets"))).containsExactly("user/user_ada");
  }

  private void spend(Mandate mandate, String id, LocalDate day) {
    Call call =
        new Call(
            Fixture.TENANT,
            id,
            mandate.id(),
            0,
            mandate.client(),
            mandate.user(),
            null,
            "openai",
            "openai-model",
            "chat.completions",
            "1");
    server
        .stores
        .ledger()
        .append(
            List.of(
                new LedgerEntry(
                    call,
                    List.of(
                        AccountId.of(Fixture.TENANT),
                        AccountId.of(Fixture.TENANT, Objects.requireNonNull(mandate.user())),
                        AccountId.of(Fixture.TENANT, mandate.id(), 0)),
                    server.clock.instant(),
                    server.clock.instant(),
                    CalendarWindows.at(
                        ZoneOffset.UTC, day.atStartOfDay(ZoneOffset.UTC).toInstant()),
                    Usage.of(10, 20),
                    7,
                    "ok",
                    false)));
  }

  @Test
  void boundedAccountsComeInPages() {
    for (String name : List.of("c", "a", "b")) {
      User user = SecondHalf.user(server, name, Role.MEMBER);
      assertThat(put("/budgets/user/" + user.id(), LIMITS).status()).isEqualTo(200);
    }
    Answer first = server.get("/budgets?limit=2");
    assertThat(ids(first)).containsExactly("user/user_a", "user/user_b");
    Answer second = server.get("/budgets?limit=2&cursor=" + first.text("next_cursor"));
    assertThat(ids(second)).containsExactly("user/user_c");
    assertThat(second.json().has("next_cursor")).isFalse();
  }

  @Test
  void everyAccountOfTheTreeIsBoundedAtItsOwnPathByItsOwnUnitsAndWindows() {
    String body =
        "{\"limits\":{\"requests_per_minute\":5,\"tokens_per_month\":6,\"cost_micros_per_day\":7},"
            + "\"thresholds\":[50]}";
    for (String path :
        List.of(
            "tenant",
            "role/member",
            "user/" + Fixture.ADA,
            "client/" + Fixture.APP,
            "upstream/openai",
            "model/openai/openai-model")) {
      Answer set = put("/budgets/" + path, body);
      assertThat(set.status()).as(path).isEqualTo(200);
      assertThat(set.text("id")).isEqualTo(path);
      assertThat(server.get("/budgets/" + path).json().path("thresholds").toString())
          .isEqualTo("[50]");
      Answer removed = server.send("DELETE", "/budgets/" + path, null, "if-match", set.etag());
      assertThat(removed.status()).isEqualTo(204);
    }
    for (String path :
        List.of("role/none", "client/none", "upstream/none", "model/openai/none", "model/x/y")) {
      assertThat(put("/budgets/" + path, body).code()).as(path).isEqualTo("not_found");
    }
    assertThat(put("/budgets/tenant", "{\"limits\":{},\"thresholds\":[101]}").code())
        .isEqualTo("invalid_body");
    assertThat(put("/budgets/tenant", "{\"limits\":{},\"thresholds\":[0]}").code())
        .isEqualTo("invalid_body");
  }

  @Test
  void eachWindowShowsWhatIsSpentAndLeftOfItAndWhenItBeginsAnew() {
    Mandate mandate = server.fixture.mandate(Fixture.APP, Fixture.ADA, "openid", "openai");
    put(ADA, "{\"limits\":{\"tokens_per_day\":100,\"cost_micros\":50}}");
    spend(mandate, "req_1", LocalDate.ofInstant(server.clock.instant(), ZoneOffset.UTC));
    JsonNode windows = server.get("/budgets").json().at("/items/0/windows");
    assertThat(windows).hasSize(2);
    JsonNode day = windows.get(0);
    assertThat(day.path("limit").asText()).isEqualTo("tokens_per_day");
    assertThat(day.path("unit").asText()).isEqualTo("tokens");
    assertThat(day.path("window").asText()).isEqualTo("day");
    assertThat(day.path("spent").asLong()).isEqualTo(30);
    assertThat(day.path("remaining").asLong()).isEqualTo(70);
    assertThat(java.time.Instant.parse(day.path("resets_at").asText()))
        .isAfter(server.clock.instant());
    assertThat(windows.get(1).path("spent").asLong()).isEqualTo(7);
    assertThat(windows.get(1).has("resets_at")).isFalse();
  }

  @Test
  void whatNodesHoldIsReservedAndOfOneThatIsGoneForfeited() {
    put(ADA, "{\"limits\":{\"cost_micros\":1000}}");
    AccountId account = AccountId.of(Fixture.TENANT, Fixture.ADA);
    LeaseStore.Window window =
        new LeaseStore.Window(account, Limit.COST_MICROS, LeaseStore.Window.TOTAL);
    long order = server.stores.leases().join("gone");
    LeaseStore.Ask ask = new LeaseStore.Ask(window, order, 1000, 0, 300, 300, 0, 1);
    server.stores.leases().adjust("gone", List.of(ask));
    JsonNode now = server.get("/budgets").json().at("/items/0/windows/0");
    // The store's own clock says when the node was heard of.
    assertThat(now.path("reserved").asLong() + now.path("forfeited").asLong()).isEqualTo(300);
    assertThat(now.path("remaining").asLong()).isEqualTo(700);
  }

  @Test
  void anotherTenantsAccountsAreNotThere() {
    User stranger = SecondHalf.stranger(server);
    AccountId theirs = AccountId.of(Tenants.GLOBEX, stranger.id());
    Limits some = new Limits(1L, null, null, null);
    server.stores.budgets().replace(theirs, some, _ -> true);
    String path = "/budgets/user/" + stranger.id();
    assertThat(server.get(path).code()).isEqualTo("not_found");
    assertThat(put(path, LIMITS).code()).isEqualTo("not_found");
    assertThat(server.send("DELETE", path, null, "if-match", "*").code()).isEqualTo("not_found");
    assertThat(ids(server.get("/budgets"))).isEmpty();
    assertThat(ids(server.get("/budgets?user_id=" + stranger.id()))).isEmpty();
    assertThat(ids(server.get("/budgets?mandate_id=none"))).isEmpty();
    assertThat(server.stores.budgets().limits(theirs)).isEqualTo(some);
  }
}
