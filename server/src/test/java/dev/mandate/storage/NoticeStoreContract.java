package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.notice.AlertAddress;
import dev.mandate.domain.notice.AlertAddressStore;
import dev.mandate.domain.notice.Delivery;
import dev.mandate.domain.notice.DeliveryStore;
import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.notice.NoticeStore.Filter;
import dev.mandate.domain.notice.NoticeStore.Kept;
import dev.mandate.domain.notice.NoticeStore.Place;
import dev.mandate.domain.notice.Webhook;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.mail.MailAddress;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Notices, their outbox, webhooks and alert addresses.
abstract class NoticeStoreContract extends StoreContract {
  private static final DeliveryStore.Filter EVERY = new DeliveryStore.Filter(null, null);

  NoticeStoreContract(Opening opening) {
    super(opening);
  }

  private static Notice notice(TenantId tenant, String id, String once, @Nullable UserId person) {
    return new Notice(
        tenant,
        id,
        once,
        Notice.Kind.API_KEY_LEAKED,
        "key_1",
        person,
        "A key leaked.",
        NOW.plusSeconds(id.length()));
  }

  private Webhook webhook(TenantId tenant, String id, Notice.Kind... kinds) {
    Webhook webhook =
        new Webhook(
            tenant,
            id,
            URI.create("https://hooks.example/" + id),
            new TreeSet<>(Set.of(kinds)),
            false,
            "",
            NOW);
    assertThat(stores.webhooks().insert(webhook, new byte[] {1})).isTrue();
    return webhook;
  }

  private void address(TenantId tenant, String id, String address) {
    stores.alertAddresses().insert(new AlertAddress(tenant, id, new MailAddress(address), NOW));
  }

  private List<String> targets(TenantId tenant) {
    return stores.deliveries().page(tenant, EVERY, null, 100).stream()
        .map(Delivery::target)
        .sorted()
        .toList();
  }

  @Test
  void ofRacingTellersOfTheSameOneWinsAndOneDeliveryIsMade() {
    webhook(ACME, "whk_1");
    List<Boolean> told =
        race(RACERS, i -> stores.notices().insertFirst(notice(ACME, "ntc_" + i, "o", null), true));
    assertThat(Collections.frequency(told, true)).isEqualTo(1);
    assertThat(stores.notices().page(ACME, Filter.ALL, null, 10)).hasSize(1);
    assertThat(targets(ACME)).containsExactly("whk_1");
    Kept kept = stores.notices().told(ACME, Notice.Kind.API_KEY_LEAKED, "o");
    assertThat(kept).isNotNull();
    assertThat(stores.notices().told(GLOBEX, Notice.Kind.API_KEY_LEAKED, "o")).isNull();
    assertThat(stores.notices().told(ACME, Notice.Kind.CALLER_UNUSUAL, "o")).isNull();
    assertThat(stores.notices().insertFirst(notice(GLOBEX, "ntc_0", "o", null), true)).isTrue();
  }

  @Test
  void aNoticeIsSentToWhoWantsItsKindAndToThePersonOnce() {
    webhook(ACME, "whk_all");
    webhook(ACME, "whk_leaked", Notice.Kind.API_KEY_LEAKED);
    webhook(ACME, "whk_other", Notice.Kind.CREDENTIAL_OLD);
    webhook(GLOBEX, "whk_theirs");
    address(ACME, "adr_1", "ops@acme.example");
    address(ACME, "adr_2", "mia@acme.example");
    address(GLOBEX, "adr_1", "ops@globex.example");
    stores.users().edit(ACME, mia.id(), now -> now.withEmail(new MailAddress("mia@acme.example")));
    stores.notices().insertFirst(notice(ACME, "ntc_1", "o", mia.id()), true);
    assertThat(targets(ACME))
        .containsExactly("mia@acme.example", "ops@acme.example", "whk_all", "whk_leaked");
    assertThat(targets(GLOBEX)).isEmpty();
    stores.notices().insertFirst(notice(ACME, "ntc_2", "p", mia.id()), false);
    assertThat(targets(ACME)).hasSize(6);
  }

