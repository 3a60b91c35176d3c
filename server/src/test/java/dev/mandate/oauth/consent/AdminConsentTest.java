package dev.mandate.oauth.consent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.UserId;
import dev.mandate.testing.Acme;
import dev.mandate.testing.Forms;
import dev.mandate.testing.People;
import dev.mandate.testing.TestBrowser;
import dev.mandate.testing.TestBrowser.Answer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Nobody lets an app administer what they may not administer themselves.
class AdminConsentTest {
  private People people;

  @BeforeEach
  void start(@TempDir Path data) {
    people = new People(data);
  }

  @AfterEach
  void stop() {
    people.close();
  }

  private static Answer asked(TestBrowser browser, String scope) {
    return asked(browser, Acme.OPERATIONS, scope);
  }

  private static Answer asked(TestBrowser browser, String client, String scope) {
    Map<String, String> request = People.request();
    request.put("client_id", client);
    request.put("scope", scope);
    return People.consent(browser, request);
  }

  private static Answer approve(TestBrowser browser, Answer page) {
    Forms.Form form =
        Forms.all(page.body()).stream()
            .filter(one -> one.action().startsWith("/oauth/consent/"))
            .findFirst()
            .orElseThrow(() -> new AssertionError(page.body()));
    return browser.submit(form.with("decision", "approve"));
  }

  private List<Mandate> mandates(String user) {
    return people.server().stores().mandates().ofUser(Acme.TENANT, new UserId("user_" + user), 100);
  }

  @Test
  void anAdminIsWarnedInWordsAndTheMandateCarriesTheScopes() {
    try (TestBrowser ada = people.browserOf("ada")) {
      Answer page = asked(ada, "clients:write credentials:read");
      assertThat(page.body())
          .contains("asks to administer Acme Robotics")
          .contains("This app may administer Acme Robotics.")
          .contains("Apps and mandates")
          .contains("It may register, change and disable apps")
          .contains("It may see which provider keys there are, not the keys")
          .doesNotContain("clients:write");
      assertThat(approve(ada, page).query().one("code")).isNotNull();
      Mandate mandate = mandates("ada").getFirst();
      assertThat(mandate.scopes()).containsExactly("clients:write", "credentials:read");
      assertThat(mandate.access()).isEmpty();
    }
  }

  @Test
  void whatTheRoleHasNotIsLeftOutAndSaid() {
    try (TestBrowser otto = people.browserOf("otto")) {
      Answer page = asked(otto, "clients:read clients:write");
      assertThat(page.body())
          .contains("It may see the registered apps")
          .contains("to register, change and disable apps")
          .doesNotContain("It may register");
      approve(otto, page);
      assertThat(mandates("otto").getFirst().scopes()).containsExactly("clients:read");
    }
  }

  @Test
  void aMemberHasNothingOfItToGive() {
    try (TestBrowser mia = people.browserOf("mia")) {
      Answer page = asked(mia, "clients:read mandates:read");
      assertThat(page.body()).contains("to see the registered apps").doesNotContain("It may");
      assertThat(page.body()).doesNotContain("value=\"approve\"");
      assertThat(approve(mia, page).status()).isEqualTo(403);
      assertThat(mandates("mia")).isEmpty();
    }
  }

  @Test
  void anAdminCannotGiveAwayTheOwnersPart() {
    try (TestBrowser ada = people.browserOf("ada")) {
      approve(ada, asked(ada, String.join(" ", AdminScope.names())));
      assertThat(mandates("ada").getFirst().scopes())
          .containsExactlyElementsOf(Role.ADMIN.adminScopes())
          .doesNotContain("tenants:write");
    }
  }

  @Test
  void modelsAndAdministrationFitOnOnePage() {
    try (TestBrowser ada = people.browserOf("ada")) {
      Answer page = asked(ada, "llm:openai audit:read");
      assertThat(page.body())
          .contains("asks to use Acme Robotics")
          .contains("This app may administer Acme Robotics.")
          .contains("it may administer Acme Robotics as you may");
      approve(ada, page);
      Mandate mandate = mandates("ada").getFirst();
      assertThat(mandate.scopes()).containsExactly("audit:read", "llm:openai");
      assertThat(mandate.access()).hasSize(1);
    }
  }

  @Test
  void aPageWithoutAdministrationDoesNotWarnOfIt() {
    try (TestBrowser ada = people.browserOf("ada")) {
      assertThat(asked(ada, "llm:openai").body()).doesNotContain("administer");
    }
  }

  @Test
  void anAppThatIsNotRegisteredForItCannotAsk() {
    try (TestBrowser ada = people.browserOf("ada")) {
      Answer answer = asked(ada, Acme.APP, "clients:read");
      assertThat(answer.query().one("error")).isEqualTo("invalid_scope");
    }
  }

  @Test
  void aDemotionBeforeTheAnswerCounts() {
    try (TestBrowser ada = people.browserOf("ada")) {
      Answer page = asked(ada, "clients:read clients:write");
      people.server().stores().users().setRole(Acme.TENANT, new UserId("user_ada"), Role.AUDITOR);
      approve(ada, page);
      assertThat(mandates("ada").getFirst().scopes()).containsExactly("clients:read");
    }
  }
}
