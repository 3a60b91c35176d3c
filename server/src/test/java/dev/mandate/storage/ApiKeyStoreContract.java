package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.apikey.ApiKeyStore;
import dev.mandate.domain.apikey.ApiKeyStore.Filter;
import dev.mandate.domain.apikey.ApiKeyStore.Leaked;
import dev.mandate.domain.apikey.ApiKeyStore.Place;
import dev.mandate.domain.apikey.ApiKeyStore.Rotation;
import dev.mandate.domain.apikey.KeyBounds;
import dev.mandate.domain.apikey.KeySecret;
import dev.mandate.domain.apikey.LeakPlace;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.net.AddressRange;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

abstract class ApiKeyStoreContract extends StoreContract {
  ApiKeyStoreContract(Opening opening) {
    super(opening);
  }

  static ApiKey key(String id, User owner, @Nullable Mandate mandate) {
    return new ApiKey(
        owner.tenant(),
        new ApiKeyId(id),
        hash("secret of " + id),
        "hint",
        "Key " + id,
        owner.id(),
        mandate == null ? null : mandate.id(),
        mandate == null ? Set.of("mandates:read", "mandates:write") : Set.of(),
        NOW,
        NOW.plus(Duration.ofDays(90)),
        null,
        null);
  }

  private @Nullable Instant lastUse(ApiKey key) {
    return Objects.requireNonNull(stores.apiKeys().find(ACME, key.id())).lastUsedAt();
  }

  @Test
  void aKeyIsFoundByHashIdOwnerAndMandate() {
    Mandate mandate = given("mandate_1");
    ApiKey spending = key("key_1", mia, mandate);
    ApiKey admin = key("key_2", mia, null);
    stores.apiKeys().insert(spending);
    stores.apiKeys().insert(admin);
    assertThat(stores.apiKeys().find(ACME, spending.hash())).isEqualTo(spending);
    assertThat(stores.apiKeys().find(ACME, admin.id())).isEqualTo(admin);
    assertThat(stores.apiKeys().ofUser(ACME, mia.id())).containsExactly(admin, spending);
    assertThat(stores.apiKeys().ofMandate(ACME, mandate.id())).containsExactly(spending);
  }

  @Test
  void ofRacingRevocationsOneIsAnnouncedAndARevokedKeyIsStillFound() {
    ApiKey key = key("key_1", mia, null);
    stores.apiKeys().insert(key);
    assertThat(race(RACERS, i -> stores.apiKeys().revoke(ACME, key.id(), NOW.plusSeconds(i))))
        .containsOnly(true);
    assertThat(heard).containsExactly(new Change.ApiKeyRevoked(ACME, key.id()));
    assertThat(stores.apiKeys().find(ACME, key.hash()))
        .matches(found -> !Objects.requireNonNull(found).isLive(NOW));
    assertThat(stores.apiKeys().revoke(ACME, new ApiKeyId("key_none"), NOW)).isFalse();
  }

  @Test
  void lastUseIsKeptToTheMinuteAndNeverGoesBack() {
    ApiKey key = key("key_1", mia, null);
    stores.apiKeys().insert(key);
    race(
        RACERS,
        i -> {
          stores.apiKeys().used(ACME, key.id(), NOW.plusSeconds(20L * i), "192.0.2.1");
          return i;
        });
    assertThat(lastUse(key)).isEqualTo(NOW.plusSeconds(120));
    stores.apiKeys().used(ACME, key.id(), NOW, "192.0.2.2");
    assertThat(lastUse(key)).isEqualTo(NOW.plusSeconds(120));
  }

  @Test
  void keysComeInPagesNewestFirstAndOneThatComesMeanwhileMovesNone() {
    Mandate mandate = given("mandate_1");
    for (int i = 1; i <= 4; i++) {
      stores.apiKeys().insert(key("key_" + i, mia, i % 2 == 0 ? mandate : null));
    }
    assertThat(ids(Filter.ALL, null, 2)).containsExactly("key_4", "key_3");
    stores.apiKeys().insert(key("key_5", mia, null));
    assertThat(ids(Filter.ALL, "key_3", 10)).containsExactly("key_2", "key_1");
    assertThat(ids(Filter.ALL, "key_none", 10)).isEmpty();
    assertThat(ids(new Filter(true, null, null), null, 10)).containsExactly("key_4", "key_2");
    assertThat(ids(new Filter(false, null, null), null, 10))
        .containsExactly("key_5", "key_3", "key_1");
    assertThat(ids(new Filter(null, null, mandate.id()), null, 10))
        .containsExactly("key_4", "key_2");
    assertThat(ids(new Filter(null, mia.id(), null), "key_4", 1)).containsExactly("key_3");
    assertThat(ids(new Filter(null, new UserId("user_other"), null), null, 10)).isEmpty();
  }

