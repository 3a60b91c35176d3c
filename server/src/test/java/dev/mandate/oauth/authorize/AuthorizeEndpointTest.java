package dev.mandate.oauth.authorize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.monitoring.Restraint;
import dev.mandate.platform.http.Parameters;
import dev.mandate.testing.Acme;
import dev.mandate.testing.People;
import dev.mandate.testing.TestBrowser;
import dev.mandate.testing.TestBrowser.Answer;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthorizeEndpointTest {
  @TempDir static Path data;
  private static People people;

  @BeforeAll
  static void start() {
    people = new People(data);
  }

  @AfterAll
  static void stop() {
    people.close();
  }

  private static Answer ask(Map<String, String> request) {
    try (TestBrowser browser = people.browser()) {
      return browser.get(People.authorize(request));
    }
  }

  private static Answer askWith(String name, String value) {
    Map<String, String> request = People.request();
    request.put(name, value);
    return ask(request);
  }

  private static Answer askWithout(String name) {
    Map<String, String> request = People.request();
    request.remove(name);
    return ask(request);
  }

  private static void isPage(Answer answer) {
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.location()).isEmpty();
    assertThat(answer.header("content-type")).startsWith("text/html");
    assertThat(answer.body()).contains("Error id:");
  }

  private static void isError(Answer answer, String error) {
    assertThat(answer.status()).isEqualTo(303);
    assertThat(answer.location()).startsWith(People.REDIRECT + "?");
    Parameters query = answer.query();
    assertThat(query.one("error")).isEqualTo(error);
    assertThat(query.one("error_description")).isNotBlank();
    assertThat(query.one("state")).isEqualTo("a state");
    assertThat(query.one("iss")).isEqualTo(people.server().url());
  }

  @Test
  void aCorrectRequestIsKeptAndLeadsToSignInWithNothingButAnIdInTheAddress() {
    try (TestBrowser browser = people.browser()) {
      Answer kept = browser.get(People.authorize(People.request()));
      assertThat(kept.status()).isEqualTo(303);
      assertThat(kept.location()).matches("/oauth/authorize/ask_[a-z0-9]{26}");
      assertThat(kept.header("set-cookie"))
          .startsWith("mandate_browser=")
          .contains("HttpOnly")
          .contains("SameSite=Lax")
          .contains("Path=/");
      Answer next = browser.get(kept.location());
      assertThat(next.location()).startsWith("/signin?return=%2Foauth%2Fauthorize%2Fask_");
    }
  }

  @Test
  void aPostedRequestIsReadLikeAQuery() {
    try (TestBrowser browser = people.browser()) {
      Answer kept = browser.post("/oauth/authorize", Parameters.encode(People.request()));
      assertThat(kept.location()).startsWith("/oauth/authorize/ask_");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"nobody", Acme.DISABLED})
  void anUnknownOrDisabledClientGetsAPageAndNoRedirect(String client) {
    isPage(askWith("client_id", client));
  }

  @Test
  void nobodyIsAskedToApproveASuspendedClientUntilItMayGoOn() {
    var restraints = people.server().stores().restraints();
    CallerId app = CallerId.of(Acme.TENANT, new ClientId(Acme.APP));
    restraints.hold(new Restraint(app, people.clock().instant(), null, "fnd_test"));
    Answer refused = ask(People.request());
    assertThat(restraints.release(app)).isTrue();
    isError(refused, "unauthorized_client");
    assertThat(refused.query().one("error_description")).contains("suspended");
    assertThat(ask(People.request()).location()).startsWith("/oauth/authorize/ask_");
  }

  @Test
  void aRequestWithoutClientGetsAPage() {
    isPage(askWithout("client_id"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://127.0.0.1:8765/callback/",
        "http://127.0.0.1:8765/Callback",
        "http://127.0.0.1:8765/callback?x=1",
        "http://127.0.0.1:8765/callback#x",
        "https://127.0.0.1:8765/callback",
        "http://user@127.0.0.1:8765/callback",
        "http://localhost:8765/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://evil.example/callback",
        "//evil.example",
        "javascript:alert(1)",
        "not a uri"
      })
  void aRedirectUriThatIsNotRegisteredGetsAPage(String redirect) {
    isPage(askWith("redirect_uri", redirect));
  }

  @ParameterizedTest
  @CsvSource({
    "repo-summary, http://127.0.0.1:50123/callback",
    "repo-summary, http://127.0.0.1/callback",
    "evil, http://localhost:4711/callback",
    "bare, http://[::1]:4711/callback",
    "pocket, com.example.pocket:/callback",
    "board-minutes, https://minutes.example/callback?from=mandate"
  })
  void aLoopbackRedirectMatchesOnAnyPortAndOthersExactly(String client, String redirect) {
    Map<String, String> request = People.request();
    request.put("client_id", client);
    request.put("redirect_uri", redirect);
    request.put("scope", "llm:openai");
    assertThat(ask(request).location()).startsWith("/oauth/authorize/ask_");
  }

  @Test
  void aWebRedirectOnAnotherPortGetsAPage() {
    Map<String, String> request = People.request();
    request.put("client_id", Acme.WEB);
    request.put("redirect_uri", "https://minutes.example:8443/callback?from=mandate");
    isPage(ask(request));
  }

  @Test
  void aMissingRedirectUriIsTakenOnlyWhereThereIsOne() {
    assertThat(askWithout("redirect_uri").location()).startsWith("/oauth/authorize/ask_");
    Map<String, String> request = People.request();
    request.remove("redirect_uri");
    request.put("client_id", Acme.WEB);
    isPage(ask(request));
  }

  @Test
  void aRepeatedClientOrRedirectGetsAPage() {
    try (TestBrowser browser = people.browser()) {
      String path = People.authorize(People.request());
      isPage(browser.get(path + "&client_id=evil"));
      isPage(browser.get(path + "&redirect_uri=x"));
    }
  }

  @Test
  void anyOtherRepeatedParameterIsRefusedByRedirect() {
    try (TestBrowser browser = people.browser()) {
      String path = People.authorize(People.request());
      isError(browser.get(path + "&scope=openid&scope=profile"), "invalid_request");
      Answer twice = browser.get(path + "&state=other");
      assertThat(twice.query().one("error")).isEqualTo("invalid_request");
      assertThat(twice.query().has("state")).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "response_type, token, unsupported_response_type",
    "response_type, code id_token, unsupported_response_type",
    "response_mode, fragment, invalid_request",
    "code_challenge_method, plain, invalid_request",
    "code_challenge, short, invalid_request",
    "request, eyJ, request_not_supported",
    "request_uri, urn:x, request_uri_not_supported",
    "scope, admin, invalid_scope",
    "scope, llm:nowhere, invalid_scope",
    "resource, https://elsewhere.example/, invalid_target",
    "resource, relative, invalid_target",
    "prompt, sometimes, invalid_request",
    "prompt, none login, invalid_request",
    "prompt, none, login_required",
    "max_age, soon, invalid_request",
    "authorization_details, nonsense, invalid_authorization_details",
  })
  void aWrongParameterIsAnsweredByRedirectWithStateAndIssuer(
      String name, String value, String error) {
    isError(askWith(name, value), error);
  }

  @ParameterizedTest
  @CsvSource({
    "response_type, invalid_request",
    "code_challenge, invalid_request",
    "code_challenge_method, invalid_request",
  })
  void aMissingParameterIsAnsweredByRedirect(String name, String error) {
    isError(askWithout(name), error);
  }

  @Test
  void aStateThatIsTooLongIsRefusedAndNotRepeated() {
    Answer answer = askWith("state", "x".repeat(2001));
    assertThat(answer.query().one("error")).isEqualTo("invalid_request");
    assertThat(answer.query().has("state")).isFalse();
    assertThat(askWith("state", "x".repeat(2000)).location()).startsWith("/oauth/authorize/ask_");
  }

  @Test
  void aClientWithoutTheGrantTypeIsUnauthorized() {
    Map<String, String> request = People.request();
    request.put("client_id", Acme.SERVICE);
    request.put("redirect_uri", "http://[::1]:9/callback");
    Answer answer = ask(request);
    assertThat(answer.location()).startsWith("http://[::1]:9/callback?");
    assertThat(answer.query().one("error")).isEqualTo("unauthorized_client");
  }

  @Test
  void aClientWithoutDefaultsMustAskForSomething() {
    Map<String, String> request = People.request();
    request.put("client_id", Acme.BARE);
    request.put("redirect_uri", "http://[::1]/callback");
    assertThat(ask(request).query().one("error")).isEqualTo("invalid_scope");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[{'type':'llm_access','upstream':'nowhere'}]| expected any of [anthropic, openai]",
        "[{'type':'llm_access','upstream':'openai','models':['gpt-4.1']}]| has 'gpt-4.1', expected",
        "[{'type':'llm_access','upstream':'openai','models':['made-up']}]| has 'made-up', expected",
        "[{'type':'llm_access','upstream':'openai','capabilities':['messages']}]| has 'messages'",
        "[{'type':'payment','upstream':'openai'}]| expected 'llm_access'",
        "[{'type':'llm_access','upstream':'openai','budget':1}]| 0/budget is not a member",
        "[{'type':'llm_access','upstream':'openai','limits':{'requests':-1}}]| 0/limits/requests"
            + " must have a minimum value of 0",
      })
  void detailsThatNobodyCouldGiveSayWhatIsExpected(String json, String says) {
    Answer answer = askWith("authorization_details", json.replace('\'', '"'));
    isError(answer, "invalid_authorization_details");
    assertThat(answer.query().one("error_description")).contains(says.strip());
  }

  @Test
  void aResourceAmongThoseAskedIsTakenAndAnotherIsNot() {
    String openai = people.server().url() + "/openai/v1";
    assertThat(askWith("resource", openai).location()).startsWith("/oauth/authorize/ask_");
    isError(askWith("resource", people.server().url() + "/anthropic"), "invalid_target");
  }

  @Test
  void promptNoneOfAPersonWhoIsSignedInNeedsTheirConsent() {
    try (TestBrowser browser = people.browserOf("mia")) {
      Map<String, String> request = People.request();
      request.put("prompt", "none");
      isError(browser.get(People.authorize(request)), "consent_required");
      people.clock().advance(Duration.ofMinutes(5));
      request.put("max_age", "60");
      isError(browser.get(People.authorize(request)), "login_required");
    }
  }

  @Test
  void promptLoginAndMaxAgeAskForThePasswordAgain() {
    try (TestBrowser browser = people.browserOf("mia")) {
      people.clock().advance(Duration.ofMinutes(5));
      for (Map.Entry<String, String> again :
          Map.of("prompt", "login", "max_age", "60").entrySet()) {
        Map<String, String> request = People.request();
        request.put(again.getKey(), again.getValue());
        Answer page = People.consent(browser, request);
        assertThat(page.body()).contains("name=\"password\"");
        Answer consent = browser.follow(People.signIn(browser, page, "mia", Acme.PASSWORD));
        assertThat(consent.body()).contains("value=\"approve\"");
        people.clock().advance(Duration.ofMinutes(5));
      }
    }
  }

  @Test
  void aPendingRequestIsOnlyForTheBrowserThatBroughtIt() {
    try (TestBrowser mia = people.browserOf("mia");
        TestBrowser thief = people.browserOf("noah")) {
      Answer kept = mia.get(People.authorize(People.request()));
      String consent = kept.location().replace("/authorize/", "/consent/");
      assertThat(thief.get(kept.location()).status()).isEqualTo(403);
      assertThat(thief.get(consent).status()).isEqualTo(403);
      thief.cookies().remove("mandate_browser");
      assertThat(thief.get(consent).status()).isEqualTo(403);
      assertThat(mia.follow(mia.get(kept.location())).status()).isEqualTo(200);
    }
  }

  @Test
  void aPendingRequestEndsByItself() {
    try (TestBrowser browser = people.browserOf("mia")) {
      Answer kept = browser.get(People.authorize(People.request()));
      people.clock().advance(AuthorizeEndpoint.PENDING_LIFETIME);
      assertThat(browser.get(kept.location()).status()).isEqualTo(410);
    }
  }

  @Test
  void noPageReadsTheAnswerFromAnotherOrigin() {
    try (TestBrowser browser = people.browser()) {
      Answer answer =
          browser
              .sending("origin", originOf(People.REDIRECT))
              .get(People.authorize(People.request()));
      assertThat(answer.status()).isEqualTo(303);
      assertThat(answer.raw().headers().map().keySet())
          .noneMatch(name -> name.startsWith("access-control-"));
    }
  }

  private static String originOf(String uri) {
    URI parsed = URI.create(uri);
    return parsed.getScheme() + "://" + parsed.getRawAuthority();
  }
}
