package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.token.UsedOnceStore;
import org.junit.jupiter.api.Test;

abstract class UsedOnceStoreContract extends StoreContract {
  UsedOnceStoreContract(Opening opening) {
    super(opening);
  }

  @Test
  void ofRacingUsesOneIsTheFirst() {
    var id = UsedOnceStore.id("test", "app", "jti");
    assertThat(race(RACERS, _ -> stores.usedOnce().useOnce(ACME, id, NOW.plusSeconds(60))))
        .filteredOn(first -> first)
        .hasSize(1);
    assertThat(stores.usedOnce().useOnce(ACME, id, NOW.plusSeconds(60))).isFalse();
  }

  @Test
  void theSameIdOfAnotherUseMakerOrTenantIsAnother() {
    var id = UsedOnceStore.id("test", "app", "jti");
    assertThat(stores.usedOnce().useOnce(ACME, id, NOW.plusSeconds(60))).isTrue();
    assertThat(stores.usedOnce().useOnce(GLOBEX, id, NOW.plusSeconds(60))).isTrue();
    assertThat(UsedOnceStore.id("other", "app", "jti")).isNotEqualTo(id);
    assertThat(UsedOnceStore.id("test", "other", "jti")).isNotEqualTo(id);
    assertThat(UsedOnceStore.id("test", "ap", "p 3 jti")).isNotEqualTo(id);
  }

  @Test
  void whatIsPastItsTimeIsForgottenAndNotBefore() {
    var id = UsedOnceStore.id("test", "app", "jti");
    stores.usedOnce().useOnce(ACME, id, NOW);
    stores.housekeeping().sweep(NOW);
    assertThat(stores.usedOnce().useOnce(ACME, id, NOW)).isFalse();
    stores.housekeeping().sweep(NOW.plusMillis(1));
    assertThat(stores.usedOnce().useOnce(ACME, id, NOW)).isTrue();
  }
}
