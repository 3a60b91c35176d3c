package dev.mandate.admin;

import static dev.mandate.admin.SecondHalf.as;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.admin.AdminServer.Answer;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyFormat;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.apikey.ApiKeyPolicy;
import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.apikey.KeyBounds;
import dev.mandate.domain.apikey.LeakPlace;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.user.Role;
import dev.mandate.domain.user.User;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.testing.Fixture;
import dev.mandate.testing.TestKeys;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Keys that spend a mandate, rotation, how long keys last, and where they are taken from.
class KeysOfMandatesTest {
  private static AdminServer server;
  private static Mandate mandate;

  @BeforeAll
  static void start(@TempDir Path folder) {
    server = new AdminServer(folder, SecondHalf::operations);
    mandate = server.fixture.mandate(Fixture.APP, Fixture.ADA, "openid", "openai", "anthropic");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Answer make(String more, String... headers) {
    return server.post("/api_keys", "{\"name\":\"k\"" + more + "}", headers);
  }

  private static Answer ofMandate(String more, String... headers) {
    return make(",\"mandate_id\":\"" + mandate.id() + "\"" + more, headers);
  }

  private static ApiKey stored(Answer made) {
    return Objects.requireNonNull(
        server.stores.apiKeys().find(Fixture.TENANT, new ApiKeyId(made.text("id"))));
  }

  private static Answer rotate(Answer made, String body, String... headers) {
    return server.post("/api_keys/" + made.text("id") + "/rotate", body, headers);
  }

  private static Answer scoped(String scope, String... headers) {
    return make(",\"scopes\":[\"" + scope + "\"]", headers);
  }

  @Test
  void anAdministratorMakesANarrowKeyForALiveMandateAndItIsItsGivers() {
    Answer made =
        ofMandate(
            ",\"access\":[{\"upstream\":\"openai\",\"models\":[\"openai-model\"]}],"
                + "\"limits\":{\"requests\":5,\"cost_micros\":100},"
                + "\"addresses\":[\"192.0.2.0/24\",\"2001:0db8::/32\"]");
    assertThat(made.status()).isEqualTo(201);
    assertThat(made.text("owner_id")).isEqualTo("user_ada");
    assertThat(made.json().at("/access/0/models/0").asText()).isEqualTo("openai-model");
    assertThat(made.json().at("/limits/requests").asLong()).isEqualTo(5);
    assertThat(made.json().at("/addresses/1").asText()).isEqualTo("2001:db8::/32");
    ApiKey key = stored(made);
    assertThat(key.scopes()).isEmpty();
    assertThat(key.maker()).isNotNull();
    assertThat(key.expiresAt()).isEqualTo(mandate.expiresAt());
    // It spends a mandate and manages nothing.
    assertThat(server.get("/users", as(Secret.of(made.text("api_key")))).status()).isEqualTo(401);
    assertThat(server.get("/api_keys/" + made.text("id")).http().body())
        .doesNotContain(made.text("api_key"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/access/0/upstream|\"access\":[{\"upstream\":\"elsewhere\"}]",
        "/access/0/models|\"access\":[{\"upstream\":\"openai\",\"models\":[\"gpt-dear\"]}]",
        "/access/0/capabilities|"
            + "\"access\":[{\"upstream\":\"openai\",\"capabilities\":[\"embeddings\"]}]",
        "/access/1/upstream|\"access\":[{\"upstream\":\"openai\"},{\"upstream\":\"openai\"}]",
        "/addresses/0|\"addresses\":[\"192.0.2.1/24\"]",
        "/addresses/1|\"addresses\":[\"192.0.2.0/24\",\"localhost\"]",
        "/expires_in|\"expires_in\":7776001"
      })
  void whatTheMandateDoesNotGiveAKeyCannotHave(String pointer, String member) {
    Answer refused = ofMandate("," + member);
    assertThat(refused.code()).isEqualTo("invalid_body");
    assertThat(refused.json().at("/errors/0/pointer").asText()).isEqualTo(pointer);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ",\"scopes\":[\"users:read\"],\"mandate_id\":\"mandate_1\"",
        ",\"scopes\":[\"users:read\"],\"limits\":{\"requests\":1}",
        ",\"scopes\":[\"users:read\"],\"access\":[{\"upstream\":\"openai\"}]",
        ",\"mandate_id\":\"none\"",
        ",\"mandate_id\":\"mandate_1\",\"owner_id\":\"user_mel\"",
        ",\"scopes\":[\"*\"]",
        ",\"mandate_id\":\"mandate_1\",\"limits\":{\"requests\":-1}"
      })
  void aKeyIsOneThingOrTheOther(String more) {
    assertThat(make(more).code()).isEqualTo("invalid_body");
  }

  @Test
  void aMandateThatHasEndedCarriesNoKey() {
    Mandate revoked = server.fixture.mandate(Fixture.APP, Fixture.ADA, "openid", "openai");
    Answer before = make(",\"mandate_id\":\"" + revoked.id() + "\"");
    server.stores.mandates().revoke(Fixture.TENANT, revoked.id(), server.clock.instant());
    assertThat(make(",\"mandate_id\":\"" + revoked.id() + "\"").code()).isEqualTo("invalid_body");
    assertThat(rotate(before, "{}").code()).isEqualTo("key_ended");
  }

  @Test
  void nobodyMakesAKeyForAMandateOfSomebodyWhoMayDoMore() {
    User owner = SecondHalf.user(server, "oscar", Role.OWNER);
    Mandate owners = server.fixture.mandate(Fixture.APP, owner.id(), "openid", "openai");
    String body = ",\"mandate_id\":\"" + owners.id() + "\"";
    Secret narrow = server.key(Set.of("api_keys:write", "api_keys:read"), null);
    assertThat(make(body, as(narrow)).code()).isEqualTo("beyond_own_scopes");
    Answer made = make(body);
    assertThat(made.status()).isEqualTo(201);
    assertThat(rotate(made, "{}", as(narrow)).code()).isEqualTo("beyond_own_scopes");
    Mandate service = server.fixture.mandate(Fixture.SERVICE, null, "", "openai");
    String standing = ",\"mandate_id\":\"" + service.id() + "\"";
    assertThat(make(standing, as(narrow)).code()).isEqualTo("beyond_own_scopes");
    Answer own = make(standing);
    assertThat(own.status()).isEqualTo(201);
    assertThat(own.json().has("owner_id")).isFalse();
  }

  @Test
  void rotatingAnotherPersonsKeyWouldBeToBecomeThem() {
    User ada = SecondHalf.user(server, "adele", Role.ADMIN);
    Secret adeles = server.key(Role.ADMIN.adminScopes(), ada.id());
    Answer made = scoped("users:read", as(adeles));
    assertThat(rotate(made, "{}").code()).isEqualTo("beyond_own_scopes");
    assertThat(stored(made).generation()).isZero();
    assertThat(rotate(made, "{}", as(adeles)).status()).isEqualTo(200);
    // Taking it away is another thing; its owner is told.
    assertThat(server.post("/api_keys/" + made.text("id") + "/revoke", "").status()).isEqualTo(200);
    assertThat(server.told.all())
        .filteredOn(one -> one.subject().equals(made.text("id")))
        .singleElement()
        .matches(one -> one.kind() == Notice.Kind.API_KEY_REVOKED)
        .matches(one -> ada.id().equals(one.person()));
  }

  @Test
  void aMandateCarriesSoManyKeysAndNoMore() {
    Mandate full = server.fixture.mandate(Fixture.APP, Fixture.ADA, "openid", "openai");
    for (int i = 0; i < ApiKeyPolicy.STANDARD.livePerMandateMax(); i++) {
      server.apiKeys.make(
          new ApiKeys.Wish(
              Fixture.TENANT, "k" + i, Fixture.ADA, full, Set.of(), KeyBounds.NONE, null),
          full.expiresAt(),
          server.clock.instant());
    }
    Answer refused = make(",\"mandate_id\":\"" + full.id() + "\"");
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.code()).isEqualTo("too_many_keys");
  }

