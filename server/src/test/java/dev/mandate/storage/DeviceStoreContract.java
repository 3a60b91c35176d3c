package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.authorization.DeviceRequest;
import dev.mandate.domain.authorization.DeviceStore.Poll;
import dev.mandate.domain.authorization.PendingId;
import dev.mandate.domain.client.Client;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.testing.Mandates;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

abstract class DeviceStoreContract extends StoreContract {
  private static final Duration INTERVAL = Duration.ofSeconds(5);
  private static final PendingId PENDING = new PendingId("pending_1");

  DeviceStoreContract(Opening opening) {
    super(opening);
  }

  static DeviceRequest request(Client client, String device, String user) {
    return new DeviceRequest(
        client.tenant(),
        hash(device),
        hash(user),
        client.id(),
        new TreeSet<>(Set.of("openid")),
        List.of(LlmTerms.unbounded("openai")),
        List.of("https://a.test"),
        "192.0.2.1",
        NOW,
        NOW.plusSeconds(60));
  }

  @BeforeEach
  void insert() {
    assertThat(stores.devices().insert(request(app, "device", "user"), INTERVAL)).isTrue();
  }

  private void approve() {
    stores.devices().claim(ACME, hash("user"), PENDING, NOW);
    stores.mandates().insert(Mandates.mandate("mandate_1", app, mia, Mandates.chat(Limits.NONE)));
    stores.devices().approve(ACME, PENDING, new MandateId("mandate_1"), NOW.minusSeconds(3));
  }

  @Test
  void aRequestIsFoundAsItWasMadeAndAUserCodeIsOneRequests() {
    assertThat(stores.devices().find(ACME, hash("device")))
        .isEqualTo(request(app, "device", "user"));
    assertThat(stores.devices().waiting(ACME, hash("user"), NOW))
        .isEqualTo(request(app, "device", "user"));
    assertThat(stores.devices().insert(request(app, "another", "user"), INTERVAL)).isFalse();
    assertThat(stores.devices().find(ACME, hash("another"))).isNull();
    assertThat(stores.devices().waiting(ACME, hash("user"), NOW.plusSeconds(60))).isNull();
  }

  @Test
  void ofRacingBrowsersOneTakesItOn() {
    assertThat(
            race(
                RACERS,
                i ->
                    stores.devices().claim(ACME, hash("user"), new PendingId("pending_" + i), NOW)))
        .filteredOn(won -> won)
        .hasSize(1);
    assertThat(stores.devices().waiting(ACME, hash("user"), NOW)).isNull();
    assertThat(stores.devices().refuse(ACME, hash("user"), NOW)).isFalse();
  }

  @Test
  void whatIsRefusedOrExpiredIsNotTakenOn() {
    assertThat(stores.devices().claim(ACME, hash("user"), PENDING, NOW.plusSeconds(60))).isFalse();
    assertThat(stores.devices().refuse(ACME, hash("user"), NOW)).isTrue();
    assertThat(stores.devices().claim(ACME, hash("user"), PENDING, NOW)).isFalse();
    assertThat(stores.devices().poll(ACME, hash("device"), NOW)).isEqualTo(new Poll.Denied());
  }

  @Test
  void whoPollsTooSoonWaitsFiveSecondsLongerFromThenOn() {
    assertThat(stores.devices().poll(ACME, hash("device"), NOW)).isEqualTo(new Poll.Waiting());
    assertThat(stores.devices().poll(ACME, hash("device"), NOW.plusMillis(4_999)))
        .isEqualTo(new Poll.TooSoon(Duration.ofSeconds(10)));
    assertThat(stores.devices().poll(ACME, hash("device"), NOW.plusMillis(14_998)))
        .isEqualTo(new Poll.TooSoon(Duration.ofSeconds(15)));
    assertThat(stores.devices().poll(ACME, hash("device"), NOW.plusMillis(29_998)))
        .isEqualTo(new Poll.Waiting());
    assertThat(stores.devices().poll(ACME, hash("device"), NOW.plusSeconds(60)))
        .isEqualTo(new Poll.Expired());
    assertThat(stores.devices().poll(ACME, hash("nobody"), NOW)).isEqualTo(new Poll.Unknown());
  }

  @Test
  void ofRacingPollsOneIsInTime() {
    assertThat(race(RACERS, _ -> stores.devices().poll(ACME, hash("device"), NOW)))
        .filteredOn(new Poll.Waiting()::equals)
        .hasSize(1);
  }

  @Test
  void anApprovedRequestIsUsedOnce() {
    assertThat(stores.devices().consume(ACME, hash("device"), NOW)).as("nothing yet").isFalse();
    approve();
    Poll approved = new Poll.Approved(new MandateId("mandate_1"), NOW.minusSeconds(3));
    assertThat(stores.devices().poll(ACME, hash("device"), NOW)).isEqualTo(approved);
    assertThat(race(RACERS, _ -> stores.devices().consume(ACME, hash("device"), NOW)))
        .filteredOn(won -> won)
        .hasSize(1);
    assertThat(stores.devices().poll(ACME, hash("device"), NOW)).isEqualTo(new Poll.Unknown());
  }

  @Test
  void whatIsDeniedIsNotApprovedAfterwardsNorTheOtherWayRound() {
    stores.devices().claim(ACME, hash("user"), PENDING, NOW);
    stores.devices().deny(ACME, PENDING, NOW);
    stores.devices().approve(ACME, PENDING, new MandateId("mandate_1"), NOW);
    assertThat(stores.devices().poll(ACME, hash("device"), NOW)).isEqualTo(new Poll.Denied());
    stores.devices().insert(request(app, "device2", "user2"), INTERVAL);
    PendingId second = new PendingId("pending_2");
    stores.devices().claim(ACME, hash("user2"), second, NOW);
    stores.devices().approve(ACME, second, new MandateId("mandate_1"), NOW);
    stores.devices().deny(ACME, second, NOW);
    assertThat(stores.devices().poll(ACME, hash("device2"), NOW)).isInstanceOf(Poll.Approved.class);
  }

  @Test
  void aRequestIsForgottenADayAfterItsEnd() {
    Duration kept = Duration.ofSeconds(60).plus(Housekeeping.CODES_KEPT);
    stores.housekeeping().sweep(NOW.plus(kept));
    assertThat(stores.devices().find(ACME, hash("device"))).isNotNull();
    stores.housekeeping().sweep(NOW.plus(kept).plusMillis(1));
    assertThat(stores.devices().find(ACME, hash("device"))).isNull();
  }
}
