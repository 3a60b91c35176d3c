package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.signingkey.SigningKeyStore.Stored;
import org.junit.jupiter.api.Test;

abstract class SigningKeyStoreContract extends StoreContract {
  SigningKeyStoreContract(Opening opening) {
    super(opening);
  }

  private static Stored key(String kid, String algorithm) {
    return new Stored(ACME, kid, algorithm, new byte[] {1, 2, 3}, NOW);
  }

  @Test
  void theFirstKeyOfEachAlgorithmIsStored() {
    assertThat(stores.signingKeys().insertFirst(key("a", "ES256"))).isTrue();
    assertThat(stores.signingKeys().insertFirst(key("b", "ES256"))).isFalse();
    assertThat(stores.signingKeys().insertFirst(key("c", "RS256"))).isTrue();
    assertThat(stores.signingKeys().all(ACME)).extracting(Stored::kid).containsExactly("a", "c");
    assertThat(stores.signingKeys().all(ACME).getFirst().sealedJwk()).containsExactly(1, 2, 3);
  }

  @Test
  void ofRacingFirstKeysOneWins() {
    assertThat(race(RACERS, i -> stores.signingKeys().insertFirst(key("kid" + i, "ES256"))))
        .filteredOn(won -> won)
        .hasSize(1);
    assertThat(stores.signingKeys().all(ACME)).hasSize(1);
  }
}