  @Test
  void theListIsFilteredAndGoesOnBehindItsLast() {
    for (String id : List.of("ntc_a", "ntc_b", "ntc_cc")) {
      stores
          .notices()
          .insertFirst(notice(ACME, id, id, id.equals("ntc_b") ? mia.id() : null), false);
    }
    List<Kept> first = stores.notices().page(ACME, Filter.ALL, null, 2);
    assertThat(first).extracting(k -> k.notice().id()).containsExactly("ntc_cc", "ntc_b");
    Notice last = first.getLast().notice();
    assertThat(stores.notices().page(ACME, Filter.ALL, new Place(last.at(), last.id()), 2))
        .extracting(k -> k.notice().id())
        .containsExactly("ntc_a");
    assertThat(stores.notices().page(ACME, new Filter(null, null, mia.id(), null), null, 9))
        .hasSize(1);
    assertThat(stores.notices().acknowledge(ACME, "ntc_a", "usr_1", NOW)).isTrue();
    assertThat(stores.notices().acknowledge(ACME, "ntc_a", "usr_2", NOW.plusSeconds(9))).isTrue();
    assertThat(stores.notices().acknowledge(GLOBEX, "ntc_b", "usr_2", NOW)).isFalse();
    Kept kept = Objects.requireNonNull(stores.notices().find(ACME, "ntc_a"));
    assertThat(kept.acknowledgedBy()).isEqualTo("usr_1");
    assertThat(kept.acknowledgedAt()).isEqualTo(NOW);
    assertThat(stores.notices().page(ACME, new Filter(null, null, null, true), null, 9)).hasSize(1);
    assertThat(stores.notices().page(ACME, new Filter(null, null, null, false), null, 9))
        .hasSize(2);
  }

  @Test
  void aDeliveryIsClaimedByOneAndByAnotherOnlyAfterItsTime() {
    webhook(ACME, "whk_1");
    stores.notices().insertFirst(notice(ACME, "ntc_1", "o", null), false);
    Instant due = NOW.plusSeconds(60);
    Instant until = due.plus(Duration.ofMinutes(2));
    assertThat(stores.deliveries().due(NOW)).isEmpty();
    assertThat(stores.deliveries().due(due)).containsExactly(ACME);
    List<Integer> claims =
        race(
            RACERS,
            _ -> {
              Delivery claimed = stores.deliveries().claim(ACME, due, until);
              return claimed == null ? 0 : claimed.attempts();
            });
    assertThat(claims).containsOnlyOnce(1).hasSize(RACERS);
    assertThat(Collections.frequency(claims, 0)).isEqualTo(RACERS - 1);
    assertThat(stores.deliveries().claim(ACME, until.minusMillis(1), until)).isNull();
    // Whoever had it died; the second attempt is another's, and the first one's word is late.
    Delivery second = claim(until);
    assertThat(second.attempts()).isEqualTo(2);
    stores.deliveries().delivered(first(second), until);
    assertThat(state(second.id())).isEqualTo(Delivery.State.WAITING);
    stores.deliveries().delivered(second, until);
    assertThat(state(second.id())).isEqualTo(Delivery.State.DELIVERED);
    assertThat(stores.deliveries().due(until.plusSeconds(9_999))).isEmpty();
  }

  private Delivery claim(Instant now) {
    return Objects.requireNonNull(
        stores.deliveries().claim(ACME, now, now.plus(Duration.ofMinutes(2))));
  }

  private static Delivery first(Delivery second) {
    return new Delivery(
        second.tenant(),
        second.id(),
        second.notice(),
        second.channel(),
        second.target(),
        second.state(),
        1,
        second.nextAt(),
        second.problem(),
        second.createdAt(),
        second.endedAt());
  }

  private Delivery.State state(String id) {
    return Objects.requireNonNull(stores.deliveries().find(ACME, id)).state();
  }

