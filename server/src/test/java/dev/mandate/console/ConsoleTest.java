package dev.mandate.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.CalendarWindows;
import dev.mandate.domain.budget.Call;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.upstream.Usage;
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
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConsoleTest {
  private static final UserId MIA = new UserId("user_mia");

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

  private String path() {
    return "/mandates/" + mandate.id();
  }

  private List<ApiKey> keys() {
    return people.server().stores().apiKeys().ofMandate(Acme.TENANT, mandate.id());
  }

  private Answer mint(String name, String days) {
    Forms.Form form = browser.get(path()).form("/keys");
    return browser.submit(form.with("name", name).with("days", days));
  }

  private void spend() {
    people
        .server()
        .stores()
        .ledger()
        .append(
            List.of(
                new LedgerEntry(
                    new Call(
                        Acme.TENANT,
                        "call_1",
                        mandate.id(),
                        0,
                        new ClientId(Acme.APP),
                        MIA,
                        null,
                        "openai",
                        "gpt-5-mini",
                        "chat.completions",
                        "test-1"),
                    List.of(AccountId.of(Acme.TENANT, mandate.id(), 0)),
                    people.clock().instant(),
                    people.clock().instant(),
                    CalendarWindows.at(ZoneOffset.UTC, people.clock().instant()),
                    Usage.of(1_000, 500),
                    1_250_000,
                    "ok",
                    false)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/mandates", "/account", "/mandates/mnd_x"})
  void whoeverIsNotSignedInIsSentToSignInAndBack(String path) {
    try (TestBrowser stranger = people.browser()) {
      Answer answer = stranger.get(path);
      assertThat(answer.location()).isEqualTo("/signin?return=" + path.replace("/", "%2F"));
      Answer page = stranger.get(answer.location());
      assertThat(People.signIn(stranger, page, "noah", Acme.PASSWORD).location()).isEqualTo(path);
    }
  }

  @Test
  void theRootGreetsStrangersAndLeadsTheOthersToTheirMandates() {
    try (TestBrowser stranger = people.browser()) {
      assertThat(stranger.get("/").body()).contains("Give agents a mandate, never your keys");
    }
    assertThat(browser.get("/").location()).isEqualTo("/mandates");
  }

  @Test
  void theListShowsWhatWasSpentOfWhat() {
    spend();
    people.clock().advance(Duration.ofMinutes(5));
    assertThat(browser.get("/mandates").body())
        .contains("Repo Summary")
        .contains("Active")
        .contains("$1.25 of $5.00")
        .contains("1 of 100")
        .contains("1,500 of 200,000")
        .contains("5 minutes ago")
        .contains("28 November 2026, 11:00 CET");
    assertThat(browser.get(path()).body()).contains("chat.completions").contains("1,500");
  }

  @Test
  void oneClickRevokes() {
    Forms.Form revoke = browser.get("/mandates").form("/revoke");
    Answer answer = browser.submit(revoke);
    assertThat(answer.status()).isEqualTo(303);
    assertThat(browser.follow(answer).body())
        .contains("Its tokens and keys are refused from now on")
        .contains("Revoked");
    Mandate now = people.server().stores().mandates().find(Acme.TENANT, mandate.id());
    assertThat(now).isNotNull();
    assertThat(java.util.Objects.requireNonNull(now).isRevoked()).isTrue();
    assertThat(people.server().stores().audit().latest(Acme.TENANT, 1).getFirst().type())
        .isEqualTo("mandate.revoked");
    assertThat(browser.get(path()).body())
        .doesNotContain("/revoke\"")
        .doesNotContain(path() + "/keys\"");
  }

  @Test
  void aRevocationWithoutItsProofChangesNothing() {
    Forms.Form revoke = browser.get("/mandates").form("/revoke");
    assertThat(browser.submit(revoke.without("csrf")).status()).isEqualTo(403);
    assertThat(browser.submit(revoke.with("csrf", "x")).status()).isEqualTo(403);
    assertThat(browser.get("/mandates").body()).contains("Active");
  }

  @Test
  void somebodyElsesMandateIsNotThere() {
    mint("editor", "1");
    String key = keys().getFirst().id().value();
    try (TestBrowser noah = people.browserOf("noah")) {
      String csrf = String.valueOf(noah.get("/account").form("/signout").first("csrf"));
      assertThat(noah.get("/mandates").body()).contains("No mandates yet");
      assertThat(noah.get(path()).status()).isEqualTo(404);
      assertThat(noah.post(path() + "/revoke", "csrf=" + csrf).status()).isEqualTo(404);
      assertThat(noah.post(path() + "/keys", "name=x&csrf=" + csrf).status()).isEqualTo(404);
      assertThat(noah.post(path() + "/keys/" + key + "/revoke", "csrf=" + csrf).status())
          .isEqualTo(404);
    }
    assertThat(browser.get("/mandates/mnd_unknown").status()).isEqualTo(404);
    assertThat(keys().getFirst().revokedAt()).isNull();
  }

  @Test
  void aKeyIsShownOnceAndKeptAsAHash() {
    Answer minted = mint("my <b>editor</b>", "1");
    assertThat(minted.status()).isEqualTo(200);
    assertThat(minted.header("cache-control")).isEqualTo("no-store");
    String value = minted.body().replaceAll("(?s).*value=\"(mandate_[^\"]+)\".*", "$1");
    assertThat(ApiKeyFormat.isWellFormed(value)).isTrue();
    assertThat(minted.body())
        .contains("OPENAI_API_KEY=" + value)
        .contains("OPENAI_BASE_URL=" + people.server().url() + "/openai/v1")
        .doesNotContain("<b>");
    ApiKey key = keys().getFirst();
    assertThat(key.hash()).isEqualTo(TokenHash.of(Secret.of(value)));
    assertThat(key.owner()).isEqualTo(MIA);
    assertThat(key.mandate()).isEqualTo(mandate.id());
    assertThat(key.expiresAt()).isEqualTo(people.clock().instant().plus(Duration.ofDays(1)));
    assertThat(browser.get(path()).body()).doesNotContain(value).contains("…" + key.hint());
  }

  @Test
  void aKeyEndsWithItsMandateAtTheLatest() {
    mint("longest", "0");
    assertThat(keys().getFirst().expiresAt()).isEqualTo(mandate.expiresAt());
    Answer tooLong = mint("too long", "30");
    assertThat(tooLong.status()).isEqualTo(422);
    assertThat(tooLong.body()).contains("lasts at most 7 days");
    assertThat(mint("", "1").body()).contains("Give the key a name");
    assertThat(mint("x".repeat(81), "1").status()).isEqualTo(422);
    assertThat(keys()).hasSize(1);
  }

  @Test
  void aKeyIsRevokedByItself() {
    mint("editor", "1");
    Forms.Form revoke = browser.get(path()).form("/keys/" + keys().getFirst().id() + "/revoke");
    assertThat(browser.submit(revoke.with("csrf", "x")).status()).isEqualTo(403);
    assertThat(keys().getFirst().revokedAt()).isNull();
    assertThat(browser.submit(revoke).location()).isEqualTo(path());
    assertThat(keys().getFirst().revokedAt()).isNotNull();
  }

  @Test
  void aMandateWhoseAppIsDisabledIsShownAsSuspended() {
    var app = people.server().stores().clients().find(Acme.TENANT, new ClientId(Acme.APP));
    people.server().stores().clients().save(Acme.disabled(java.util.Objects.requireNonNull(app)));
    assertThat(browser.get("/mandates").body())
        .contains("Suspended")
        .contains("its client is disabled");
  }

  @Test
  void anExpiredMandateIsAmongTheEnded() {
    people.clock().advance(Duration.ofDays(8));
    People.signIn(browser, browser.get("/signin"), "mia", Acme.PASSWORD);
    assertThat(browser.get("/mandates").body()).contains("Expired").doesNotContain("Active");
    assertThat(browser.get("/account").body()).contains("member").contains("Acme Robotics");
  }
}
