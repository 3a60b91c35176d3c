package dev.mandate.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.mandate.domain.audit.AuditEvent;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.monitoring.Finding;
import dev.mandate.domain.monitoring.Finding.Kind;
import dev.mandate.domain.monitoring.Finding.Response;
import dev.mandate.domain.monitoring.Monitor;
import dev.mandate.domain.monitoring.Observed;
import dev.mandate.domain.monitoring.Restraint;
import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.storage.Stores;
import dev.mandate.testing.Acme;
import dev.mandate.testing.Forms;
import dev.mandate.testing.People;
import dev.mandate.testing.Tenants;
import dev.mandate.testing.TestBrowser;
import dev.mandate.testing.TestBrowser.Answer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MonitoringPagesTest {
  private static final String PATH = "/admin/monitoring";
  private static People people;
  private static TestBrowser ada;

  @BeforeAll
  static void start(@TempDir Path data) {
    people = new People(data);
    ada = people.browserOf("ada");
  }

  @AfterAll
  static void stop() {
    ada.close();
    people.close();
  }

  private static Stores stores() {
    return people.server().stores();
  }

  private static CallerId client(String id) {
    return CallerId.of(Acme.TENANT, new ClientId(id));
  }

  /// A finding as monitoring stores it, with the notice that tells of it.
  private static Finding found(String id, CallerId caller, Response response) {
    Instant now = people.clock().instant();
    Finding finding =
        new Finding(
            id, caller, Kind.REQUESTS, "900 calls in 5 minutes", "at most 60", response, now);
    Restraint restraint =
        response == Response.SUSPEND ? new Restraint(caller, now, null, id) : null;
    assertThat(stores().findings().raise(finding, restraint, now, _ -> true)).isTrue();
    Notice.Kind told = finding.notice();
    if (told != null) {
      TenantId tenant = caller.tenant();
      stores()
          .notices()
          .insertFirst(
              new Notice(tenant, "ntc_" + id, id, told, caller.text(), null, "Unlike before", now),
              false);
    }
    return finding;
  }

  private static boolean isSuspended(CallerId caller) {
    Restraint restraint = stores().restraints().find(caller);
    return restraint != null && restraint.isSuspension();
  }

  private static boolean isSeenTo(String finding) {
    return Objects.requireNonNull(stores().notices().find(Acme.TENANT, "ntc_" + finding))
            .acknowledgedAt()
        != null;
  }

  private static Answer press(String action) {
    return ada.follow(ada.submit(ada.get(PATH).form(action)));
  }

  private static String policy(Map<String, String> changes) {
    Forms.Form form = ada.get(PATH).form("/responses");
    for (Map.Entry<String, String> change : changes.entrySet()) {
      form = form.with(change.getKey(), change.getValue());
    }
    return form.encoded();
  }

  @Test
  void anAdministratorSeesWhatWasFoundAndSeesToItSuspendsAndLetsGoOn() {
    assertThat(ada.get("/admin").body()).contains("href=\"" + PATH + "\"");
    found("fnd_evil", client(Acme.EVIL), Response.ALERT);
    Answer page = ada.get(PATH);
    assertThat(page.header("content-security-policy")).contains("default-src 'none'");
    assertThat(page.body())
        .contains("Mass requests")
        .contains("900 calls in 5 minutes; expected at most 60")
        .contains("&lt;script&gt;alert(")
        .doesNotContain("<script>")
        .contains("Open");
    assertThat(press("fnd_evil/acknowledge").body()).contains("Seen to.");
    assertThat(isSeenTo("fnd_evil")).isTrue();
    assertThat(isSuspended(client(Acme.EVIL))).isFalse();
    assertThat(press("fnd_evil/suspend").body()).contains("Held back").contains("Suspended");
    assertThat(isSuspended(client(Acme.EVIL))).isTrue();
    assertThat(ada.get(PATH).body()).doesNotContain("fnd_evil/suspend");
    assertThat(press("/resume").body()).contains("It may go on").doesNotContain("Held back");
    assertThat(stores().restraints().find(client(Acme.EVIL))).isNull();
    assertThat(stores().audit().latest(Acme.TENANT, 50))
        .filteredOn(event -> event.details().containsValue("client:evil"))
        .extracting(AuditEvent::type, AuditEvent::actor)
        .containsExactly(
            tuple("caller.resumed", "user_ada"), tuple("caller.suspended", "user_ada"));
  }

  @Test
  void behindStrangersIsNobodyToSuspendAndWhatIsOnlyWrittenDownIsNotSeenTo() {
    found(
        "fnd_net",
        new CallerId(Acme.TENANT, CallerId.Kind.NETWORK, "192.0.2.0/24"),
        Response.ALERT);
    found("fnd_rec", client(Acme.WEB), Response.RECORD);
    assertThat(ada.get(PATH).body())
        .contains("192.0.2.0/24")
        .contains("Written down")
        .doesNotContain("fnd_net/suspend")
        .doesNotContain("fnd_rec/acknowledge");
    Forms.Form other = ada.get(PATH).form("fnd_rec/suspend");
    assertThat(ada.post(PATH + "/findings/fnd_net/suspend", other.encoded()).status())
        .isEqualTo(403);
  }

  @Test
  void onlyWhatSomebodyTouchedIsDecided() {
    Answer stored =
        ada.follow(ada.post(PATH + "/responses", policy(Map.of("requests", "throttle"))));
    assertThat(stored.body()).contains("Stored.");
    assertThat(stores().findings().responses(Acme.TENANT))
        .containsEntry(Kind.REQUESTS, Response.THROTTLE)
        .doesNotContainKey(Kind.NETWORK);
    String drawnBefore = policy(Map.of("spend", "suspend", "refusals", "record"));
    assertThat(stores().findings().respond(Acme.TENANT, Kind.REFUSALS, null, Response.NOTHING))
        .isTrue();
    Answer overtaken = ada.post(PATH + "/responses", drawnBefore);
    assertThat(overtaken.status()).isEqualTo(409);
    assertThat(overtaken.body()).contains("Burst of refusals").contains("by somebody else");
    assertThat(stores().findings().responses(Acme.TENANT))
        .containsEntry(Kind.REFUSALS, Response.NOTHING);
    assertThat(stores().findings().respond(Acme.TENANT, Kind.REFUSALS, Response.NOTHING, null))
        .isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"network=explode", "strangers=suspend", "network=", "was_network=x"})
  void anAnswerThatThereIsNotIsRefused(String change) {
    String[] pair = change.split("=", 2);
    Answer refused = ada.post(PATH + "/responses", policy(Map.of(pair[0], pair[1])));
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.body()).contains("expects one of");
    assertThat(stores().findings().responses(Acme.TENANT))
        .doesNotContainKeys(Kind.NETWORK, Kind.STRANGERS);
  }

  @Test
  void whoMayOnlyLookHasNoButtonsAndAMemberHasNoPage() {
    found("fnd_look", client(Acme.NATIVE), Response.SUSPEND);
    String caller = "caller=client:" + Acme.NATIVE;
    try (TestBrowser auditor = people.browserOf("otto");
        TestBrowser member = people.browserOf("mia");
        TestBrowser nobody = people.browser()) {
      Answer page = auditor.get(PATH);
      assertThat(page.body()).contains("Pocket").contains("Unknown network");
      assertThat(Forms.all(page.body())).extracting(Forms.Form::action).containsOnly("/signout");
      assertThat(member.get("/admin").body()).doesNotContain(PATH);
      for (TestBrowser browser : List.of(auditor, member)) {
        for (String path :
            List.of(
                "/findings/fnd_look/acknowledge",
                "/findings/fnd_look/suspend",
                "/resume",
                "/responses",
                "/callers/relearn")) {
          assertThat(browser.post(PATH + path, caller).status()).as(path).isEqualTo(403);
        }
      }
      for (String path : List.of(PATH, PATH + "/callers")) {
        assertThat(member.get(path).status()).isEqualTo(403);
        assertThat(nobody.get(path).location()).startsWith("/signin?");
      }
      assertThat(nobody.post(PATH + "/resume", caller).location()).startsWith("/signin?");
    }
    assertThat(isSuspended(client(Acme.NATIVE))).isTrue();
    assertThat(isSeenTo("fnd_look")).isFalse();
    stores().restraints().release(client(Acme.NATIVE));
  }

  @Test
  void aFormWithoutItsOwnProofChangesNothing() {
    found("fnd_mine", client(Acme.SERVICE), Response.SUSPEND);
    found("fnd_free", client(Acme.BARE), Response.ALERT);
    String proof = String.valueOf(ada.get(PATH).form("fnd_free/suspend").first("csrf"));
    for (String csrf : List.of("", "&csrf=x", "&csrf=" + proof)) {
      for (String path :
          List.of("/findings/fnd_mine/acknowledge", "/resume", "/responses", "/callers/relearn")) {
        String form = "caller=client:" + Acme.SERVICE + "&requests=nothing" + csrf;
        assertThat(ada.post(PATH + path, form).status()).as(path + csrf).isEqualTo(403);
      }
    }
    // The proof for one caller lets no other go on.
    String resume = String.valueOf(ada.get(PATH).form("/resume").first("csrf"));
    found("fnd_more", client(Acme.DISABLED), Response.SUSPEND);
    assertThat(
            ada.post(PATH + "/resume", "caller=client:" + Acme.DISABLED + "&csrf=" + resume)
                .status())
        .isEqualTo(403);
    assertThat(isSuspended(client(Acme.SERVICE)) && isSuspended(client(Acme.DISABLED))).isTrue();
    assertThat(isSeenTo("fnd_mine") || isSeenTo("fnd_more")).isFalse();
    stores().restraints().release(client(Acme.SERVICE));
    stores().restraints().release(client(Acme.DISABLED));
  }

  @Test
  void whatIsAnotherTenantsIsNotThere() {
    stores().tenants().save(Tenants.tenant(Tenants.GLOBEX));
    CallerId theirs = CallerId.of(Tenants.GLOBEX, new ClientId("theirs"));
    found("fnd_theirs", theirs, Response.SUSPEND);
    assertThat(ada.get(PATH).body()).doesNotContain("theirs");
    for (String path :
        List.of("/findings/fnd_theirs/acknowledge", "/findings/fnd_theirs/suspend")) {
      assertThat(ada.post(PATH + path, "csrf=x").status()).isEqualTo(404);
    }
    assertThat(ada.get(PATH + "?before=fnd_theirs").body()).doesNotContain("client:theirs");
    assertThat(isSuspended(theirs)).isTrue();
  }

  @Test
  void olderFindingsAreOnTheNextPage() {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 21; i++) {
      ids.add("fnd_page_%02d".formatted(i));
      people.clock().advance(Duration.ofSeconds(1));
      found(ids.getLast(), client(Acme.PUSHING), Response.ALERT);
    }
    Answer first = ada.get(PATH);
    assertThat(first.body())
        .contains(ids.getLast() + "/", ids.get(1) + "/")
        .doesNotContain(ids.getFirst() + "/");
    String older = first.body().replaceAll("(?s).*href=\"([^\"]+before=[^\"]+)\".*", "$1");
    assertThat(ada.get(older.replace("&amp;", "&")).body())
        .contains(ids.getFirst() + "/")
        .doesNotContain(ids.get(1) + "/");
  }

  @Test
  void whatIsUsualIsInWordsAndIsForgotten() {
    CallerId caller = client(Acme.APP);
    long day = 20_000L * Observed.SLOTS_A_DAY;
    for (int i = 0; i <= 8; i++) {
      stores()
          .monitoring()
          .add(
              "node",
              List.of(
                  new Observed(
                      caller,
                      day + (long) i * Observed.SLOTS_A_DAY + 100,
                      40,
                      1,
                      900_000,
                      new TreeSet<>(Set.of(0xC0_00_02L)),
                      new TreeSet<>(Set.of("gpt-5-mini")))));
    }
    stores().monitoring().learn(caller, Long.MAX_VALUE, Monitor::folded);
    String page = ada.get(PATH + "/callers").body();
    assertThat(page)
        .contains("Repo Summary")
        .contains("Learned from 8 days with calls")
        .contains("Up to 120 calls in 5 minutes, 240 in an hour")
        .contains("Up to $2.70 in an hour, $2.70 in a day")
        .contains("192.0.2.0/24")
        .contains("gpt-5-mini")
        .contains("08:00–09:00 UTC");
    Forms.Form form = ada.get(PATH + "/callers").form("/relearn");
    assertThat(ada.post(form.action(), form.with("caller", "client:other").encoded()).status())
        .isEqualTo(403);
    assertThat(ada.follow(ada.submit(form)).body()).contains("Forgotten.");
    assertThat(stores().monitoring().baseline(caller)).isNull();
    assertThat(ada.post(form.action(), form.with("caller", "nonsense").encoded()).status())
        .isEqualTo(404);
  }
}
