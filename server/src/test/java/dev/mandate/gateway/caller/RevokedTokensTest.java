package dev.mandate.gateway.caller;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.testing.TestClock;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RevokedTokensTest {
  private static final Instant NOW = TestClock.START;
  private final RevokedTokens revoked = new RevokedTokens();

  @Test
  void aTokenIsRevokedForItsTenantOnly() {
    revoked.add(ACME, "at_1", NOW.plusSeconds(60));
    revoked.addAll(GLOBEX, Map.of("at_2", NOW.plusSeconds(60)));
    assertThat(revoked.contains(ACME, "at_1")).isTrue();
    assertThat(revoked.contains(GLOBEX, "at_1")).isFalse();
    assertThat(revoked.contains(GLOBEX, "at_2")).isTrue();
    assertThat(revoked.contains(ACME, "at_2")).isFalse();
  }

  @Test
  void whatExpiredIsForgottenAndNothingElse() {
    revoked.add(ACME, "old", NOW);
    revoked.add(ACME, "new", NOW.plusSeconds(1));
    revoked.add(GLOBEX, "old", NOW);
    revoked.purge(NOW);
    assertThat(revoked.contains(ACME, "old")).isFalse();
    assertThat(revoked.contains(ACME, "new")).isTrue();
    assertThat(revoked.contains(GLOBEX, "old")).isFalse();
  }
}
