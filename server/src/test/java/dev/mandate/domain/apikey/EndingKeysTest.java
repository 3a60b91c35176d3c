package dev.mandate.domain.apikey;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.storage.Stores;
import dev.mandate.testing.Tenants;
import dev.mandate.testing.TestClock;
import dev.mandate.testing.TestKeys;
import dev.mandate.testing.Told;
import dev.mandate.testing.Users;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EndingKeysTest {
  private final TestClock clock = new TestClock();
  private final Told told = new Told();
  private Stores stores;
  private EndingKeys ending;

  @BeforeEach
  void start(@TempDir Path folder) {
    stores = Stores.open(folder, new ChangeFeed(), clock);
    stores.tenants().save(Tenants.tenant(ACME));
    stores.users().insert(Users.member(ACME, "mia"));
    ending = new EndingKeys(stores.tenants(), stores.apiKeys(), told, clock);
  }

  @AfterEach
  void stop() {
    stores.close();
  }

  private ApiKey key(String id, Duration life) {
    ApiKey key =
        new ApiKey(
            ACME,
            new ApiKeyId(id),
            TokenHash.of(Secret.of(id)),
            "hint",
            "Key " + id,
            Users.member(ACME, "mia").id(),
            null,
            Set.of("users:read"),
            clock.instant(),
            clock.instant().plus(life),
            null,
            null);
    stores.apiKeys().insert(key);
    return key;
  }

  /// Sweeps every ten minutes for this long, on two nodes.
  private List<String> sweeps(Duration forThatLong) {
    EndingKeys other = new EndingKeys(stores.tenants(), stores.apiKeys(), told, clock);
    int before = told.all().size();
    for (Duration passed = Duration.ZERO;
        passed.compareTo(forThatLong) < 0;
        passed = passed.plus(Duration.ofHours(4))) {
      ending.sweep();
      other.sweep();
      clock.advance(Duration.ofHours(4));
    }
    return told.all().subList(before, told.all().size()).stream()
        .map(Notice::once)
        .map(once -> once.split("/", -1)[2])
        .toList();
  }

  @Test
  void anOwnerIsRemindedFourteenSevenAndOneDayAheadOnceEach() {
    key("key_1", Duration.ofDays(30));
    assertThat(sweeps(Duration.ofDays(15))).isEmpty();
    assertThat(sweeps(Duration.ofDays(16))).containsExactly("14", "7", "1");
    assertThat(told.all())
        .allMatch(notice -> notice.kind() == Notice.Kind.API_KEY_EXPIRING)
        .allMatch(notice -> Users.member(ACME, "mia").id().equals(notice.person()))
        .allMatch(notice -> notice.text().contains("Key key_1"));
    assertThat(told.all().getLast().text()).contains("in 1 day,");
  }

  @Test
  void aKeyThatWasMadeForLessIsNotSpokenOfBefore() {
    key("key_1", Duration.ofDays(7));
    assertThat(sweeps(Duration.ofDays(8))).containsExactly("1");
    key("key_2", Duration.ofHours(12));
    assertThat(sweeps(Duration.ofDays(1))).isEmpty();
  }

  @Test
  void aFirstSweepTellsTheNearestReminderOnly() {
    key("key_1", Duration.ofDays(30));
    clock.advance(Duration.ofDays(26));
    assertThat(ending.sweep()).isEqualTo(1);
    assertThat(told.all().getFirst().text()).contains("in 4 days");
    assertThat(ending.sweep()).isZero();
  }

  @Test
  void aRevokedKeyNeedsNoReminderAndARenewedOneHasNewOnes() {
    ApiKey gone = key("key_1", Duration.ofDays(30));
    ApiKey renewed = key("key_2", Duration.ofDays(30));
    stores.apiKeys().revoke(ACME, gone.id(), clock.instant());
    assertThat(sweeps(Duration.ofDays(20))).containsExactly("14");
    ApiKeys keys = TestKeys.of(stores, clock, told);
    var outcome =
        keys.rotate(
            Objects.requireNonNull(stores.apiKeys().find(ACME, renewed.id())),
            Duration.ZERO,
            clock.instant().plus(Duration.ofDays(30)),
            null,
            clock.instant());
    assertThat(outcome).isInstanceOf(ApiKeys.Rotated.New.class);
    assertThat(sweeps(Duration.ofDays(31))).containsExactly("14", "7", "1");
  }
}
