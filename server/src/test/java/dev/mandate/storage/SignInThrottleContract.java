package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

abstract class SignInThrottleContract extends StoreContract {
  private static final Duration WINDOW = Duration.ofMinutes(5);

  SignInThrottleContract(Opening opening) {
    super(opening);
  }

  private boolean admit(String subject, Instant now) {
    return stores.signInThrottle().admit(ACME, subject, 3, WINDOW, now);
  }

  @Test
  void attemptsAboveTheLimitAreRefusedUntilTheWindowOfTheFirstEnds() {
    for (int i = 0; i < 3; i++) {
      assertThat(admit("mia", NOW.plusSeconds(i))).isTrue();
    }
    assertThat(admit("mia", NOW.plus(WINDOW).minusMillis(1))).isFalse();
    assertThat(admit("zoe", NOW)).isTrue();
    assertThat(admit("mia", NOW.plus(WINDOW))).isTrue();
  }

  @Test
  void aSuccessForgetsTheAttempts() {
    for (int i = 0; i < 4; i++) {
      admit("mia", NOW);
    }
    stores.signInThrottle().clear(ACME, "mia");
    assertThat(admit("mia", NOW)).isTrue();
  }

  @Test
  void ofRacingAttemptsExactlyTheLimitIsAdmitted() {
    assertThat(race(20, _ -> admit("mia", NOW))).filteredOn(admitted -> admitted).hasSize(3);
  }
}
