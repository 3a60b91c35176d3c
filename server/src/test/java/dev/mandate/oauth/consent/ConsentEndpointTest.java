package dev.mandate.oauth.consent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.token.AuthorizationCode;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.http.Parameters;
import dev.mandate.testing.Acme;
import dev.mandate.testing.Forms;
import dev.mandate.testing.People;
import dev.mandate.testing.TestBrowser;
import dev.mandate.testing.TestBrowser.Answer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConsentEndpointTest {
  private static final String DETAILS =
      """
      [{"type":"llm_access","upstream":"openai","models":["gpt-5","gpt-5-mini"],
        "limits":{"requests":5000,"cost_micros":50000000},"expires_in":7776000},
       {"type":"llm_access","upstream":"anthropic"}]
      """;

  private People people;
  private TestBrowser browser;

  @BeforeEach
  void start(@TempDir Path data) {
    people = new People(data);
    browser = people.browserOf("mia");
  }

  @AfterEach
  void stop() {
    browser.close();
    people.close();
  }

  private Answer consent() {
    return People.consent(browser, People.request());
  }

  private Answer consent(String name, String value) {
    Map<String, String> request = People.request();
    request.put(name, value);
    return People.consent(browser, request);
  }

  private static Forms.Form approval(Answer page) {
    return form(page).with("decision", "approve");
  }

  private static Forms.Form form(Answer page) {
    return Forms.all(page.body()).stream()
        .filter(form -> form.action().startsWith("/oauth/consent/"))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no consent form in\n" + page.body()));
  }

  private List<Mandate> mandates(String user) {
    return people.server().stores().mandates().ofUser(Acme.TENANT, new UserId("user_" + user), 100);
  }

  private Mandate mandate() {
    assertThat(mandates("mia")).hasSize(1);
    return mandates("mia").getFirst();
  }

  private AuthorizationCode code(Answer answer) {
    AuthorizationCode code =
        people
            .server()
            .stores()
            .codes()
            .find(Acme.TENANT, TokenHash.of(Secret.of(String.valueOf(answer.query().one("code")))));
    if (code == null) {
      throw new AssertionError("no code behind " + answer.location());
    }
    return code;
  }

  @Test
  void thePageSaysWhoAsksWhereToWhatHowMuchUntilWhenAndWhosePays() {
    Answer page = consent();
    assertThat(page.status()).isEqualTo(200);
    assertThat(page.body())
        .contains("<bdi>Repo Summary</bdi> asks to use Acme Robotics")
        .contains("127.0.0.1:8765")
        .contains("An app on this device")
        .contains("GPT-5 mini")
        .contains("$0.25 in, $2.00 out per million tokens")
        .contains("Hold conversations")
        .contains("up to $5.00 at OpenAI, in 100 requests")
        .contains("28 November 2026, 11:00 CET (7 days)")
        .contains("Acme Robotics's key at OpenAI pays")
        .contains("Signed in as <strong>Mia</strong>");
    assertThat(page.header("content-security-policy"))
        .contains("form-action 'self' http://127.0.0.1:8765;");
  }

  @Test
  void approvingMakesAMandateAndACodeForThisVeryRequest() {
    Map<String, String> request = People.request();
    request.put("nonce", "n-1");
    request.put("resource", people.server().url() + "/openai/v1");
    Answer answer = browser.submit(approval(People.consent(browser, request)));
    assertThat(answer.status()).isEqualTo(303);
    assertThat(answer.location()).startsWith(People.REDIRECT + "?code=");
    Parameters query = answer.query();
    assertThat(query.one("state")).isEqualTo("a state");
    assertThat(query.one("iss")).isEqualTo(people.server().url());

    Mandate mandate = mandate();
    assertThat(mandate.id().value()).startsWith("mnd_");
    assertThat(mandate.scopes()).containsExactly("offline_access");
    assertThat(mandate.expiresAt()).isEqualTo(people.clock().instant().plus(Duration.ofDays(7)));
    LlmAccess access = mandate.access().getFirst();
    assertThat(access.models()).containsExactly("gpt-5-mini");
    assertThat(access.capabilities()).containsExactly(Capability.CHAT);
    assertThat(access.limits()).isEqualTo(new Limits(100L, 20_000L, 200_000L, 5_000_000L));

    AuthorizationCode code = code(answer);
    assertThat(code.mandate()).isEqualTo(mandate.id());
    assertThat(code.redirectUri()).isEqualTo(People.REDIRECT);
    assertThat(code.codeChallenge()).isEqualTo(People.CHALLENGE);
    assertThat(code.nonce()).isEqualTo("n-1");
    assertThat(code.resources()).containsExactly(people.server().url() + "/openai/v1");
    assertThat(code.expiresAt()).isEqualTo(people.clock().instant().plusSeconds(60));
    assertThat(people.server().stores().audit().latest(Acme.TENANT, 1).getFirst().type())
        .isEqualTo("mandate.approved");
  }

  @Test
  void aScriptThatKnowsOnlyTheHiddenFieldsApprovesWhatWasOffered() {
    Forms.Form page = form(consent());
    Forms.Form bare =
        new Forms.Form(page.action(), Map.of("csrf", List.of(String.valueOf(page.first("csrf")))));
    assertThat(browser.submit(bare.with("decision", "approve")).location()).contains("code=");
    assertThat(mandate().access().getFirst().limits().requests()).isEqualTo(100);
  }

  @Test
  void aRequestWithoutRedirectUriLeavesItOutOfTheCode() {
    Map<String, String> request = People.request();
    request.remove("redirect_uri");
    Answer answer = browser.submit(approval(People.consent(browser, request)));
    assertThat(answer.location()).startsWith(People.REDIRECT + "?code=");
    assertThat(code(answer).redirectUri()).isNull();
  }

  @Test
  void aRedirectUriWithAQueryKeepsIt() {
    Map<String, String> request = People.request();
    request.put("client_id", Acme.WEB);
    request.put("redirect_uri", Acme.WEB_REDIRECT);
    Answer page = People.consent(browser, request);
    assertThat(page.header("content-security-policy")).contains("'self' https://minutes.example;");
    assertThat(browser.submit(approval(page)).location())
        .startsWith("https://minutes.example/callback?from=mandate&code=");
  }

  @Test
  void anAppSchemeIsNamedInThePolicyAndOnThePage() {
    Map<String, String> request = People.request();
    request.put("client_id", Acme.NATIVE);
    request.put("redirect_uri", "com.example.pocket:/callback");
    Answer page = People.consent(browser, request);
    assertThat(page.header("content-security-policy")).contains("'self' com.example.pocket:;");
    assertThat(page.body()).contains("<bdi>com.example.pocket:</bdi>");
  }

  @Test
  void theDemandIsCutToWhatThePersonMayGiveAndThePageSaysSo() {
    Answer page = consent("authorization_details", DETAILS);
    assertThat(page.body())
        .contains("It also asked for Anthropic")
        .contains("it asked for GPT-5, which you can't give")
        .contains("it asked for 5,000 requests; you can give at most 1,000 requests")
        .contains("it asked for $50.00; you can give at most $20.00")
        .contains("it asked for 90 days; you can give at most 45 days")
        .doesNotContain("Claude");
    browser.submit(approval(page));
    Mandate mandate = mandate();
    assertThat(mandate.access()).hasSize(1);
    LlmAccess access = mandate.access().getFirst();
    assertThat(access.models()).containsExactly("gpt-5-mini");
    assertThat(access.limits()).isEqualTo(new Limits(1_000L, 100_000L, 2_000_000L, 20_000_000L));
    assertThat(mandate.expiresAt()).isEqualTo(people.clock().instant().plus(Duration.ofDays(45)));
  }

  @Test
  void askingModelByModelGivesNoMoreThanAskingAtOnce() {
    Answer page =
        consent(
            "authorization_details",
            """
            [{"type": "llm_access", "upstream": "openai", "models": ["gpt-5-mini"]},
             {"type": "llm_access", "upstream": "openai", "models": ["text-embedding-3-small"],
              "limits": {"cost_micros": 1000000}}]
            """);
    browser.submit(approval(page));
    assertThat(mandate().access())
        .extracting(access -> access.limits().costMicros())
        .containsExactly(19_000_000L, 1_000_000L);
    assertThat(mandate().access())
        .extracting(access -> access.limits().requests())
        .containsExactly(500L, 500L);
  }

  @Test
  void entitlementsThatShrinkWhileThePersonDecidesAreWhatCounts() {
    Answer page = consent();
    people
        .server()
        .stores()
        .users()
        .saveEntitlements(Acme.TENANT, dev.mandate.domain.user.Role.MEMBER, List.of());
    Answer answer = browser.submit(approval(page));
    assertThat(answer.status()).isEqualTo(403);
    assertThat(mandates("mia")).isEmpty();
  }

  @Test
  void whoMayGiveNothingIsToldSoAndCanOnlyGoBack() {
    try (TestBrowser auditor = people.browserOf("otto")) {
      Answer page = People.consent(auditor, People.request());
      assertThat(page.body()).contains("You can't give").doesNotContain("value=\"approve\"");
      assertThat(auditor.submit(approval(page)).status()).isEqualTo(403);
      Answer back = auditor.submit(form(page).with("decision", "deny"));
      assertThat(back.query().one("error")).isEqualTo("access_denied");
      assertThat(mandates("otto")).isEmpty();
    }
  }

  @Test
  void denyingAnswersAccessDeniedAndGivesNothing() {
    Answer page = consent();
    Answer answer = browser.submit(form(page).with("decision", "deny"));
    assertThat(answer.location()).startsWith(People.REDIRECT + "?error=access_denied");
    assertThat(answer.query().one("state")).isEqualTo("a state");
    assertThat(answer.query().one("iss")).isEqualTo(people.server().url());
    assertThat(browser.submit(approval(page)).status()).isEqualTo(410);
    assertThat(mandates("mia")).isEmpty();
  }

  @Test
  void everyPartCanBeNarrowed() {
    Answer page = consent("scope", "llm:openai");
    browser.submit(
        approval(page)
            .with("access.0.models", "gpt-5-mini")
            .with("access.0.capabilities", "chat")
            .with("access.0.requests", "7")
            .with("access.0.tokens_per_request", "900")
            .with("access.0.tokens_per_day", "5000")
            .with("access.0.cost", "0.25")
            .with("expires_in", "3600"));
    LlmAccess access = mandate().access().getFirst();
    assertThat(access.models()).containsExactly("gpt-5-mini");
    assertThat(access.capabilities()).containsExactly(Capability.CHAT);
    assertThat(access.limits()).isEqualTo(new Limits(7L, 900L, 5_000L, 250_000L));
    assertThat(mandate().expiresAt()).isEqualTo(people.clock().instant().plusSeconds(3600));
    assertThat(access.expiresAt()).isEqualTo(mandate().expiresAt());
  }

  @ParameterizedTest
  @CsvSource({
    "access.0.requests, 101, You can give at most 100.",
    "access.0.cost, 5.000001, You can give at most $5.00.",
    "access.0.tokens_per_request, 20001, You can give at most 20",
    "access.0.tokens_per_day, 200001, You can give at most 200",
    "access.0.requests, '', Enter a whole number of at most 100.",
    "access.0.requests, -1, That is not a number this takes",
    "access.0.requests, 1e9, That is not a number this takes",
    "access.0.requests, 0, Zero would allow nothing",
    "access.0.requests, 99999999999999999999, That is not a number this takes",
    "access.0.cost, five, That is not a number this takes",
    "access.0.models, gpt-5, not yours to give",
    "access.0.capabilities, embeddings, not yours to give",
    "expires_in, 604801, You can give at most 7 days",
    "expires_in, 0, Choose how long this holds",
  })
  void nothingCanBeWidenedAndThePageSaysWhatIsWrong(String field, String value, String says) {
    Answer answer = browser.submit(approval(consent()).with(field, value));
    assertThat(answer.status()).isEqualTo(422);
    assertThat(answer.body()).contains("Nothing was given yet.").contains(says);
    assertThat(answer.body()).contains("<title>Error: ");
    assertThat(mandates("mia")).isEmpty();
    assertThat(browser.submit(approval(consent())).location()).contains("code=");
  }

  @Test
  void takingEveryModelAwayIsAnErrorAndNotAnEmptyMandate() {
    Answer answer = browser.submit(approval(consent()).without("access.0.models"));
    assertThat(answer.status()).isEqualTo(422);
    assertThat(answer.body()).contains("You left no model to use");
    answer = browser.submit(approval(consent()).without("access.0.capabilities"));
    assertThat(answer.body()).contains("Choose at least one thing that the app may do");
  }

  @Test
  void anUpstreamThatThePersonTakesAwayGoesWithItsScope() {
    try (TestBrowser admin = people.browserOf("ada")) {
      Map<String, String> request = People.request();
      request.put("scope", "llm:openai llm:anthropic openid");
      Answer page = People.consent(admin, request);
      assertThat(page.body()).contains("without a limit on money").contains("Know that it is you");
      admin.submit(approval(page).without("access.0.models"));
      Mandate mandate = mandates("ada").getFirst();
      assertThat(mandate.access()).extracting(LlmAccess::upstream).hasSize(1);
      assertThat(mandate.scopes()).hasSize(2).contains("openid");
    }
  }

  @Test
  void aFormPostedTwiceMakesOneMandateAndOneCode() throws Exception {
    Forms.Form form = approval(consent());
    try (ExecutorService racers = Executors.newFixedThreadPool(4)) {
      Callable<Answer> post = () -> browser.submit(form);
      List<Integer> statuses =
          racers.invokeAll(List.of(post, post, post, post)).stream()
              .map(Future::resultNow)
              .map(Answer::status)
              .sorted()
              .toList();
      assertThat(statuses).containsExactly(303, 410, 410, 410);
    }
    assertThat(mandates("mia")).hasSize(1);
  }

  @Test
  void aFormWithoutItsProofOrWithAnotherFormsIsRefused() {
    Answer page = consent();
    Forms.Form form = approval(page);
    assertThat(browser.submit(form.without("csrf")).status()).isEqualTo(403);
    assertThat(browser.submit(form.with("csrf", "x")).status()).isEqualTo(403);
    String signOut = String.valueOf(page.form("/signout").first("csrf"));
    assertThat(browser.submit(form.with("csrf", signOut)).status()).isEqualTo(403);
    assertThat(mandates("mia")).isEmpty();
  }

  @Test
  void aPageDrawnForOnePersonDoesNotApproveForAnother() {
    Answer page = consent();
    People.signIn(browser, browser.get("/signin"), "noah", Acme.PASSWORD);
    assertThat(browser.submit(approval(page)).status()).isEqualTo(403);
    assertThat(mandates("mia")).isEmpty();
    assertThat(mandates("noah")).isEmpty();
  }

  @Test
  void notYouSignsOutAndComesBackToTheRequest() {
    Answer page = consent();
    Answer signIn = browser.follow(browser.submit(page.form("/signout")));
    assertThat(signIn.body()).contains("name=\"password\"");
    Answer again = browser.follow(People.signIn(browser, signIn, "noah", Acme.PASSWORD));
    assertThat(again.body()).contains("Signed in as <strong>Noah</strong>");
    browser.submit(approval(again));
    assertThat(mandates("noah")).hasSize(1);
    assertThat(mandates("mia")).isEmpty();
  }

  @Test
  void aSessionThatEndsWhileThePersonDecidesLeadsBackToSignIn() {
    people.clock().advance(Duration.ofHours(12).minusMinutes(1));
    Answer page = consent();
    people.clock().advance(Duration.ofMinutes(2));
    Answer answer = browser.follow(browser.submit(approval(page)));
    assertThat(answer.body()).contains("name=\"password\"");
    assertThat(mandates("mia")).isEmpty();
  }

  @Test
  void aClientThatIsDisabledWhileThePersonDecidesGetsNothing() {
    Answer page = consent();
    Client app = people.server().stores().clients().find(Acme.TENANT, new ClientId(Acme.APP));
    people.server().stores().clients().save(Acme.disabled(java.util.Objects.requireNonNull(app)));
    assertThat(browser.submit(approval(page)).status()).isEqualTo(403);
    assertThat(mandates("mia")).isEmpty();
  }

  @Test
  void aPersonHasABoundedNumberOfMandates() {
    for (int i = 0; i < 5; i++) {
      browser.submit(approval(consent()));
    }
    Answer answer = browser.submit(approval(consent()));
    assertThat(answer.status()).isEqualTo(409);
    assertThat(answer.body()).contains("You have 5 active mandates");
    assertThat(mandates("mia")).hasSize(5);
  }

  @Test
  void markupInANameOrStateIsShownAsTextAndGivenBackUnchanged() {
    Map<String, String> request = People.request();
    request.put("client_id", Acme.EVIL);
    request.put("redirect_uri", "http://localhost:9/callback");
    request.put("state", "\"><script>alert(1)</script>&iss=evil");
    Answer page = People.consent(browser, request);
    assertThat(page.body()).doesNotContain("<script").contains("&lt;script&gt;");
    Answer answer = browser.submit(approval(page));
    assertThat(answer.query().one("state")).isEqualTo("\"><script>alert(1)</script>&iss=evil");
    assertThat(answer.query().one("iss")).isEqualTo(people.server().url());
    assertThat(browser.get("/mandates").body()).doesNotContain("<script");
  }

  @Test
  void aDecisionThatIsNeitherIsABadRequest() {
    assertThat(browser.submit(form(consent())).status()).isEqualTo(400);
    assertThat(browser.submit(form(consent()).with("decision", "maybe")).status()).isEqualTo(400);
  }
}