  @Test
  void aDeadDeliveryIsSeenAndRevivedAndNoOther() {
    webhook(ACME, "whk_1");
    stores.notices().insertFirst(notice(ACME, "ntc_1", "o", null), false);
    Delivery claimed = claim(NOW.plusSeconds(60));
    assertThat(stores.deliveries().revive(ACME, claimed.id(), NOW)).isFalse();
    stores.deliveries().failed(claimed, "it answered 500", null, NOW);
    assertThat(
            stores
                .deliveries()
                .page(ACME, new DeliveryStore.Filter(Delivery.State.DEAD, "ntc_1"), null, 9))
        .extracting(Delivery::problem)
        .containsExactly("it answered 500");
    assertThat(stores.deliveries().claim(ACME, NOW.plusSeconds(999), NOW)).isNull();
    assertThat(stores.deliveries().revive(GLOBEX, claimed.id(), NOW)).isFalse();
    assertThat(stores.deliveries().revive(ACME, claimed.id(), NOW)).isTrue();
    assertThat(claim(NOW).attempts()).isEqualTo(1);
  }

  @Test
  void aWebhookIsDisabledByFailuresInARowOnly() {
    Webhook webhook = webhook(ACME, "whk_1");
    for (int i = 0; i < 4; i++) {
      assertThat(stores.webhooks().failed(ACME, "whk_1", 3, "down")).isEqualTo(i == 3);
      if (i == 0) {
        stores.webhooks().delivered(ACME, "whk_1");
      }
    }
    Webhook disabled = Objects.requireNonNull(stores.webhooks().find(ACME, "whk_1"));
    assertThat(disabled.disabled()).isTrue();
    assertThat(disabled.disabledWhy()).isEqualTo("down");
    assertThat(stores.webhooks().replace(webhook, webhook.with(webhook.url(), Set.of(), false)))
        .isFalse();
    assertThat(stores.webhooks().replace(disabled, webhook)).isTrue();
    assertThat(stores.webhooks().failed(ACME, "whk_1", 3, "down")).isFalse();
  }

  @Test
  void theOldSecretOfAWebhookStaysForAWhile() {
    webhook(ACME, "whk_1");
    assertThat(stores.webhooks().rotate(ACME, "whk_1", new byte[] {2}, NOW.plusSeconds(60)))
        .isTrue();
    assertThat(stores.webhooks().rotate(GLOBEX, "whk_1", new byte[] {3}, NOW)).isFalse();
    var both = Objects.requireNonNull(stores.webhooks().secrets(ACME, "whk_1", NOW));
    assertThat(both.sealedSecret()).containsExactly(2);
    assertThat(both.sealedPrevious()).containsExactly(1);
    var one = Objects.requireNonNull(stores.webhooks().secrets(ACME, "whk_1", NOW.plusSeconds(60)));
    assertThat(one.sealedPrevious()).isNull();
  }

  @Test
  void webhooksAndAddressesHaveABound() {
    List<Boolean> made =
        race(
            RACERS,
            i -> {
              boolean last = true;
              for (int j = 0; j < 4; j++) {
                last =
                    stores
                        .webhooks()
                        .insert(
                            new Webhook(
                                ACME,
                                "whk_" + i + j,
                                URI.create("https://x.example"),
                                new TreeSet<>(),
                                false,
                                "",
                                NOW),
                            new byte[] {1});
              }
              return last;
            });
    assertThat(made).contains(false);
    assertThat(stores.webhooks().page(ACME, null, 99)).hasSize(20);
    for (int i = 0; i < AlertAddressStore.PER_TENANT_MAX; i++) {
      address(ACME, "adr_" + i, "a" + i + "@acme.example");
    }
    assertThat(
            stores
                .alertAddresses()
                .insert(new AlertAddress(ACME, "adr_x", new MailAddress("x@acme.example"), NOW)))
        .isEqualTo(AlertAddressStore.Inserted.FULL);
    assertThat(stores.alertAddresses().delete(GLOBEX, "adr_1")).isFalse();
    assertThat(stores.alertAddresses().delete(ACME, "adr_1")).isTrue();
    assertThat(
            stores
                .alertAddresses()
                .insert(new AlertAddress(ACME, "adr_y", new MailAddress("a2@acme.example"), NOW)))
        .isEqualTo(AlertAddressStore.Inserted.THERE);
  }
}
