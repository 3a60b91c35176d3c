package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.apikey.ApiKeyStore.Filter;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.user.User;
import dev.mandate.domain.user.UserId;
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
          stores.apiKeys().used(ACME, key.id(), NOW.plusSeconds(20L * i));
          return i;
        });
    assertThat(lastUse(key)).isEqualTo(NOW.plusSeconds(120));
    stores.apiKeys().used(ACME, key.id(), NOW);
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
}
