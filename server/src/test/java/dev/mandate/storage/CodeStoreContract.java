package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.token.AuthorizationCode;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

abstract class CodeStoreContract extends StoreContract {
  CodeStoreContract(Opening opening) {
    super(opening);
  }

  static AuthorizationCode code(Mandate mandate, String code, Instant expiresAt) {
    return new AuthorizationCode(
        mandate.tenant(),
        hash(code),
        mandate.client(),
        mandate.id(),
        "http://127.0.0.1/callback",
        "challenge",
        "nonce",
        List.of("https://a.test", "https://b.test"),
        "thumbprint",
        NOW,
        expiresAt);
  }

  @Test
  void aCodeIsFoundBeforeAndAfterItsUse() {
    AuthorizationCode code = code(given("mandate_1"), "code", NOW.plusSeconds(60));
    stores.codes().insert(code);
    assertThat(stores.codes().find(ACME, code.hash())).isEqualTo(code);
    assertThat(stores.codes().consume(ACME, code.hash(), NOW)).isTrue();
    assertThat(stores.codes().find(ACME, code.hash())).isEqualTo(code);
    assertThat(stores.codes().consume(ACME, code.hash(), NOW)).isFalse();
    assertThat(stores.codes().consume(ACME, hash("unknown"), NOW)).isFalse();
  }

  @Test
  void ofRacingUsesOfOneCodeExactlyOneWins() {
    Mandate mandate = given("mandate_1");
    for (int round = 0; round < 20; round++) {
      AuthorizationCode code = code(mandate, "code " + round, NOW.plusSeconds(60));
      stores.codes().insert(code);
      assertThat(race(RACERS, _ -> stores.codes().consume(ACME, code.hash(), NOW)))
          .filteredOn(won -> won)
          .hasSize(1);
    }
  }
}
