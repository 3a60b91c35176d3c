package dev.mandate.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.credential.CredentialPolicy;
import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.credential.OwnCredentials;
import dev.mandate.domain.user.UserId;
import dev.mandate.storage.Stores;
import dev.mandate.testing.Acme;
import dev.mandate.testing.Forms;
import dev.mandate.testing.People;
import dev.mandate.testing.TestBrowser;
import dev.mandate.testing.TestBrowser.Answer;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CredentialPagesTest {
  private static final UserId MIA = new UserId("user_mia");
  private static final String GOOD = "good-canary-0123456789abcdef";
  private static final String BAD = "bad-canary-0123456789abcdef";
  private static People people;

  @BeforeAll
  static void start(@TempDir Path data) {
    people = new People(data);
  }

  @AfterAll
  static void stop() {
    people.close();
  }

  private static Stores stores() {
    return people.server().stores();
  }

  @BeforeEach
  void clear() {
    for (Stored stored : stores().credentials().page(Acme.TENANT, "openai", null, 100)) {
      stores().credentials().delete(Acme.TENANT, "openai", stored.id());
    }
    for (Stored stored : stores().credentials().own(Acme.TENANT, MIA)) {
      stores().credentials().deleteOwn(Acme.TENANT, MIA, stored.id());
    }
  }

  private static void policy(OwnCredentials own) {
    CredentialPolicy now = stores().credentialPolicies().policy(Acme.TENANT, "openai");
    String origin =
        Objects.requireNonNull(stores().upstreams().find(Acme.TENANT, "openai")).origin();
    assertThat(
            stores()
                .credentialPolicies()
                .replace(
                    origin,
                    now,
                    new CredentialPolicy(Acme.TENANT, "openai", own, null, null, null, "")))
        .isTrue();
  }

  private static List<Stored> all() {
    return stores().credentials().page(Acme.TENANT, "openai", null, 100);
  }

  private static Answer press(TestBrowser browser, String id, String button) {
    Forms.Form form = browser.get("/admin/credentials").form("/openai/" + id);
    return browser.follow(browser.submit(form.with("do", button)));
  }

  @Test
  void anAdministratorAddsTestsDrainsAndRemovesAKey() {
    try (TestBrowser browser = people.browserOf("ada")) {
      assertThat(browser.get("/admin").body()).contains("Upstream credentials");
      Forms.Form add = browser.get("/admin/credentials").form("/admin/credentials/openai");
      Answer added = browser.follow(browser.submit(add.with("secret", GOOD).with("how", "alone")));
      assertThat(added.body()).contains("Added.").contains("…cdef").doesNotContain(GOOD);
      Stored stored = all().getFirst();
      assertThat(press(browser, stored.id(), "test").body()).contains("accepts this key");
      assertThat(press(browser, stored.id(), "drain").body()).contains("Draining");
      assertThat(press(browser, stored.id(), "activate").body()).contains("In use");
      browser.submit(add.with("secret", BAD).with("how", "beside"));
      Stored bad =
          all().stream().filter(one -> !one.id().equals(stored.id())).findFirst().orElseThrow();
      assertThat(press(browser, bad.id(), "test").body())
          .contains("does not know this key")
          .contains("Rejected");
      assertThat(press(browser, bad.id(), "remove").body()).contains("Removed.");
      assertThat(all()).extracting(Stored::id).containsExactly(stored.id());
      assertThat(press(browser, stored.id(), "remove").body()).contains("calls are refused");
    }
  }

  @Test
  void aKeyThatCouldWriteAHeaderIsRefusedWithoutBeingShown() {
    try (TestBrowser browser = people.browserOf("ada")) {
      Forms.Form add = browser.get("/admin/credentials").form("/admin/credentials/openai");
      Answer refused = browser.submit(add.with("secret", "sk-1234567\r\nx-evil: 1"));
      assertThat(refused.status()).isEqualTo(422);
      assertThat(refused.body()).contains("one piece").doesNotContain("x-evil");
      assertThat(all()).isEmpty();
    }
  }

  @Test
  void whoMayOnlyLookHasNoButtonsAndAMemberHasNoPage() {
    policy(OwnCredentials.OFF);
    try (TestBrowser auditor = people.browserOf("otto");
        TestBrowser member = people.browserOf("mia")) {
      Answer page = auditor.get("/admin/credentials");
      assertThat(page.status()).isEqualTo(200);
      assertThat(page.body()).doesNotContain("name=\"secret\"");
      assertThat(auditor.post("/admin/credentials/openai", "secret=" + GOOD).status())
          .isEqualTo(403);
      assertThat(member.get("/admin/credentials").status()).isEqualTo(403);
      assertThat(member.get("/mandates").body()).doesNotContain("Administration");
      assertThat(member.post("/admin/credentials/openai", "secret=" + GOOD).status())
          .isEqualTo(403);
      assertThat(all()).isEmpty();
    }
  }

  @Test
  void aPersonAddsAndRemovesAKeyOfTheirOwnThatNobodyElseSees() {
    policy(OwnCredentials.ALLOWED);
    try (TestBrowser mia = people.browserOf("mia");
        TestBrowser ada = people.browserOf("ada")) {
      Forms.Form add = mia.get("/account/credentials").form("/account/credentials/openai");
      Answer added = mia.follow(mia.submit(add.with("secret", GOOD)));
      assertThat(added.body()).contains("pays for your mandates").doesNotContain(GOOD);
      Stored stored = stores().credentials().own(Acme.TENANT, MIA).getFirst();
      assertThat(ada.get("/admin/credentials").body()).doesNotContain(stored.id());
      assertThat(ada.get("/account/credentials").body()).doesNotContain(stored.id());
      String remove = "/account/credentials/openai/" + stored.id() + "/remove";
      assertThat(ada.post(remove, "csrf=x").status()).isEqualTo(404);
      assertThat(ada.post("/admin/credentials/openai/" + stored.id(), "do=test").status())
          .isEqualTo(404);
      Answer consent = People.consent(mia, People.request());
      assertThat(consent.body()).contains("Your own key at");
      assertThat(mia.post(remove, "csrf=x").status()).isEqualTo(403);
      mia.submit(mia.get("/account/credentials").form(stored.id() + "/remove"));
      assertThat(stores().credentials().own(Acme.TENANT, MIA)).isEmpty();
    }
  }

  @Test
  void consentSaysWhenAKeyOfOnesOwnIsNeeded() {
    policy(OwnCredentials.REQUIRED);
    try (TestBrowser mia = people.browserOf("mia")) {
      assertThat(People.consent(mia, People.request()).body())
          .contains("A key of your own at")
          .contains("/account/credentials");
    }
  }

  @Test
  void whereTheOrganisationPaysThereIsNothingToAdd() {
    policy(OwnCredentials.OFF);
    try (TestBrowser mia = people.browserOf("mia")) {
      assertThat(mia.get("/account/credentials").body()).contains("Your organisation pays");
      assertThat(mia.post("/account/credentials/openai", "secret=" + GOOD).status()).isEqualTo(404);
    }
  }
}
