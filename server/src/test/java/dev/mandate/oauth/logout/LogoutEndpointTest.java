package dev.mandate.oauth.logout;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.client.Client;
import dev.mandate.platform.http.Parameters;
import dev.mandate.platform.jose.SignatureAlgorithm;
import dev.mandate.platform.jose.SigningJwk;
import dev.mandate.platform.json.Json;
import dev.mandate.testing.Acme;
import dev.mandate.testing.Forms;
import dev.mandate.testing.People;
import dev.mandate.testing.TestBrowser;
import dev.mandate.testing.TestBrowser.Answer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// OpenID Connect RP-Initiated Logout 1.0.
class LogoutEndpointTest {
  private static final String AFTER = "https://summary.example/bye?from=mandate";

  @TempDir static Path data;
  private static People people;
  private static Client client;
  private TestBrowser browser;

  @BeforeAll
  static void start() {
    people = new People(data);
    client = people.server().stores().clients().all(Acme.TENANT).getFirst();
    people.server().stores().clients().save(client.withPostLogoutRedirectUris(Set.of(AFTER)));
  }

  @AfterAll
  static void stop() {
    people.close();
  }

  @BeforeEach
  void signIn() {
    // One address may sign in so often only.
    people.clock().advance(People.THROTTLE.window());
    browser = people.browserOf("mia");
  }

  @AfterEach
  void close() {
    browser.close();
  }

  private static ObjectNode claims(String user) {
    long now = people.clock().instant().getEpochSecond();
    return Json.object()
        .put("iss", people.server().url())
        .put("sub", "user_" + user)
        .put("aud", client.id().value())
        .put("iat", now)
        .put("exp", now + 300);
  }

  private static String token(ObjectNode claims) {
    return people
        .server()
        .signingKeys()
        .signer(Acme.TENANT, SignatureAlgorithm.RS256)
        .sign("JWT", claims)
        .reveal();
  }

  private Answer ask(String... pairs) {
    return browser.get("/oauth/logout?" + encoded(pairs));
  }

