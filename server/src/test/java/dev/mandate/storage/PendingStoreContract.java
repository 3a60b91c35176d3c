package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.authorization.PendingAuthorization;
import dev.mandate.domain.authorization.PendingId;
import dev.mandate.domain.authorization.ResponseMode;
import dev.mandate.domain.client.Client;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

abstract class PendingStoreContract extends StoreContract {
  PendingStoreContract(Opening opening) {
    super(opening);
  }

  /// Waits for a minute from [#NOW].
  static PendingAuthorization pending(Client client, String id) {
    return new PendingAuthorization(
        client.tenant(),
        new PendingId(id),
        hash("browser"),
        client.id(),
        "http://127.0.0.1/callback",
        true,
        "state",
        ResponseMode.FORM_POST,
        "challenge",
        "nonce",
        new TreeSet<>(Set.of("openid")),
        List.of(LlmTerms.unbounded("openai")),
        List.of("https://a.test"),
        "thumbprint",
        "WDJB-MJHT",
        NOW.minusSeconds(5),
        NOW,
        NOW.plusSeconds(60));
  }

  @Test
  void aRequestIsFoundUntilItIsAnsweredOrExpires() {
    PendingAuthorization pending = pending(app, "pending_1");
    stores.pendings().insert(pending);
    assertThat(stores.pendings().find(ACME, pending.id(), NOW)).isEqualTo(pending);
    assertThat(stores.pendings().find(ACME, pending.id(), pending.expiresAt())).isNull();
    assertThat(stores.pendings().consume(ACME, pending.id(), pending.expiresAt())).isFalse();
    assertThat(stores.pendings().consume(ACME, pending.id(), NOW)).isTrue();
    assertThat(stores.pendings().find(ACME, pending.id(), NOW)).isNull();
    assertThat(stores.pendings().consume(ACME, new PendingId("pending_none"), NOW)).isFalse();
  }

  @Test
  void ofRacingAnswersExactlyOneCounts() {
    for (int round = 0; round < 20; round++) {
      PendingAuthorization pending = pending(app, "pending_" + round);
      stores.pendings().insert(pending);
      assertThat(race(RACERS, _ -> stores.pendings().consume(ACME, pending.id(), NOW)))
          .filteredOn(won -> won)
          .hasSize(1);
    }
  }
}
