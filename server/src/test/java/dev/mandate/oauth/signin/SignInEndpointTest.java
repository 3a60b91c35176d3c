package dev.mandate.oauth.signin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.user.UserId;
import dev.mandate.testing.Acme;
import dev.mandate.testing.Forms;
import dev.mandate.testing.People;
import dev.mandate.testing.TestBrowser;
import dev.mandate.testing.TestBrowser.Answer;
import java.net.URLEncoder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SignInEndpointTest {
  private static final String SESSION = "mandate_session";

  private People people;
  private TestBrowser browser;

  @BeforeEach
  void start(@TempDir Path data) {
    people = new People(data);
    browser = people.browser();
  }

  @AfterEach
  void stop() {
    browser.close();
    people.close();
  }

  private Answer signIn(String username, String password) {
    return People.signIn(browser, browser.get("/signin"), username, password);
  }

  private List<AuditEvent> audit() {
    return people.server().stores().audit().latest(Acme.TENANT, 10);
  }

  @Test
  void theRightPasswordBeginsASessionAndLeadsHome() {
    Answer answer = signIn("MIA", Acme.PASSWORD);
    assertThat(answer.status()).isEqualTo(303);
    assertThat(answer.location()).isEqualTo("/mandates");
    assertThat(answer.header("set-cookie"))
        .startsWith(SESSION + "=")
        .contains("HttpOnly")
        .contains("SameSite=Lax")
        .contains("Path=/")
        .doesNotContain("Secure");
    assertThat(audit().getFirst().type()).isEqualTo("signin.ok");
    assertThat(audit().getFirst().actor()).isEqualTo("user_mia");
  }

  @Test
  void anUnknownNameAWrongPasswordAndADisabledUserReadTheSame() {
    people.server().stores().users().setDisabled(Acme.TENANT, new UserId("user_dora"), true);
    Answer wrong = signIn("mia", "wrong");
    Answer unknown = signIn("nobody", "wrong");
    Answer disabled = signIn("dora", Acme.PASSWORD);
    for (Answer answer : List.of(wrong, unknown, disabled)) {
      assertThat(answer.status()).isEqualTo(403);
      assertThat(answer.body()).contains("That user name and password don't match");
      assertThat(browser.cookie(SESSION)).isNull();
    }
    assertThat(audit())
        .extracting(AuditEvent::outcome)
        .containsExactly("user_disabled", "unknown_user", "wrong_password");
    assertThat(audit().toString()).doesNotContain("nobody").doesNotContain("wrong,");
  }

  @Test
  void theSixthGuessAtAnAccountIsRefusedEvenWithTheRightPasswordUntilTheWindowEnds() {
    for (int i = 0; i < 5; i++) {
      assertThat(signIn("mia", "guess " + i).status()).isEqualTo(403);
    }
    Answer sixth = signIn("Mia", Acme.PASSWORD);
    assertThat(sixth.status()).isEqualTo(429);
    assertThat(sixth.header("retry-after")).isEqualTo("600");
    assertThat(signIn("noah", Acme.PASSWORD).status()).isEqualTo(303);
    people.clock().advance(Duration.ofMinutes(11));
    assertThat(signIn("mia", Acme.PASSWORD).status()).isEqualTo(303);
  }

  @ParameterizedTest
  @ValueSource(strings = {"m\u0131a", " MIA ", "M\u0131A"})
  void anotherSpellingOfTheNameIsNoNewAccountToGuessAt(String spelling) {
    for (int i = 0; i < 5; i++) {
      assertThat(signIn("mia", "guess " + i).status()).isEqualTo(403);
    }
    assertThat(signIn(spelling, Acme.PASSWORD).status()).isEqualTo(429);
  }

  @Test
  void aSpaceBehindTheNameIsForgiven() {
    assertThat(signIn("mia ", Acme.PASSWORD).status()).isEqualTo(303);
  }

  @Test
  void aSuccessForgetsTheGuesses() {
    for (int i = 0; i < 4; i++) {
      signIn("mia", "guess " + i);
    }
    assertThat(signIn("mia", Acme.PASSWORD).status()).isEqualTo(303);
    assertThat(signIn("mia", "guess").status()).isEqualTo(403);
  }

  @Test
  void anAddressThatTriesManyAccountsIsRefused() {
    for (int i = 0; i < People.THROTTLE.attemptsPerAddress(); i++) {
      assertThat(signIn("user" + i, "guess").status()).isEqualTo(403);
    }
    assertThat(signIn("mia", Acme.PASSWORD).status()).isEqualTo(429);
  }

  @Test
  void aFormWithoutItsProofIsRefused() {
    Forms.Form form =
        browser.get("/signin").form("/signin").with("username", "mia").with("password", "x");
    assertThat(browser.submit(form.without("csrf")).status()).isEqualTo(403);
    assertThat(browser.submit(form.with("csrf", "wrong")).status()).isEqualTo(403);
    try (TestBrowser other = people.browser()) {
      String others = String.valueOf(other.get("/signin").form("/signin").first("csrf"));
      assertThat(browser.submit(form.with("csrf", others)).body()).contains("not valid any more");
    }
    browser.cookies().clear();
    assertThat(browser.submit(form).body()).contains("not valid any more");
    assertThat(audit()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://evil.example", "http://localhost"})
  void aFormOfAnotherOriginIsRefused(String origin) {
    Forms.Form form =
        browser
            .get("/signin")
            .form("/signin")
            .with("username", "mia")
            .with("password", Acme.PASSWORD);
    assertThat(browser.sending("origin", origin).submit(form).status()).isEqualTo(403);
  }

  @Test
  void aFormOfAnotherSiteIsRefusedAndOneOfOursIsNot() {
    Forms.Form form =
        browser
            .get("/signin")
            .form("/signin")
            .with("username", "mia")
            .with("password", Acme.PASSWORD);
    browser.sending("origin", "null").sending("sec-fetch-site", "cross-site");
    assertThat(browser.submit(form).status()).isEqualTo(403);
    browser.sending("sec-fetch-site", "same-origin");
    assertThat(browser.submit(form).status()).isEqualTo(303);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/%2fevil.example",
        "/mandates?x=//evil.example",
        "javascript:alert(1)",
        "/.evil",
        "/a//b",
        "/a\r\nset-cookie: x=y"
      })
  void noReturnLeadsOutOfOurPages(String sent) {
    Answer page = browser.get("/signin?return=" + URLEncoder.encode(sent, UTF_8));
    assertThat(page.form("/signin").first("return")).isEqualTo("/mandates");
    Answer answer =
        browser.submit(
            page.form("/signin")
                .with("return", sent)
                .with("username", "mia")
                .with("password", Acme.PASSWORD));
    assertThat(answer.location()).isEqualTo("/mandates");
  }

  @Test
  void aSessionThatWasPlantedBeforeSignInIsWorthNothingAfterIt() {
    browser.cookies().put(SESSION, "A".repeat(43));
    signIn("mia", Acme.PASSWORD);
    assertThat(browser.cookie(SESSION)).isNotEqualTo("A".repeat(43));
    String first = String.valueOf(browser.cookie(SESSION));
    signIn("mia", Acme.PASSWORD);
    try (TestBrowser old = people.browser()) {
      old.cookies().put(SESSION, first);
      assertThat(old.get("/mandates").status()).isEqualTo(303);
    }
    assertThat(browser.get("/mandates").status()).isEqualTo(200);
  }

  @Test
  void aSessionEndsAfterTwelveHoursAndWhenItsUserIsDisabled() {
    signIn("mia", Acme.PASSWORD);
    people.clock().advance(Duration.ofHours(12).minusMillis(1));
    assertThat(browser.get("/mandates").status()).isEqualTo(200);
    people.clock().advance(Duration.ofMillis(1));
    assertThat(browser.get("/mandates").location()).isEqualTo("/signin?return=%2Fmandates");
    signIn("mia", Acme.PASSWORD);
    people.server().stores().users().setDisabled(Acme.TENANT, new UserId("user_mia"), true);
    assertThat(browser.get("/mandates").status()).isEqualTo(303);
  }

  @Test
  void signingOutEndsTheSessionInTheStore() {
    signIn("mia", Acme.PASSWORD);
    String session = String.valueOf(browser.cookie(SESSION));
    Forms.Form form = browser.get("/account").form("/signout");
    assertThat(browser.submit(form.with("csrf", "wrong")).status()).isEqualTo(403);
    assertThat(browser.submit(form).status()).isEqualTo(303);
    assertThat(browser.cookie(SESSION)).isNull();
    browser.cookies().put(SESSION, session);
    assertThat(browser.get("/mandates").status()).isEqualTo(303);
  }

  @Test
  void aUserNameWithMarkupIsShownAsText() {
    Answer answer = signIn("\"><script>alert(1)</script>", "wrong");
    assertThat(answer.body()).doesNotContain("<script>").contains("&#34;>&lt;script>");
  }

  @Test
  void everyPageForbidsScriptsFramesAndReferrers() {
    Answer page = browser.get("/signin");
    assertThat(page.header("content-security-policy"))
        .isEqualTo(
            "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'none';"
                + " form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
    assertThat(page.header("x-frame-options")).isEqualTo("DENY");
    assertThat(page.header("referrer-policy")).isEqualTo("no-referrer");
    assertThat(page.header("cache-control")).isEqualTo("no-store");
    assertThat(page.body()).doesNotContain("style=\"").doesNotContain("<script");
  }

  @Test
  void theStyleIsKeptForEverAtAnAddressThatChangesWithIt() {
    String body = browser.get("/signin").body();
    String path = body.replaceAll("(?s).*href=\"(/assets/[^\"]+\\.css)\".*", "$1");
    Answer style = browser.get(path);
    assertThat(style.status()).isEqualTo(200);
    assertThat(style.header("content-type")).startsWith("text/css");
    assertThat(style.header("cache-control")).contains("immutable");
    assertThat(browser.get("/assets/0000000000000000/mandate.css").status()).isEqualTo(404);
  }
}