  private List<String> ids(Filter filter, @Nullable String before, int limit) {
    return stores
        .apiKeys()
        .page(ACME, filter, before == null ? null : new ApiKeyId(before), limit)
        .stream()
        .map(key -> key.id().value())
        .toList();
  }

  private static KeySecret secret(String text) {
    return new KeySecret(hash(text), text.substring(text.length() - 4), NOW, null);
  }

  private Rotation rotate(ApiKey key, int generation, String secret, Duration grace, Instant now) {
    return stores
        .apiKeys()
        .rotate(
            ACME,
            key.id(),
            generation,
            secret(secret),
            now.plus(grace),
            key.expiresAt(),
            null,
            now);
  }

  @Test
  void ofRacingRotationsThatReadTheSameOneWins() {
    ApiKey key = key("key_1", mia, null);
    stores.apiKeys().insert(key);
    List<Rotation> outcomes =
        race(RACERS, i -> rotate(key, 0, "racer" + i + "_", Duration.ofHours(1), NOW));
    assertThat(outcomes).filteredOn(Rotation.Rotated.class::isInstance).hasSize(1);
    assertThat(outcomes).filteredOn(Rotation.Overtaken.class::isInstance).hasSize(RACERS - 1);
    ApiKey now = Objects.requireNonNull(stores.apiKeys().find(ACME, key.id()));
    assertThat(now.generation()).isEqualTo(1);
    assertThat(now.secrets()).hasSize(2);
    assertThat(heard).containsExactly(new Change.ApiKeyChanged(ACME, key.id()));
  }

  @Test
  void bothSecretsAreFoundUntilTheGraceIsOverAndNeverThree() {
    ApiKey key = key("key_1", mia, null);
    stores.apiKeys().insert(key);
    assertThat(rotate(key, 0, "second", Duration.ofHours(1), NOW))
        .isInstanceOf(Rotation.Rotated.class);
    ApiKey byFormer = Objects.requireNonNull(stores.apiKeys().find(ACME, key.hash()));
    ApiKey byCurrent = Objects.requireNonNull(stores.apiKeys().find(ACME, hash("second")));
    assertThat(byFormer).isEqualTo(byCurrent);
    assertThat(byFormer.id()).isEqualTo(key.id());
    Instant end = NOW.plus(Duration.ofHours(1));
    assertThat(byFormer.isLive(key.hash(), end.minusMillis(1))).isTrue();
    assertThat(byFormer.isLive(key.hash(), end)).isFalse();
    assertThat(byFormer.isLive(hash("second"), end)).isTrue();
    rotate(key, 1, "third", Duration.ofHours(1), NOW);
    assertThat(stores.apiKeys().find(ACME, key.hash())).isNull();
    assertThat(stores.apiKeys().ofUser(ACME, mia.id()).getFirst().secrets())
        .extracting(KeySecret::hash)
        .containsExactly(hash("third"), hash("second"));
  }

  @Test
  void whatHasEndedIsNotRotated() {
    ApiKey key = key("key_1", mia, null);
    stores.apiKeys().insert(key);
    assertThat(rotate(key, 0, "second", Duration.ZERO, key.expiresAt()))
        .isEqualTo(new Rotation.Ended());
    stores.apiKeys().revoke(ACME, key.id(), NOW);
    assertThat(rotate(key, 0, "second", Duration.ZERO, NOW)).isEqualTo(new Rotation.Ended());
    assertThat(rotate(key("key_none", mia, null), 0, "x___", Duration.ZERO, NOW))
        .isEqualTo(new Rotation.Ended());
    assertThat(stores.apiKeys().find(ACME, hash("second"))).isNull();
  }

  @Test
  void aRotationAndARevocationThatRaceLeaveTheKeyRevoked() {
    for (int round = 0; round < 4; round++) {
      ApiKey key = key("key_" + round, mia, null);
      stores.apiKeys().insert(key);
      int number = round;
      race(
          2,
          i ->
              i == 0
                  ? rotate(key, 0, "next" + number, Duration.ofHours(1), NOW)
                  : stores.apiKeys().revoke(ACME, key.id(), NOW));
      assertThat(Objects.requireNonNull(stores.apiKeys().find(ACME, key.id())).isLive(NOW))
          .isFalse();
    }
  }

  private ApiKey made(String id, @Nullable ApiKey maker) {
    ApiKey key = key(id, mia, null);
    ApiKey made =
        new ApiKey(
            ACME,
            key.id(),
            key.secrets(),
            0,
            key.name(),
            key.owner(),
            null,
            key.scopes(),
            new KeyBounds(
                List.of(),
                new Limits(1L, 2L, 3L, 4L),
                List.of(AddressRange.parse("2001:db8::/32"))),
            maker == null ? null : maker.id(),
            key.createdAt(),
            key.expiresAt(),
            null,
            new ApiKey.Use(NOW, "192.0.2.1"),
            new ApiKey.Leak(NOW, LeakPlace.ADMIN_URL));
    stores.apiKeys().insert(made);
    return made;
  }

