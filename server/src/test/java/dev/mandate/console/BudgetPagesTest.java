package dev.mandate.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.session.Csrf;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.testing.Acme;
import dev.mandate.testing.Forms;
import dev.mandate.testing.People;
import dev.mandate.testing.TestBrowser;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BudgetPagesTest {
  private static final String PAGE = "/admin/budgets";
  private static final AccountId OF_MIA = AccountId.of(Acme.TENANT, new UserId("user_mia"));

  private People people;
  private TestBrowser owner;

  @BeforeEach
  void start(@TempDir Path data) {
    people = new People(data);
    owner = people.browserOf("ada");
  }

  @AfterEach
  void stop() {
    owner.close();
    people.close();
  }

  private Limits limits() {
    return people.server().stores().budgets().limits(OF_MIA);
  }

  private Forms.Form form(String limit, String bound) {
    return owner
        .get(PAGE)
        .form(PAGE)
        .with("account", OF_MIA.key())
        .with("limit", limit)
        .with("bound", bound);
  }

  @Test
  void anAdministratorSetsALimitSeesItAndTakesItAway() {
    assertThat(owner.get(PAGE).body()).contains("No budgets");
    assertThat(owner.submit(form("cost_micros_per_month", "12.50")).location())
        .isEqualTo(PAGE + "?done=1");
    assertThat(owner.submit(form("requests_per_day", "7").with("thresholds", "50, 90")).location())
        .isEqualTo(PAGE + "?done=1");
    assertThat(limits())
        .isEqualTo(
            Limits.of(
                Map.of(Limit.COST_MICROS_PER_MONTH, 12_500_000L, Limit.REQUESTS_PER_DAY, 7L)));
    assertThat(owner.get(PAGE).body())
        .contains("user/user_mia", "$12.50", "requests a day", "50 %, 90 %");
    owner.submit(form("requests_per_day", "").with("do", "remove"));
    assertThat(limits()).isEqualTo(Limits.of(Map.of(Limit.COST_MICROS_PER_MONTH, 12_500_000L)));
    assertThat(people.server().stores().audit().latest(Acme.TENANT, 20))
        .extracting(event -> event.type() + " " + event.details().get("limit"))
        .contains("budget.changed cost_micros_per_month", "budget.removed requests_per_day");
  }

  @Test
  void whatIsNoLimitOrNobodysAccountIsRefusedAndSaysWhy() {
    for (Forms.Form wrong :
        new Forms.Form[] {
          form("requests_per_day", "-1"),
          form("requests_per_day", "1.5"),
          form("cost_micros", "1e9"),
          form("tokens_per_request", "5"),
          form("nonsense", "5"),
          form("requests", "5").with("thresholds", "0"),
          form("requests", "5").with("thresholds", "101"),
          form("requests", "5").with("thresholds", "80; drop"),
          form("requests", "5").with("account", "user/user_nobody"),
          form("requests", "5").with("account", "mandate/x/0"),
          form("requests", "5").with("account", "<script>"),
        }) {
      var answer = owner.submit(wrong);
      assertThat(answer.status()).isEqualTo(422);
      assertThat(answer.body()).contains("role=\"alert\"").doesNotContain("<script>");
    }
    assertThat(people.server().stores().budgets().page(Acme.TENANT, null, 10)).isEmpty();
  }

  @Test
  void aMemberNeitherSeesNorSetsBudgetsAndAFormWithoutItsProofIsRefused() {
    Forms.Form good = form("requests", "5");
    try (TestBrowser mia = people.browserOf("mia")) {
      assertThat(mia.get(PAGE).status()).isEqualTo(403);
      assertThat(mia.post(PAGE, good.encoded()).status()).isEqualTo(403);
    }
    assertThat(owner.submit(good.with("csrf", "no")).status()).isEqualTo(403);
    assertThat(limits()).isEqualTo(Limits.NONE);
  }

  @Test
  void whoMayOnlyReadBudgetsSetsNoneEvenWithAProofOfTheirOwnSession() {
    Forms.Form good = form("requests", "5");
    try (TestBrowser auditor = people.browserOf("otto")) {
      assertThat(auditor.get(PAGE).status()).isEqualTo(200);
      assertThat(auditor.get(PAGE).body()).doesNotContain("Set a limit");
      Secret cookie = Secret.of(Objects.requireNonNull(auditor.cookie("mandate_session")));
      String forged = good.with("csrf", Csrf.token(cookie, "budgets")).encoded();
      assertThat(auditor.post(PAGE, forged).status()).isEqualTo(403);
    }
    assertThat(limits()).isEqualTo(Limits.NONE);
  }
}