  @Test
  void bothSecretsWorkWhileTheGraceLastsAndTheIdStays() {
    Answer made = scoped("users:read");
    Secret first = Secret.of(made.text("api_key"));
    Answer rotated = rotate(made, "{\"grace\":3600}");
    assertThat(rotated.status()).isEqualTo(200);
    Secret second = Secret.of(rotated.text("api_key"));
    assertThat(second).isNotEqualTo(first);
    assertThat(rotated.text("id")).isEqualTo(made.text("id"));
    assertThat(rotated.json().path("generation").asInt()).isEqualTo(1);
    assertThat(rotated.text("former_ends_at"))
        .isEqualTo(server.clock.instant().plusSeconds(3600).toString());
    assertThat(rotated.text("expires_at")).isEqualTo(made.text("expires_at"));
    for (Secret one : List.of(first, second)) {
      assertThat(server.get("/users", as(one)).status()).isEqualTo(200);
    }
    // Again: at no time are there three.
    Answer again = rotate(made, "{\"grace\":0}");
    assertThat(server.get("/users", as(first)).status()).isEqualTo(401);
    assertThat(server.get("/users", as(second)).status()).isEqualTo(401);
    assertThat(again.json().has("former_ends_at")).isFalse();
    assertThat(server.get("/users", as(Secret.of(again.text("api_key")))).status()).isEqualTo(200);
    assertThat(server.stores.audit().latest(Fixture.TENANT, 100).toString())
        .contains("api_key.rotated")
        .doesNotContain(second.reveal())
        .doesNotContain(again.text("api_key"));
  }

