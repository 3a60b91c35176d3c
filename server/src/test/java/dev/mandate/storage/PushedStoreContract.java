package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.authorization.PendingId;
import dev.mandate.domain.authorization.PushedRequest;
import dev.mandate.domain.authorization.PushedStore;
import dev.mandate.platform.crypto.TokenHash;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

abstract class PushedStoreContract extends StoreContract {
  private static final TokenHash BROWSER = hash("browser");
  private static final PendingId PENDING = new PendingId("ask_1");

  PushedStoreContract(Opening opening) {
    super(opening);
  }

  private PushedRequest pushed(String uri) {
    PushedRequest request =
        new PushedRequest(
            ACME,
            hash(uri),
            app.id(),
            Map.of("scope", List.of("openid"), "resource", List.of("https://a.test", "é\u2028\"")),
            NOW,
            NOW.plusSeconds(60));
    stores.pushed().insert(request);
    return request;
  }

  @Test
  void aRequestIsFoundUntilItExpires() {
    PushedRequest request = pushed("uri");
    assertThat(stores.pushed().find(ACME, request.hash(), NOW))
        .isEqualTo(new PushedStore.Found.Waiting(request));
    assertThat(stores.pushed().find(ACME, request.hash(), request.expiresAt())).isNull();
    assertThat(stores.pushed().find(ACME, hash("other"), NOW)).isNull();
  }

  @Test
  void aUsedRequestSaysWhatItBecame() {
    PushedRequest request = pushed("uri");
    assertThat(stores.pushed().consume(ACME, request.hash(), BROWSER, PENDING, NOW)).isTrue();
    assertThat(
            stores.pushed().consume(ACME, request.hash(), hash("b"), new PendingId("ask_2"), NOW))
        .isFalse();
    assertThat(stores.pushed().find(ACME, request.hash(), NOW))
        .isEqualTo(new PushedStore.Found.Used(request, BROWSER, PENDING));
  }

  @Test
  void anExpiredOrUnknownRequestIsNotUsed() {
    PushedRequest request = pushed("uri");
    assertThat(stores.pushed().consume(ACME, request.hash(), BROWSER, PENDING, request.expiresAt()))
        .isFalse();
    assertThat(stores.pushed().consume(ACME, hash("other"), BROWSER, PENDING, NOW)).isFalse();
  }

  @Test
  void anotherTenantNeitherFindsNorUsesIt() {
    PushedRequest request = pushed("uri");
    assertThat(stores.pushed().find(GLOBEX, request.hash(), NOW)).isNull();
    assertThat(stores.pushed().consume(GLOBEX, request.hash(), BROWSER, PENDING, NOW)).isFalse();
    assertThat(stores.pushed().consume(ACME, request.hash(), BROWSER, PENDING, NOW)).isTrue();
  }

  @Test
  void ofRacingBrowsersExactlyOneGetsIt() {
    for (int round = 0; round < 20; round++) {
      PushedRequest request = pushed("uri " + round);
      assertThat(
              race(
                  RACERS,
                  i ->
                      stores
                          .pushed()
                          .consume(ACME, request.hash(), hash("browser " + i), PENDING, NOW)))
          .filteredOn(won -> won)
          .hasSize(1);
    }
  }
}
