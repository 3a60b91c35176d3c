package dev.mandate.domain.notice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.notice.Sender.Attempt;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.storage.Stores;
import dev.mandate.testing.Tenants;
import dev.mandate.testing.TestClock;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeliveriesTest {
  private static final TenantId TENANT = Tenants.ACME;

  /// What no handler of failures catches.
  private static final class Killed extends Error {}

  private final TestClock clock = new TestClock();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Instant> sent = new ArrayList<>();
  private Path folder;
  private Stores stores;
  private Attempt answer = new Attempt.NotTaken("it answered 500", false);
  private boolean dies;

  @BeforeEach
  void start(@TempDir Path data) {
    folder = data;
    stores = Stores.open(folder, new ChangeFeed(), clock);
    stores.tenants().save(Tenants.tenant(TENANT));
    stores
        .webhooks()
        .insert(
            new Webhook(
                TENANT,
                "whk_1",
                URI.create("https://hooks.example"),
                new TreeSet<>(),
                false,
                "",
                clock.instant()),
            new byte[] {1});
  }

  @AfterEach
  void stop() {
    threads.close();
    stores.close();
  }

  private void tell(String once) {
    new Outbox(stores.notices(), new TokenSource(new SecureRandom(), clock), clock, false)
        .tell(TENANT, Notice.Kind.API_KEY_LEAKED, once, "key_1", null, "leaked\u202e\u0007");
  }

  private Deliveries deliveries() {
    Sender sender =
        (_, _, now) -> {
          if (dies) {
            throw new Killed();
          }
          sent.add(now);
          return answer;
        };
    return new Deliveries(
        stores.deliveries(),
        stores.notices(),
        Map.of(Delivery.Channel.WEBHOOK, sender),
        clock,
        threads);
  }

  private Delivery only() {
    return stores
        .deliveries()
        .page(TENANT, new DeliveryStore.Filter(null, null), null, 9)
        .getFirst();
  }

  @Test
  void whatIsNotTakenIsTriedAgainAfterEachPauseAndThenGivenUp() {
    tell("once");
    tell("once");
    Deliveries deliveries = deliveries();
    for (Duration pause : Deliveries.PAUSES) {
      assertThat(deliveries.next(TENANT)).isTrue();
      assertThat(deliveries.next(TENANT)).isFalse();
      clock.advance(pause.minusMillis(1));
      assertThat(deliveries.next(TENANT)).isFalse();
      clock.advance(Duration.ofMillis(1));
    }
    assertThat(only().state()).isEqualTo(Delivery.State.WAITING);
    assertThat(deliveries.next(TENANT)).isTrue();
    assertThat(sent).hasSize(Deliveries.PAUSES.size() + 1);
    assertThat(only().state()).isEqualTo(Delivery.State.DEAD);
    assertThat(only().problem()).isEqualTo("it answered 500");
    stores.deliveries().revive(TENANT, only().id(), clock.instant());
    answer = new Attempt.Taken();
    assertThat(deliveries.next(TENANT)).isTrue();
    assertThat(only().state()).isEqualTo(Delivery.State.DELIVERED);
    assertThat(deliveries.next(TENANT)).isFalse();
  }

  @Test
  void aFinalRefusalEndsItAtOnce() {
    tell("once");
    answer = new Attempt.NotTaken("no such mailbox", true);
    assertThat(deliveries().next(TENANT)).isTrue();
    assertThat(only().state()).isEqualTo(Delivery.State.DEAD);
  }

  /// Whoever had claimed it is gone without a word, and so is its process.
  @Test
  void whatAKilledProcessHadClaimedIsSentByTheNextOne() {
    tell("once");
    dies = true;
    try {
      deliveries().next(TENANT);
    } catch (Killed _) {
      // As far as a process can tell.
    }
    stores.close();
    stores = Stores.open(folder, new ChangeFeed(), clock);
    dies = false;
    answer = new Attempt.Taken();
    assertThat(deliveries().next(TENANT)).isFalse();
    clock.advance(Deliveries.CLAIM);
    assertThat(deliveries().next(TENANT)).isTrue();
    assertThat(only().state()).isEqualTo(Delivery.State.DELIVERED);
    assertThat(only().attempts()).isEqualTo(2);
  }

  @Test
  void aTextLosesWhatWouldChangeATerminalOrALine() {
    tell("once");
    Notice notice = Objects.requireNonNull(stores.notices().find(TENANT, only().notice())).notice();
    assertThat(notice.text()).isEqualTo("leaked ");
  }
}
