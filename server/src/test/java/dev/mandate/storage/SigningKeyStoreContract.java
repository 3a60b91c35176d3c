package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.signingkey.SigningKeyStore.Stored;
import org.junit.jupiter.api.Test;

abstract class SigningKeyStoreContract extends StoreContract {
  SigningKeyStoreContract(Opening opening) {
    super(opening);
  }

  private static Stored key(String kid, String algorithm) {
    return new Stored(ACME, kid, algorithm, new byte[] {1, 2, 3}, NOW, NOW);
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

  @Test
  void theNextKeyFollowsTheYoungestOnly() {
    stores.signingKeys().insertFirst(key("a", "ES256"));
    Stored next = new Stored(ACME, "b", "ES256", new byte[] {2}, NOW, NOW.plusSeconds(60));
    assertThat(stores.signingKeys().insertNext(next, "nobody")).isFalse();
    assertThat(stores.signingKeys().insertNext(key("b", "RS256"), "a"))
        .as("of another algorithm")
        .isFalse();
    assertThat(stores.signingKeys().insertNext(next, "a")).isTrue();
    assertThat(stores.signingKeys().insertNext(key("c", "ES256"), "a")).isFalse();
    assertThat(stores.signingKeys().all(ACME)).extracting(Stored::kid).containsExactly("a", "b");
    assertThat(stores.signingKeys().all(ACME).getLast().activeAt()).isEqualTo(NOW.plusSeconds(60));
  }

  @Test
  void ofRacingNextKeysOneWins() {
    stores.signingKeys().insertFirst(key("a", "ES256"));
    assertThat(race(RACERS, i -> stores.signingKeys().insertNext(key("kid" + i, "ES256"), "a")))
        .filteredOn(won -> won)
        .hasSize(1);
    assertThat(stores.signingKeys().all(ACME)).hasSize(2);
  }

  @Test
  void theYoungestKeyIsNeverRetired() {
    stores.signingKeys().insertFirst(key("a", "ES256"));
    stores.signingKeys().insertFirst(key("r", "RS256"));
    assertThat(stores.signingKeys().retire(ACME, "a")).isFalse();
    stores.signingKeys().insertNext(key("b", "ES256"), "a");
    assertThat(stores.signingKeys().retire(GLOBEX, "a")).isFalse();
    assertThat(race(RACERS, _ -> stores.signingKeys().retire(ACME, "a")))
        .filteredOn(won -> won)
        .hasSize(1);
    assertThat(stores.signingKeys().retire(ACME, "b")).isFalse();
    assertThat(stores.signingKeys().retire(ACME, "r")).isFalse();
    assertThat(stores.signingKeys().all(ACME)).extracting(Stored::kid).containsExactly("r", "b");
  }
}