  @Test
  void ofTwoRotationsAtOnceOneWinsAndTheOtherIsTold() {
    Answer made = scoped("users:read");
    List<CompletableFuture<Answer>> racing =
        Stream.generate(
                () ->
                    CompletableFuture.supplyAsync(
                        () -> rotate(made, "{\"generation\":0,\"grace\":0}"),
                        task -> Thread.ofVirtual().start(task)))
            .limit(6)
            .toList();
    List<Answer> answers = racing.stream().map(CompletableFuture::join).toList();
    assertThat(answers).filteredOn(one -> one.status() == 200).hasSize(1);
    assertThat(answers)
        .filteredOn(one -> one.status() != 200)
        .allMatch(one -> one.status() == 409 && one.code().equals("rotated_meanwhile"));
    String winner =
        answers.stream()
            .filter(one -> one.status() == 200)
            .findFirst()
            .orElseThrow()
            .text("api_key");
    assertThat(server.get("/users", as(Secret.of(winner))).status()).isEqualTo(200);
    Answer stale = rotate(made, "{\"generation\":7}");
    assertThat(stale.code()).isEqualTo("rotated_meanwhile");
    assertThat(rotate(made, "{}", "if-match", "\"other\"").status()).isEqualTo(412);
    assertThat(stored(made).generation()).isEqualTo(1);
  }

  @Test
  void aRotationThatIsSentAgainIsNoSecondOne() {
    Answer made = scoped("users:read");
    Answer first = rotate(made, "{}", "idempotency-key", "rotate-1");
    Answer second = rotate(made, "{}", "idempotency-key", "rotate-1");
    assertThat(second.text("api_key")).isEqualTo(first.text("api_key"));
    assertThat(stored(made).generation()).isEqualTo(1);
  }

  @Test
  void whatHasEndedIsNotBroughtBackByARotation() {
    Answer made = make(",\"scopes\":[\"users:read\"],\"expires_in\":60");
    Answer revoked = scoped("users:read");
    server.post("/api_keys/" + revoked.text("id") + "/revoke", "");
    assertThat(rotate(revoked, "{}").code()).isEqualTo("key_ended");
    for (String grace : List.of("604801", "-1", "1.5", "\"1\"")) {
      assertThat(rotate(made, "{\"grace\":" + grace + "}").code()).isEqualTo("invalid_body");
    }
    server.clock.advance(Duration.ofSeconds(60));
    assertThat(rotate(made, "{\"expires_in\":60}").code()).isEqualTo("key_ended");
  }

  @Test
  void aRenewalGoesNoFurtherThanWhatTheKeyHangsOn() {
    Answer made = make(",\"scopes\":[\"users:read\"],\"expires_in\":60");
    Answer renewed = rotate(made, "{\"expires_in\":7776000}");
    assertThat(renewed.text("expires_at"))
        .isEqualTo(server.clock.instant().plus(Duration.ofDays(90)).toString());
    assertThat(rotate(made, "{\"expires_in\":7776001}").code()).isEqualTo("invalid_body");
    Answer ofMandate = ofMandate("");
    assertThat(rotate(ofMandate, "{\"expires_in\":7776000}").code()).isEqualTo("would_outlive");
    assertThat(rotate(ofMandate, "{}").text("expires_at"))
        .isEqualTo(mandate.expiresAt().toString());
  }

  @Test
  void aKeyForAnHourMakesNoneForNinetyDaysAndWhatItMadeEndsWithIt() {
    Secret brief =
        server
            .apiKeys
            .make(
                new ApiKeys.Wish(
                    Fixture.TENANT, "brief", null, null, AdminScope.names(), KeyBounds.NONE, null),
                server.clock.instant().plus(Duration.ofHours(1)),
                server.clock.instant())
            .secret();
    Answer longer = make(",\"scopes\":[\"users:read\"],\"expires_in\":3601", as(brief));
    assertThat(longer.status()).isEqualTo(403);
    assertThat(longer.code()).isEqualTo("would_outlive");
    Answer made = scoped("api_keys:write", as(brief));
    assertThat(made.text("expires_at"))
        .isEqualTo(server.clock.instant().plus(Duration.ofHours(1)).toString());
    Answer second = scoped("api_keys:write", as(Secret.of(made.text("api_key"))));
    assertThat(ofMandate("", as(brief)).text("expires_at"))
        .isEqualTo(server.clock.instant().plus(Duration.ofHours(1)).toString());

    // Nor may it take over a key that lasts, or renew itself.
    Answer lasting = scoped("users:read");
    assertThat(rotate(lasting, "{}", as(brief)).code()).isEqualTo("would_outlive");
    assertThat(rotate(made, "{\"expires_in\":7200}", as(brief)).code()).isEqualTo("would_outlive");
    String self = Objects.requireNonNull(stored(made).maker()).value();
    assertThat(
            server.post("/api_keys/" + self + "/rotate", "{\"expires_in\":7200}", as(brief)).code())
        .isEqualTo("would_outlive");
    Answer shortened = rotate(lasting, "{\"expires_in\":60}", as(brief));
    assertThat(shortened.status()).isEqualTo(200);

    assertThat(server.post("/api_keys/" + self + "/revoke", "").status()).isEqualTo(200);
    for (Answer one : List.of(made, second, shortened)) {
      assertThat(stored(one).isLive(server.clock.instant())).isFalse();
      assertThat(server.get("/users", as(Secret.of(one.text("api_key")))).status()).isEqualTo(401);
    }
  }

