package dev.mandate.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.LeakPlace;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.testing.Acme;
import dev.mandate.testing.Forms;
import dev.mandate.testing.People;
import dev.mandate.testing.TestBrowser;
import dev.mandate.testing.TestBrowser.Answer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyPagesTest {
  private static final UserId MIA = new UserId("user_mia");
  private static final String MINE = "/account/keys";
  private static final String ALL = "/admin/keys";

  private People people;
  private TestBrowser browser;
  private Mandate mandate;

  @BeforeEach
  void start(@TempDir Path data) {
    people = new People(data);
    browser = people.browserOf("mia");
    Answer consent = People.consent(browser, People.request());
    browser.submit(Forms.all(consent.body()).getLast().with("decision", "approve"));
    mandate = people.server().stores().mandates().ofUser(Acme.TENANT, MIA, 1).getFirst();
  }

  @AfterEach
  void stop() {
    browser.close();
    people.close();
  }

  private List<ApiKey> keys() {
    return people.server().stores().apiKeys().ofMandate(Acme.TENANT, mandate.id());
  }

  private ApiKey key() {
    return keys().getFirst();
  }

  private Answer mint(String... fields) {
    Forms.Form form = browser.get(MINE).form(MINE).with("name", "editor");
    for (int i = 0; i < fields.length; i += 2) {
      form = form.with(fields[i], fields[i + 1]);
    }
    return browser.submit(form);
  }

  private static Secret shown(Answer minted) {
    assertThat(minted.status()).isEqualTo(200);
    assertThat(minted.header("cache-control")).isEqualTo("no-store");
    return Secret.of(minted.body().replaceAll("(?s).*value=\"(mandate_[^\"]+)\".*", "$1"));
  }

  @Test
  void aKeyIsMadeNarrowListedAndItsSecretShownOnce() {
    Secret value =
        shown(
            mint(
                "models", "gpt-5-mini",
                "requests", "10",
                "tokens_per_day", "2000",
                "cost", "1.25",
                "addresses", "192.0.2.0/24, 2001:db8::/32",
                "days", "1"));
    assertThat(ApiKeyFormat.isWellFormed(value.reveal())).isTrue();
    ApiKey key = key();
    assertThat(key.hash()).isEqualTo(TokenHash.of(value));
    assertThat(key.bounds().limits()).isEqualTo(new Limits(10L, null, 2_000L, 1_250_000L));
    assertThat(key.bounds().access())
        .containsExactly(new LlmTerms("openai", Set.of("gpt-5-mini"), null, Limits.NONE, null));
    assertThat(key.bounds().addresses()).hasSize(2);
    people
        .server()
        .stores()
        .apiKeys()
        .used(Acme.TENANT, key.id(), people.clock().instant(), "192.0.2.7");
    assertThat(browser.get(MINE).body())
        .contains("editor")
        .contains("Repo Summary")
        .contains("…" + key.hint())
        .contains("just now from 192.0.2.7")
        .contains("ends soon")
        .contains("10 requests; 2,000 tokens a day; $1.25")
        .doesNotContain(value.reveal())
        .doesNotContain(key.hash().value());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "models|gpt-5|does not give gpt-5",
        "requests|many|Requests is a whole number",
        "tokens_per_day|-1|Tokens a day is a whole number",
        "cost|1,5|Money is a number",
        "cost|0.0000001|Money is a number",
        "addresses|192.0.2.1/24|has bits behind its prefix",
        "addresses|<script>|is no range",
        "name|''|Give the key a name",
        "days|30|lasts at most 7 days"
      })
  void whatCannotBeIsSaidAndNothingIsMade(String field, String value, String problem) {
    Answer answer = mint(field, value);
    assertThat(answer.status()).isEqualTo(422);
    assertThat(answer.body()).contains(problem).doesNotContain("<script>");
    assertThat(keys()).isEmpty();
  }

  @Test
  void rotatingShowsANewSecretAndTheFormerWorksOnAsLongAsWasChosen() {
    Secret first = shown(mint());
    Forms.Form form = browser.get(MINE).form("/" + key().id() + "/rotate");
    Secret second = shown(browser.submit(form.with("grace", "3600")));
    assertThat(second).isNotEqualTo(first);
    assertThat(keys()).hasSize(1);
    assertThat(key().hash()).isEqualTo(TokenHash.of(second));
    assertThat(key().isLive(TokenHash.of(first), people.clock().instant())).isTrue();
    assertThat(browser.get(MINE).body()).contains("Former key works until");
    people.clock().advance(Duration.ofHours(1));
    assertThat(key().isLive(TokenHash.of(first), people.clock().instant())).isFalse();
    assertThat(browser.get(MINE).body()).doesNotContain("Former key works until");
    browser.submit(form.with("renew", "yes").with("grace", "0"));
    assertThat(key().expiresAt()).isEqualTo(mandate.expiresAt());
  }

  @Test
  void aFormWithoutItsProofChangesNothing() {
    mint();
    ApiKey before = key();
    for (String verb : List.of("/rotate", "/revoke")) {
      Forms.Form form = browser.get(MINE).form("/" + before.id() + verb);
      assertThat(browser.submit(form.with("csrf", "x")).status()).isEqualTo(403);
      assertThat(browser.submit(form.without("csrf")).status()).isEqualTo(403);
    }
    Forms.Form rotate = browser.get(MINE).form("/rotate");
    for (String grace : List.of("604801", "-1", "", "x")) {
      assertThat(browser.submit(rotate.with("grace", grace)).status()).isEqualTo(400);
    }
    String revoke = String.valueOf(browser.get(MINE).form("/revoke").first("csrf"));
    assertThat(browser.submit(rotate.with("csrf", revoke)).status()).isEqualTo(403);
    assertThat(key()).isEqualTo(before);
    assertThat(browser.submit(browser.get(MINE).form(MINE).with("csrf", "x")).status())
        .isEqualTo(403);
    assertThat(keys()).hasSize(1);
  }

  @Test
  void somebodyElsesKeyIsNeitherShownNorRotatedNorRevokedNorItsMandateSpent() {
    mint();
    ApiKey before = key();
    try (TestBrowser noah = people.browserOf("noah")) {
      assertThat(noah.get(MINE).body()).contains("No API keys yet").doesNotContain("editor");
      String csrf = String.valueOf(noah.get("/account").form("/signout").first("csrf"));
      for (String verb : List.of("/rotate", "/revoke")) {
        assertThat(noah.post(MINE + "/" + before.id() + verb, "grace=0&csrf=" + csrf).status())
            .isEqualTo(404);
        assertThat(noah.post(MINE + "/key_none" + verb, "grace=0&csrf=" + csrf).status())
            .isEqualTo(404);
      }
      assertThat(noah.get(ALL).status()).isEqualTo(403);
      assertThat(noah.post(ALL + "/" + before.id() + "/revoke", "csrf=" + csrf).status())
          .isEqualTo(403);
      assertThat(noah.post(MINE, "name=x&mandate=" + mandate.id() + "&csrf=" + csrf).status())
          .isEqualTo(403);
      assertThat(noah.post(MINE + "/scoped", "name=x&scope=users:read&csrf=" + csrf).status())
          .isEqualTo(403);
    }
    assertThat(key()).isEqualTo(before);
    assertThat(keys()).hasSize(1);
  }

  @Test
  void anAdministratorSeesAllKeysWhichLeakedAndRevokesAnyAndItsOwnerIsTold() {
    Secret value = shown(mint());
    people
        .server()
        .stores()
        .apiKeys()
        .leaked(
            Acme.TENANT,
            key().id(),
            key().hash(),
            LeakPlace.GATEWAY_URL,
            false,
            people.clock().instant());
    assertThat(browser.get(MINE).body())
        .contains("Leaked")
        .contains("in the URL of a gateway call");
    try (TestBrowser ada = people.browserOf("ada");
        TestBrowser otto = people.browserOf("otto")) {
      assertThat(ada.get(MINE).body()).contains(ALL).contains("Make a key of the admin API");
      assertThat(ada.get(ALL).body())
          .contains("editor")
          .contains("Mia")
          .contains("Leaked")
          .doesNotContain(value.reveal());
      // Who looks only, looks only.
      Answer looking = otto.get(ALL);
      assertThat(looking.status()).isEqualTo(200);
      Forms.Form revoke = ada.get(ALL).form("/" + key().id() + "/revoke");
      assertThat(otto.post(revoke.action(), revoke.encoded()).status()).isEqualTo(403);
      assertThat(key().revokedAt()).isNull();
      assertThat(ada.submit(revoke.with("csrf", "x")).status()).isEqualTo(403);
      assertThat(ada.submit(revoke).location()).isEqualTo(ALL + "?revoked");
    }
    assertThat(key().revokedAt()).isNotNull();
    assertThat(people.server().told().all())
        .singleElement()
        .matches(one -> one.kind() == Notice.Kind.API_KEY_REVOKED)
        .matches(one -> MIA.equals(one.person()));
  }

  @Test
  void anAdministratorMakesAKeyOfTheAdminApiWithinTheirRole() {
    try (TestBrowser ada = people.browserOf("ada")) {
      Forms.Form form = ada.get(MINE).form("/scoped").with("name", "export");
      assertThat(ada.submit(form).status()).isEqualTo(422);
      assertThat(ada.submit(form.with("scope", "users:read", "tenants:write")).status())
          .isEqualTo(403);
      assertThat(ada.submit(form.with("scope", "*")).status()).isEqualTo(403);
      Secret value =
          shown(ada.submit(form.with("scope", "users:read").with("addresses", "192.0.2.0/24")));
      ApiKey made =
          Objects.requireNonNull(
              people.server().stores().apiKeys().find(Acme.TENANT, TokenHash.of(value)));
      assertThat(made.scopes()).containsExactly("users:read");
      assertThat(made.owner()).isEqualTo(new UserId("user_ada"));
      assertThat(made.expiresAt()).isEqualTo(people.clock().instant().plus(Duration.ofDays(90)));
      assertThat(ada.get(MINE).body()).contains("Admin API: users:read");
    }
  }

  @Test
  void whoeverIsNotSignedInIsSentToSignInAndBack() {
    try (TestBrowser stranger = people.browser()) {
      assertThat(stranger.get(MINE).location()).isEqualTo("/signin?return=%2Faccount%2Fkeys");
      assertThat(stranger.get(ALL).location()).isEqualTo("/signin?return=%2Fadmin%2Fkeys");
      assertThat(stranger.post(MINE, "name=x").location()).startsWith("/signin?return=");
    }
  }

  @Test
  void aRevokedKeyIsAmongTheEnded() {
    mint();
    Answer answer = browser.submit(browser.get(MINE).form("/" + key().id() + "/revoke"));
    assertThat(answer.location()).isEqualTo(MINE + "?revoked");
    assertThat(browser.follow(answer).body())
        .contains("It is refused from now on")
        .contains("Ended")
        .doesNotContain("/rotate\"");
    assertThat(people.server().stores().audit().latest(Acme.TENANT, 1).getFirst().type())
        .isEqualTo("api_key.revoked");
  }
}
