package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.user.User;
import java.time.Duration;
import java.time.Instant;
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
}