  @Test
  void aKeyEndsWithTheOneThatMadeItAndWithTheOneThatMadeThat() {
    ApiKey first = made("key_1", null);
    ApiKey second = made("key_2", first);
    ApiKey third = made("key_3", second);
    ApiKey other = made("key_4", null);
    assertThat(stores.apiKeys().find(ACME, third.id())).isEqualTo(third);
    stores.apiKeys().revoke(ACME, second.id(), NOW);
    heard.clear();
    assertThat(stores.apiKeys().revoke(ACME, first.id(), NOW)).isTrue();
    assertThat(heard).containsExactly(new Change.ApiKeyRevoked(ACME, first.id()));
    assertThat(Objects.requireNonNull(stores.apiKeys().find(ACME, third.id())).isLive(NOW))
        .isFalse();
    assertThat(Objects.requireNonNull(stores.apiKeys().find(ACME, other.id())).isLive(NOW))
        .isTrue();
    assertThat(Objects.requireNonNull(find(made("key_5", third))).revokedAt()).isEqualTo(NOW);
  }

  private @Nullable ApiKey find(ApiKey key) {
    return stores.apiKeys().find(ACME, key.id());
  }

  @Test
  void aKeyThatIsMadeWhileItsMakerIsRevokedDoesNotLive() {
    for (int round = 0; round < 4; round++) {
      ApiKey maker = made("maker_" + round, null);
      String id = "made_" + round;
      race(2, i -> i == 0 ? made(id, maker) : stores.apiKeys().revoke(ACME, maker.id(), NOW));
      ApiKey made = Objects.requireNonNull(stores.apiKeys().find(ACME, new ApiKeyId(id)));
      assertThat(made.isLive(NOW)).isFalse();
    }
  }

  @Test
  void aLeakIsWrittenDownOnceAndEndsWhatLeaked() {
    ApiKey key = key("key_1", mia, null);
    stores.apiKeys().insert(key);
    ApiKeyStore keys = stores.apiKeys();
    assertThat(keys.everywhere(key.hash())).containsExactly(new Place(ACME, key.id()));
    assertThat(keys.leaked(ACME, key.id(), key.hash(), LeakPlace.GATEWAY_URL, false, NOW))
        .isEqualTo(Leaked.RECORDED);
    assertThat(
            keys.leaked(ACME, key.id(), key.hash(), LeakPlace.ADMIN_URL, false, NOW.plusSeconds(1)))
        .isEqualTo(Leaked.NOTHING_NEW);
    assertThat(Objects.requireNonNull(find(key)).leak())
        .isEqualTo(new ApiKey.Leak(NOW, LeakPlace.GATEWAY_URL));
    rotate(key, 0, "second", Duration.ofHours(1), NOW);
    // The former secret alone ends: its owner has reacted.
    assertThat(keys.leaked(ACME, key.id(), key.hash(), LeakPlace.REPORT, true, NOW))
        .isEqualTo(Leaked.SECRET_ENDED);
    assertThat(Objects.requireNonNull(find(key)).isLive(key.hash(), NOW)).isFalse();
    assertThat(Objects.requireNonNull(find(key)).isLive(hash("second"), NOW)).isTrue();
    assertThat(keys.leaked(ACME, key.id(), hash("second"), LeakPlace.REPORT, true, NOW))
        .isEqualTo(Leaked.REVOKED);
    assertThat(Objects.requireNonNull(find(key)).isLive(NOW)).isFalse();
    assertThat(keys.leaked(ACME, key.id(), hash("second"), LeakPlace.REPORT, true, NOW))
        .isEqualTo(Leaked.NOTHING_NEW);
    assertThat(heard)
        .containsExactly(
            new Change.ApiKeyChanged(ACME, key.id()),
            new Change.ApiKeyChanged(ACME, key.id()),
            new Change.ApiKeyRevoked(ACME, key.id()));
  }

  @Test
  void keysThatEndSoonComeInTheOrderOfTheirEnd() {
    for (int i = 1; i <= 4; i++) {
      ApiKey key = key("key_" + i, mia, null);
      stores
          .apiKeys()
          .insert(
              new ApiKey(
                  ACME,
                  key.id(),
                  key.hash(),
                  "hint",
                  key.name(),
                  mia.id(),
                  null,
                  key.scopes(),
                  NOW,
                  NOW.plus(Duration.ofDays(5 - i)),
                  i == 2 ? NOW : null,
                  null));
    }
    assertThat(ending(0, 4, 10)).containsExactly("key_4", "key_3", "key_1");
    assertThat(ending(2, 3, 10)).isEmpty();
    assertThat(ending(1, 4, 1)).containsExactly("key_3");
  }

  private List<String> ending(int after, int until, int limit) {
    return stores
        .apiKeys()
        .ending(ACME, NOW.plus(Duration.ofDays(after)), NOW.plus(Duration.ofDays(until)), limit)
        .stream()
        .map(key -> key.id().value())
        .toList();
  }
}
