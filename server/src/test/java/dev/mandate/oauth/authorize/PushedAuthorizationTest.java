package dev.mandate.oauth.authorize;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.monitoring.Restraints;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.platform.http.Parameters;
import dev.mandate.platform.json.Json;
import dev.mandate.testing.Acme;
import dev.mandate.testing.People;
import dev.mandate.testing.TestBrowser;
import dev.mandate.testing.TestBrowser.Answer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What browsers do with a `request_uri` (RFC 9126 §4).
class PushedAuthorizationTest {
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

  private static String push(Map<String, String> request) {
    try (TestBrowser app = people.browser()) {
      Answer answer = app.post("/oauth/par", Parameters.encode(request));
      assertThat(answer.status()).as(answer.body()).isEqualTo(201);
      JsonNode json = Json.parse(answer.body());
      return json.path("request_uri").asText();
    }
  }

  private static Map<String, String> brought(String client, String uri) {
    Map<String, String> brought = new LinkedHashMap<>();
    brought.put("client_id", client);
    brought.put("request_uri", uri);
    return brought;
  }

  private static String address(String client, String uri) {
    return People.authorize(brought(client, uri));
  }

  private static void isPage(Answer answer) {
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.location()).isEmpty();
    assertThat(answer.header("content-type")).startsWith("text/html");
  }

  @Test
  void aPushedRequestLeadsToConsentAndACode() {
    String uri = push(People.request());
    try (TestBrowser mia = people.browserOf("mia")) {
      Answer consent = mia.follow(mia.get(address(Acme.APP, uri)));
      assertThat(consent.body()).contains("Repo Summary");
      Answer answer =
          mia.submit(consent.form("/consent/" + id(consent)).with("decision", "approve"));
      assertThat(answer.location()).startsWith(People.REDIRECT + "?");
      assertThat(answer.query().one("code")).isNotNull();
      assertThat(answer.query().one("state")).isEqualTo("a state");
      assertThat(answer.query().one("iss")).isEqualTo(people.server().url());
    }
  }

  private static String id(Answer consent) {
    return consent.url().substring(consent.url().lastIndexOf('/') + 1);
  }

  @Test
  void whatTheAddressSaysBesidesIsIgnored() {
    String uri = push(People.request());
    Map<String, String> brought = brought(Acme.APP, uri);
    brought.put("redirect_uri", "https://evil.example/");
    brought.put("scope", "llm:anthropic");
    brought.put("state", "another");
    brought.put("prompt", "none");
    try (TestBrowser mia = people.browserOf("mia")) {
      Answer consent = mia.follow(mia.get(People.authorize(brought)));
      assertThat(consent.status()).isEqualTo(200);
      assertThat(consent.body()).doesNotContain("evil.example").doesNotContain("Anthropic");
      Answer answer = mia.submit(consent.form("/consent/" + id(consent)).with("decision", "deny"));
      assertThat(answer.location()).startsWith(People.REDIRECT + "?");
      assertThat(answer.query().one("state")).isEqualTo("a state");
    }
  }

  @Test
  void aReloadInTheSameBrowserGoesOnWithTheSameRequest() {
    String uri = push(People.request());
    try (TestBrowser browser = people.browser()) {
      Answer first = browser.get(address(Acme.APP, uri));
      Answer again = browser.get(address(Acme.APP, uri));
      assertThat(first.location()).startsWith("/oauth/authorize/ask_");
      assertThat(again.status()).isEqualTo(303);
      assertThat(again.location()).isEqualTo(first.location());
    }
  }

  @Test
  void anotherBrowserCannotUseItAgain() {
    String uri = push(People.request());
    try (TestBrowser browser = people.browser();
        TestBrowser another = people.browser()) {
      assertThat(browser.get(address(Acme.APP, uri)).status()).isEqualTo(303);
      isPage(another.get(address(Acme.APP, uri)));
      // With a cookie of its own too.
      another.get(People.authorize(People.request()));
      isPage(another.get(address(Acme.APP, uri)));
    }
  }

  @Test
  void onceAnsweredItStaysAnswered() {
    String uri = push(People.request());
    try (TestBrowser mia = people.browserOf("mia")) {
      Answer consent = mia.follow(mia.get(address(Acme.APP, uri)));
      mia.submit(consent.form("/consent/" + id(consent)).with("decision", "approve"));
      assertThat(mia.follow(mia.get(address(Acme.APP, uri))).status()).isEqualTo(410);
    }
  }

  @Test
  void itExpires() {
    String uri = push(People.request());
    people.clock().advance(AuthorizeConfig.STANDARD.pushedLifetime());
    try (TestBrowser browser = people.browser()) {
      isPage(browser.get(address(Acme.APP, uri)));
    }
  }

  @Test
  void itIsGoodUntilItExpires() {
    String uri = push(People.request());
    people.clock().advance(AuthorizeConfig.STANDARD.pushedLifetime().minus(Duration.ofMillis(1)));
    try (TestBrowser browser = people.browser()) {
      assertThat(browser.get(address(Acme.APP, uri)).status()).isEqualTo(303);
    }
  }

  @Test
  void anotherClientCannotUseIt() {
    String uri = push(People.request());
    try (TestBrowser browser = people.browser()) {
      isPage(browser.get(address(Acme.WEB, uri)));
      isPage(browser.get("/oauth/authorize?" + Parameters.encode(Map.of("request_uri", uri))));
      // Nor did the attempts use it up.
      assertThat(browser.get(address(Acme.APP, uri)).status()).isEqualTo(303);
    }
  }

  @Test
  void aGuessedOrDoubledOneIsRefused() {
    String uri = push(People.request());
    try (TestBrowser browser = people.browser()) {
      isPage(browser.get(address(Acme.APP, PushedRequests.URI)));
      isPage(browser.get(address(Acme.APP, PushedRequests.URI + "x".repeat(43))));
      isPage(browser.get(address(Acme.APP, uri + "x")));
      isPage(browser.get(address(Acme.APP, uri) + "&request_uri=x"));
      isPage(browser.get(address(Acme.APP, uri) + "&request=e30.e30."));
      assertThat(browser.get(address(Acme.APP, uri)).status()).isEqualTo(303);
    }
  }

  @Test
  void aForeignRequestUriIsNotSupported() {
    Map<String, String> request = People.request();
    request.put("request_uri", "https://client.example/request.jwt");
    try (TestBrowser browser = people.browser()) {
      Answer answer = browser.get(People.authorize(request));
      assertThat(answer.query().one("error")).isEqualTo("request_uri_not_supported");
    }
  }

  @Test
  void aClientThatMustPushIsRefusedWithoutAndLetInWith() {
    Map<String, String> request = People.request();
    request.put("client_id", Acme.PUSHING);
    try (TestBrowser browser = people.browser()) {
      Answer direct = browser.get(People.authorize(request));
      assertThat(direct.query().one("error")).isEqualTo("invalid_request");
      assertThat(direct.query().one("error_description")).contains("/oauth/par");
      Answer pushed = browser.get(address(Acme.PUSHING, push(request)));
      assertThat(pushed.location()).startsWith("/oauth/authorize/ask_");
    }
  }

  @Test
  void aServerThatRequiresItRefusesEveryOtherRequest() {
    AuthorizeChecks strict =
        new AuthorizeChecks(
            people.server().stores().clients(),
            people.server().stores().upstreams(),
            people.server().stores().modelTiers(),
            new Restraints(people.server().stores().restraints(), new ChangeFeed(), people.clock()),
            new AuthorizeConfig(true, Duration.ofSeconds(60)));
    Map<String, List<String>> request = new LinkedHashMap<>();
    People.request().forEach((name, value) -> request.put(name, List.of(value)));
    var issuer = new dev.mandate.domain.tenant.Issuer(Acme.TENANT, "https://a.example");
    Draft direct = new Draft(issuer, Parameters.of(request), false, null, people.clock().instant());
    strict.beforeRedirect(direct);
    org.assertj.core.api.Assertions.assertThatThrownBy(() -> strict.afterRedirect(direct))
        .hasMessageContaining("must push");
    strict.pushed(issuer, Parameters.of(request), people.clock().instant());
  }

  @Test
  void everyCheckRunsAgainWhenABrowserBringsIt() {
    Map<String, String> request = People.request();
    request.put("client_id", Acme.NATIVE);
    request.put("redirect_uri", "com.example.pocket:/callback");
    String uri = push(request);
    var clients = people.server().stores().clients();
    Client before = Objects.requireNonNull(clients.find(Acme.TENANT, new ClientId(Acme.NATIVE)));
    clients.save(before.disable());
    try (TestBrowser browser = people.browser()) {
      isPage(browser.get(address(Acme.NATIVE, uri)));
    } finally {
      clients.save(before);
    }
  }

  @Test
  void promptNoneIsAnsweredWhenTheBrowserIsThere() {
    Map<String, String> request = People.request();
    request.put("prompt", "none");
    String uri = push(request);
    try (TestBrowser browser = people.browser()) {
      assertThat(browser.get(address(Acme.APP, uri)).query().one("error"))
          .isEqualTo("login_required");
    }
  }

  @Test
  void ofRacingBrowsersExactlyOneGoesOn() throws Exception {
    int racers = 8;
    String uri = push(People.request());
    CyclicBarrier start = new CyclicBarrier(racers);
    List<Integer> statuses = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> running = new ArrayList<>();
      for (int i = 0; i < racers; i++) {
        running.add(
            threads.submit(
                () -> {
                  try (TestBrowser browser = people.browser()) {
                    start.await();
                    return browser.get(address(Acme.APP, uri)).status();
                  }
                }));
      }
      for (Future<Integer> one : running) {
        statuses.add(one.get());
      }
    }
    assertThat(statuses).filteredOn(status -> status == 303).hasSize(1);
    assertThat(statuses).filteredOn(status -> status == 400).hasSize(racers - 1);
  }
}