  @Test
  void aKeyIsTakenFromItsAddressesOnly() {
    Answer here = make(",\"scopes\":[\"users:read\"],\"addresses\":[\"127.0.0.0/8\",\"::1/128\"]");
    Answer elsewhere = make(",\"scopes\":[\"users:read\"],\"addresses\":[\"192.0.2.0/24\"]");
    assertThat(server.get("/users", as(Secret.of(here.text("api_key")))).status()).isEqualTo(200);
    Answer refused =
        server.get(
            "/users", as(Secret.of(elsewhere.text("api_key")), "x-forwarded-for", "192.0.2.1"));
    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.code()).isEqualTo("address_not_allowed");
    assertThat(refused.http().body()).doesNotContain("192.0.2");
    assertThat(server.get("/api_keys/" + here.text("id")).text("last_used_from"))
        .isEqualTo("127.0.0.1");
    assertThat(stored(elsewhere).lastUse()).isNull();
  }

  @Test
  void aKeyInTheQueryIsRefusedAndHasLeaked() {
    Answer made = scoped("users:read");
    String text = made.text("api_key");
    for (String query : List.of("?api_key=" + text, "?limit=" + text, "?" + text)) {
      Answer refused = server.get("/users" + query);
      assertThat(refused.status()).isEqualTo(400);
      assertThat(refused.code()).isEqualTo("credential_in_url");
      assertThat(refused.http().body()).doesNotContain(text);
    }
    assertThat(Objects.requireNonNull(stored(made).leak()).place()).isEqualTo(LeakPlace.ADMIN_URL);
    Answer read = server.get("/api_keys/" + made.text("id"));
    assertThat(read.text("leaked_where")).isEqualTo("admin_url");
    assertThat(read.text("status")).isEqualTo("active");
    assertThat(server.stores.audit().latest(Fixture.TENANT, 100).toString())
        .contains("api_key.leaked")
        .doesNotContain(text);
    String unknown = ApiKeyFormat.generate(server.tokens).reveal();
    assertThat(server.get("/users?api_key=" + unknown).code()).isEqualTo("credential_in_url");
  }

  @Test
  void whereTheOperatorWantsItAKeyInAUrlIsRevoked() {
    ApiKeys strict =
        TestKeys.of(
            server.stores,
            server.clock,
            server.told,
            new ApiKeyPolicy(Duration.ofDays(90), Duration.ZERO, 20, true));
    Answer made = scoped("users:read");
    strict.leaks().inUrl("k=" + made.text("api_key"), LeakPlace.ADMIN_URL, "req_1");
    assertThat(stored(made).isLive(server.clock.instant())).isFalse();
  }

  @Test
  void twoHeadersWithTwoKeysAreRefused() {
    Secret one = Secret.of(scoped("users:read").text("api_key"));
    Secret other = Secret.of(scoped("users:read").text("api_key"));
    assertThat(server.get("/users", as(one, "x-api-key", other.reveal())).status()).isEqualTo(400);
    assertThat(server.get("/users", as(one, "x-api-key", one.reveal())).status()).isEqualTo(200);
    assertThat(
            server.get("/users", "x-api-key", one.reveal(), "x-api-key", other.reveal()).status())
        .isEqualTo(400);
  }

  @Test
  void whoMayMakeClientsThatIntrospectMayMakeKeysThatDo() {
    assertThat(scoped("introspect").status()).isEqualTo(201);
    Secret without = server.key(Set.of("api_keys:write"), null);
    assertThat(scoped("introspect", as(without)).code()).isEqualTo("beyond_own_scopes");
    Secret with = server.key(Set.of("api_keys:write", "introspect"), null);
    assertThat(scoped("introspect", as(with)).status()).isEqualTo(201);
    // It is no scope of the admin API.
    Secret only = server.key(Set.of("introspect"), null);
    assertThat(server.get("/users", as(only)).status()).isEqualTo(403);
    assertThat(new TreeSet<>(AdminScope.names())).doesNotContain("introspect");
  }
}
