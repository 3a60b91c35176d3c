package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.idempotency.IdempotencyKey;
import dev.mandate.domain.idempotency.IdempotencyStore.Claim;
import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

abstract class IdempotencyStoreContract extends StoreContract {
  private static final Instant END = NOW.plusSeconds(60);

  IdempotencyStoreContract(Opening opening) {
    super(opening);
  }

  private static IdempotencyKey key(TenantId tenant, String caller) {
    return new IdempotencyKey(tenant, caller, "k-1");
  }

  private Claim claim(IdempotencyKey key, String hash, Instant now) {
    return stores.idempotency().claim(key, hash, now, END);
  }

  @Test
  void aKeyIsFreshThenOpenThenAnswered() {
    IdempotencyKey key = key(ACME, "a");
    assertThat(claim(key, "h", NOW)).isInstanceOf(Claim.Fresh.class);
    assertThat(claim(key, "h", NOW)).isInstanceOf(Claim.Open.class);
    stores.idempotency().answer(key, new byte[] {7});
    assertThat(claim(key, "h", NOW))
        .isInstanceOfSatisfying(
            Claim.Answered.class, a -> assertThat(a.sealedAnswer()).containsExactly(7));
    assertThat(claim(key, "other", NOW)).isInstanceOf(Claim.Other.class);
  }

  @Test
  void keysOfTwoCallersAndOfTwoTenantsDoNotMeet() {
    assertThat(claim(key(ACME, "a"), "h", NOW)).isInstanceOf(Claim.Fresh.class);
    assertThat(claim(key(ACME, "b"), "h", NOW)).isInstanceOf(Claim.Fresh.class);
    assertThat(claim(key(GLOBEX, "a"), "h", NOW)).isInstanceOf(Claim.Fresh.class);
  }

  @Test
  void aReleasedAndAnExpiredKeyAreFreshAgainAndAnAnsweredOneIsNotReleased() {
    IdempotencyKey key = key(ACME, "a");
    claim(key, "h", NOW);
    stores.idempotency().release(key);
    assertThat(claim(key, "other", NOW)).isInstanceOf(Claim.Fresh.class);
    stores.idempotency().answer(key, new byte[] {7});
    stores.idempotency().release(key);
    assertThat(claim(key, "other", END.minusMillis(1))).isInstanceOf(Claim.Answered.class);
    assertThat(claim(key, "h", END)).isInstanceOf(Claim.Fresh.class);
  }

  @Test
  void ofRacingClaimsOneIsFresh() {
    List<Claim> claims = race(RACERS, _ -> claim(key(ACME, "a"), "h", NOW));
    assertThat(claims).filteredOn(Claim.Fresh.class::isInstance).hasSize(1);
    assertThat(claims).filteredOn(Claim.Open.class::isInstance).hasSize(RACERS - 1);
  }

  @Test
  void housekeepingTakesWhatExpired() {
    claim(key(ACME, "a"), "h", NOW);
    assertThat(stores.housekeeping().sweep(END)).isZero();
    assertThat(stores.housekeeping().sweep(END.plusMillis(1))).isEqualTo(1);
  }
}
