package dev.mandate.oauth.device;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.domain.authorization.DeviceStore.Poll;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.json.Json;
import dev.mandate.testing.Acme;
import dev.mandate.testing.Clients;
import dev.mandate.testing.Forms;
import dev.mandate.testing.People;
import dev.mandate.testing.TestBrowser;
import dev.mandate.testing.TestBrowser.Answer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A person's side of RFC 8628, and what a stranger who sends codes around meets there (RFC 10027).
class DevicePageTest {
  private People people;
  private TestBrowser mia;

  @BeforeEach
  void start(@TempDir Path data) {
    people = new People(data);
    Client app =
        Objects.requireNonNull(
            people.server().stores().clients().find(Acme.TENANT, new ClientId(Acme.APP)));
    people
        .server()
        .stores()
        .clients()
        .save(
            Clients.withGrantTypes(
                app, Set.of(DeviceAuthorizationEndpoint.GRANT_TYPE, "refresh_token")));
    mia = people.browserOf("mia");
  }

  @AfterEach
  void stop() {
    mia.close();
    people.close();
  }

  private JsonNode ask() {
    try (TestBrowser device = people.browser()) {
      return Json.parse(device.post("/oauth/device_authorization", "client_id=" + Acme.APP).body());
    }
  }

  private Poll poll(JsonNode asked) {
    return people
        .server()
        .stores()
        .devices()
        .poll(
            Acme.TENANT,
            TokenHash.of(Secret.of(asked.path("device_code").asText())),
            people.clock().instant());
  }

  private Answer enter(TestBrowser browser, String code) {
    return browser.submit(browser.get("/device").form("/device").with("code", code));
  }

  private Answer enter(JsonNode asked) {
    return enter(mia, asked.path("user_code").asText());
  }

  private Answer decide(Answer page, String decision) {
    return mia.submit(page.form("/device").with("decision", decision));
  }

  private static Forms.Form consent(Answer page) {
    return Forms.all(page.body()).stream()
        .filter(form -> form.action().startsWith("/oauth/consent/"))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no consent form in\n" + page.body()));
  }

  @Test
  void aPersonEntersTheCodeSeesWhoAsksAndApproves() {
    JsonNode asked = ask();
    people.clock().advance(Duration.ofMinutes(2));
    Answer page = enter(asked);
    assertThat(page.status()).isEqualTo(200);
    assertThat(page.body())
        .contains("<bdi>Repo Summary</bdi> wants to be connected")
        .contains(asked.path("user_code").asText())
        .contains("2 minutes ago")
        .contains("127.0.0.1");
    assertThat(poll(asked)).as("nothing is given by looking").isEqualTo(new Poll.Waiting());
    Answer consent = mia.follow(decide(page, "continue"));
    assertThat(consent.body())
        .contains("the device that shows")
        .contains(asked.path("user_code").asText())
        .doesNotContain("127.0.0.1:8765");
    Answer end = mia.submit(consent(consent).with("decision", "approve"));
    assertThat(end.status()).isEqualTo(303);
    assertThat(end.location()).isEqualTo("/device/approved");
    assertThat(mia.follow(end).body()).contains("Go back to your device");
    var mandates =
        people.server().stores().mandates().ofUser(Acme.TENANT, new UserId("user_mia"), 10);
    assertThat(mandates).hasSize(1);
    assertThat(poll(asked))
        .isInstanceOfSatisfying(
            Poll.Approved.class,
            approved -> assertThat(approved.mandate()).isEqualTo(mandates.getFirst().id()));
  }

  @Test
  void aDenialReachesTheDevice() {
    JsonNode asked = ask();
    Answer consent = mia.follow(decide(enter(asked), "continue"));
    Answer end = mia.submit(consent(consent).with("decision", "deny"));
    assertThat(end.location()).isEqualTo("/device/denied");
    assertThat(poll(asked)).isEqualTo(new Poll.Denied());
  }

  @Test
  void whoDidNotStartItSaysSo() {
    JsonNode asked = ask();
    Answer end = decide(enter(asked), "refuse");
    assertThat(mia.follow(end).body()).contains("Nothing was given");
    assertThat(poll(asked)).isEqualTo(new Poll.Denied());
    assertThat(enter(asked).status()).isEqualTo(422);
  }