  private static String encoded(String... pairs) {
    Map<String, String> query = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      query.put(pairs[i], pairs[i + 1]);
    }
    return Parameters.encode(query);
  }

  private boolean isSignedIn() {
    return browser.get("/account").status() == 200;
  }

  private void isRefused(Answer answer) {
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.location()).isEmpty();
    assertThat(answer.body()).contains("Error id:");
    assertThat(isSignedIn()).isTrue();
  }

  @Test
  void withATokenOfThePersonTheSessionEndsAndTheBrowserGoesToTheRegisteredAddressWithTheState() {
    Answer answer =
        ask(
            "id_token_hint",
            token(claims("mia")),
            "post_logout_redirect_uri",
            AFTER,
            "state",
            "s 1&x");
    assertThat(answer.status()).isEqualTo(303);
    assertThat(answer.location()).isEqualTo(AFTER + "&state=s+1%26x");
    assertThat(isSignedIn()).isFalse();
    assertThat(people.server().stores().audit().latest(Acme.TENANT, 1).getFirst())
        .satisfies(event -> assertThat(event.type()).isEqualTo("signout"))
        .satisfies(
            event -> assertThat(event.details()).containsEntry("client", client.id().value()));
  }

  @Test
  void theSessionEndsInTheStoreAndNotOnlyInTheBrowser() {
    String cookie = String.valueOf(browser.cookie("mandate_session"));
    assertThat(ask("id_token_hint", token(claims("mia"))).status()).isEqualTo(200);
    browser.cookies().put("mandate_session", cookie);
    assertThat(isSignedIn()).isFalse();
  }

  @Test
  void aTokenThatHasExpiredIsAsGood() {
    ObjectNode old = claims("mia").put("exp", 1);
    assertThat(ask("id_token_hint", token(old)).body()).contains("You are signed out");
    assertThat(isSignedIn()).isFalse();
  }

  @Test
  void withoutATokenThePersonIsAskedAndMayStay() {
    Answer page = ask("client_id", client.id().value(), "post_logout_redirect_uri", AFTER);
    assertThat(page.status()).isEqualTo(200);
    assertThat(page.body()).contains("Sign out?").contains(client.name());
    assertThat(isSignedIn()).isTrue();
    Forms.Form form = page.form("/oauth/logout/confirm");
    assertThat(browser.submit(form.with("decision", "no")).location()).isEqualTo("/");
    assertThat(isSignedIn()).isTrue();
    assertThat(browser.submit(form.with("decision", "yes")).location()).isEqualTo(AFTER);
    assertThat(isSignedIn()).isFalse();
  }

  @Test
  void aTokenOfSomebodyElseEndsNothingWithoutAsking() {
    assertThat(ask("id_token_hint", token(claims("kim"))).body()).contains("Sign out?");
    assertThat(isSignedIn()).isTrue();
  }

  @Test
  void theAnswerOfAPageThatIsNotOursIsRefused() {
    assertThat(browser.post("/oauth/logout/confirm", "decision=yes&csrf=x").status())
        .isEqualTo(403);
    assertThat(isSignedIn()).isTrue();
  }

  @Test
  void theConfirmedAddressIsCheckedAgain() {
    Forms.Form form = ask("client_id", client.id().value()).form("/oauth/logout/confirm");
    isRefused(
        browser.submit(
            form.with("decision", "yes")
                .with("post_logout_redirect_uri", "https://evil.example/")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://summary.example/bye",
        "https://summary.example/bye?from=mandate&x=1",
        "https://summary.example/BYE?from=mandate",
        "https://evil.example/",
        "//evil.example",
        "javascript:alert(1)",
        People.REDIRECT
      })
  void anAddressThatIsNotRegisteredIsNeverGoneTo(String address) {
    isRefused(ask("id_token_hint", token(claims("mia")), "post_logout_redirect_uri", address));
  }

  @Test
  void anAddressWithoutAClientIsNotGoneTo() {
    isRefused(ask("post_logout_redirect_uri", AFTER));
  }

  @Test
  void aClientThatWasDisabledSendsNobodyAnywhere() {
    Client was = client.withPostLogoutRedirectUris(Set.of(AFTER));
    people.server().stores().clients().save(was.disable());
    try {
      isRefused(ask("client_id", client.id().value(), "post_logout_redirect_uri", AFTER));
    } finally {
      people.server().stores().clients().save(was);
    }
  }

  @Test
  void aTokenThatIsNotOursIsRefused() {
    String foreign =
        SigningJwk.generate(SignatureAlgorithm.RS256).sign("JWT", claims("mia")).reveal();
    isRefused(ask("id_token_hint", foreign));
    isRefused(ask("id_token_hint", token(claims("mia").put("iss", "https://other.example"))));
    isRefused(ask("id_token_hint", "x.y.z"));
    String good = token(claims("mia"));
    isRefused(ask("id_token_hint", good.substring(0, good.length() - 8) + "AAAAAAAA"));
  }

  @Test
  void anAccessTokenIsNoProofOfASignIn() {
    String accessToken =
        people
            .server()
            .signingKeys()
            .signer(Acme.TENANT, SignatureAlgorithm.ES256)
            .sign("at+jwt", claims("mia"))
            .reveal();
    isRefused(ask("id_token_hint", accessToken));
  }

  @Test
  void aTokenForAnotherClientThanTheOneNamedIsRefused() {
    isRefused(ask("id_token_hint", token(claims("mia")), "client_id", "somebody-else"));
  }

  @Test
  void aDoubledParameterIsRefused() {
    isRefused(browser.get("/oauth/logout?state=a&state=b"));
  }

  @Test
  void aPostComesAgainByGetWithWhatItHad() {
    String token = token(claims("mia"));
    Answer posted =
        browser.post(
            "/oauth/logout", encoded("id_token_hint", token, "post_logout_redirect_uri", AFTER));
    assertThat(posted.status()).isEqualTo(303);
    assertThat(posted.location()).startsWith("/oauth/logout?");
    assertThat(browser.get(posted.location()).location()).isEqualTo(AFTER);
    assertThat(isSignedIn()).isFalse();
  }

  @Test
  void aBrowserThatIsNotSignedInIsSentOnAtOnce() {
    try (TestBrowser stranger = people.browser()) {
      Answer answer =
          stranger.get(
              "/oauth/logout?"
                  + encoded("client_id", client.id().value(), "post_logout_redirect_uri", AFTER));
      assertThat(answer.location()).isEqualTo(AFTER);
    }
  }
}
