package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.revocation.Change;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

abstract class RevokedTokenStoreContract extends StoreContract {
  RevokedTokenStoreContract(Opening opening) {
    super(opening);
  }

  @Test
  void aRevokedTokenIsLiveUntilItWouldHaveExpired() {
    Instant end = NOW.plusSeconds(60);
    stores.revokedTokens().revoke(ACME, "jti", end);
    stores.revokedTokens().revoke(ACME, "jti", end.plusSeconds(5));
    assertThat(stores.revokedTokens().live(ACME, NOW)).isEqualTo(Map.of("jti", end));
    assertThat(stores.revokedTokens().live(ACME, end)).isEmpty();
    assertThat(heard).containsExactly(new Change.TokenRevoked(ACME, "jti", end));
  }

  @Test
  void ofRacingRevocationsOneIsAnnounced() {
    race(
        RACERS,
        i -> {
          stores.revokedTokens().revoke(ACME, "jti", NOW.plusSeconds(60));
          return i;
        });
    assertThat(heard).hasSize(1);
  }
}