  @Test
  void thePageWarnsBeforeAnythingElseAndNeedsAPersonAndNoScript() {
    try (TestBrowser stranger = people.browser()) {
      Answer first = stranger.get("/device");
      assertThat(first.status()).isEqualTo(303);
      assertThat(first.location()).isEqualTo("/signin?return=%2Fdevice");
      Answer back = People.signIn(stranger, stranger.get(first.location()), "noah", Acme.PASSWORD);
      assertThat(back.location()).isEqualTo("/device");
    }
    Answer page = mia.get("/device");
    assertThat(page.body())
        .contains("Did you start this yourself")
        .contains("close this page")
        .doesNotContain("<script");
    assertThat(page.header("content-security-policy")).contains("script-src 'none'");
  }

  @Test
  void aLinkFillsNothingIn() {
    JsonNode asked = ask();
    String code = asked.path("user_code").asText();
    for (String query : new String[] {"?user_code=", "?code="}) {
      assertThat(mia.get("/device" + query + code).body()).doesNotContain(code);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"lower", "spaces", "without"})
  void aCodeIsReadHoweverItIsTyped(String how) {
    String code = ask().path("user_code").asText();
    String typed =
        switch (how) {
          case "lower" -> code.toLowerCase(java.util.Locale.ROOT);
          case "spaces" -> " " + code.replace("-", "  ") + " ";
          default -> code.replace("-", "");
        };
    assertThat(enter(mia, typed).body()).contains("wants to be connected");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "x", "BBBB-BBBB", "AAAA-AAAA", "<script>alert(1)</script>", "🦊🦊🦊🦊"})
  void whatIsNoCodeIsToldAlike(String typed) {
    Answer page = enter(mia, typed);
    assertThat(page.status()).isEqualTo(422);
    assertThat(page.body()).contains("No device waits with this code").doesNotContain("alert(1)");
  }

  @Test
  void aCodeEndsWithItsTimeItsUseAndItsClient() {
    JsonNode asked = ask();
    decide(enter(asked), "continue");
    assertThat(enter(asked).status()).as("taken on").isEqualTo(422);
    JsonNode late = ask();
    Client app =
        Objects.requireNonNull(
            people.server().stores().clients().find(Acme.TENANT, new ClientId(Acme.APP)));
    people.server().stores().clients().save(app.disable());
    assertThat(enter(late).status()).as("of a disabled client").isEqualTo(422);
    people.server().stores().clients().save(app);
    people.clock().advance(DeviceAuthorizationEndpoint.LIFETIME);
    assertThat(enter(late).status()).as("expired").isEqualTo(422);
  }

  @Test
  void guessesAreCountedByPersonEvenWhenTheyAreRight() {
    String code = ask().path("user_code").asText();
    for (int i = 0; i < DevicePageEndpoint.ATTEMPTS_MAX; i++) {
      assertThat(enter(mia, i % 2 == 0 ? "BBBB-BBBB" : code).status()).isNotEqualTo(429);
    }
    Answer stopped = enter(mia, code);
    assertThat(stopped.status()).isEqualTo(429);
    assertThat(stopped.header("retry-after")).isNotEmpty();
    people.clock().advance(DevicePageEndpoint.ATTEMPTS_WINDOW);
    assertThat(enter(mia, code).status()).isEqualTo(422);
  }

  @Test
  void aRequestIsTheBrowsersThatTookItOn() {
    JsonNode asked = ask();
    String step = decide(enter(asked), "continue").location();
    try (TestBrowser noah = people.browserOf("noah")) {
      assertThat(noah.get(step).status()).isEqualTo(403);
    }
  }

  @Test
  void aFormOfAnotherSiteTakesNothingOn() {
    JsonNode asked = ask();
    String code = asked.path("user_code").asText();
    Answer forged = mia.post("/device", "code=" + code + "&decision=continue");
    assertThat(forged.status()).isEqualTo(403);
    try (TestBrowser noah = people.browserOf("noah")) {
      String foreign = noah.get("/device").form("/device").with("code", code).encoded();
      assertThat(mia.post("/device", foreign + "&decision=continue").status()).isEqualTo(403);
    }
    assertThat(poll(asked)).isEqualTo(new Poll.Waiting());
  }
}
