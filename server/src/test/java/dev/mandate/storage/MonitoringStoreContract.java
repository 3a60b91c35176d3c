package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.monitoring.Activity;
import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.monitoring.Finding;
import dev.mandate.domain.monitoring.FindingStore;
import dev.mandate.domain.monitoring.Monitor;
import dev.mandate.domain.monitoring.Observed;
import dev.mandate.domain.monitoring.Restraint;
import dev.mandate.domain.monitoring.RestraintStore;
import dev.mandate.domain.monitoring.Restraints;
import dev.mandate.domain.monitoring.Usual;
import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.notice.NoticeStore;
import dev.mandate.domain.notice.Outbox;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.revocation.Freshness;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.TokenSource;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What was seen, learned and found of callers, and who is held back.
abstract class MonitoringStoreContract extends StoreContract {
  private static final CallerId KEY = CallerId.of(ACME, new ApiKeyId("key_1"));

  MonitoringStoreContract(Opening opening) {
    super(opening);
  }

  private static Observed seen(CallerId caller, long slot, long calls, long network) {
    return new Observed(
        caller, slot, calls, 1, 10, new TreeSet<>(List.of(network)), new TreeSet<>(List.of("m")));
  }

  private static Finding finding(String id, TenantId tenant, Instant at) {
    return new Finding(
        id,
        CallerId.of(tenant, new ApiKeyId("key_1")),
        Finding.Kind.NETWORK,
        "o",
        "e",
        Finding.Response.SUSPEND,
        at);
  }

  @Test
  void whatNodesSawIsSummedAndLearnedOnce() {
    CallerId theirs = CallerId.of(GLOBEX, new ApiKeyId("key_1"));
    stores.monitoring().add("a", List.of(seen(KEY, 5, 2, 1), seen(theirs, 5, 9, 1)));
    stores.monitoring().add("a", List.of(seen(KEY, 5, 3, 2)));
    stores.monitoring().add("b", List.of(seen(KEY, 5, 4, 2), seen(KEY, 6, 1, 2)));
    List<Observed> all =
        Objects.requireNonNull(stores.monitoring().seen(ACME, List.of(KEY)).get(KEY));
    assertThat(all).extracting(Observed::calls).containsExactly(9L, 1L);
    assertThat(all.getFirst().networks()).containsExactly(1L, 2L);
    assertThat(all.getFirst().costMicros()).isEqualTo(30);
    assertThat(stores.monitoring().unlearned(6, 9)).containsExactlyInAnyOrder(KEY, theirs);
    AtomicInteger folds = new AtomicInteger();
    race(
        RACERS,
        _ -> {
          stores
              .monitoring()
              .learn(
                  KEY,
                  6,
                  (baseline, slot) -> {
                    folds.addAndGet((int) slot.calls());
                    return Monitor.folded(baseline, slot);
                  });
          return 0;
        });
    assertThat(folds).hasValue(9);
    Usual usual = Objects.requireNonNull(Usual.of(KEY, stores.monitoring().baseline(KEY)));
    assertThat(usual.models()).containsExactly("m");
    assertThat(usual.learned()).isFalse();
    assertThat(stores.monitoring().seen(ACME, List.of(KEY)).get(KEY)).hasSize(1);
    assertThat(stores.monitoring().baseline(theirs)).isNull();
    assertThat(stores.monitoring().forget(theirs)).isFalse();
    assertThat(stores.monitoring().forget(KEY)).isTrue();
    assertThat(stores.monitoring().baseline(KEY)).isNull();
  }

  @Test
  void ofRacingNodesOneRaisesAFindingAndItsCallerIsHeldBackEverywhere() {
    Restraint suspension = new Restraint(KEY, NOW, null, "fnd_0");
    List<Boolean> raised =
        race(
            RACERS,
            i ->
                stores
                    .findings()
                    .raise(
                        finding("fnd_" + i, ACME, NOW),
                        suspension,
                        NOW.minusSeconds(1),
                        List::isEmpty));
    assertThat(Collections.frequency(raised, true)).isEqualTo(1);
    assertThat(heard)
        .containsExactly(new Change.CallerRestrained(ACME, "api_key:key_1", true, null));
    assertThat(stores.findings().findings(ACME, new FindingStore.Filter(null, null), null, 9))
        .hasSize(1);
    assertThat(stores.findings().findings(GLOBEX, new FindingStore.Filter(null, null), null, 9))
        .isEmpty();
    // Nothing less replaces a suspension, and a node that starts now knows of it.
    Restraint throttle = new Restraint(KEY, NOW, NOW.plusSeconds(60), "fnd_x");
    stores.findings().raise(finding("fnd_x", ACME, NOW.plusSeconds(9)), throttle, NOW, _ -> true);
    Restraints started = new Restraints(stores.restraints(), changes, clock);
    assertThat(started.isSuspended(ACME, new ApiKeyId("key_1"), null, NOW)).isTrue();
    assertThat(started.isSuspended(GLOBEX, new ApiKeyId("key_1"), null, NOW)).isFalse();
    assertThat(stores.restraints().release(CallerId.of(GLOBEX, new ApiKeyId("key_1")))).isFalse();
    assertThat(stores.restraints().release(KEY)).isTrue();
    assertThat(started.until(ACME, new ApiKeyId("key_1"), null, NOW)).isNull();
    assertThat(stores.restraints().release(KEY)).isFalse();
  }

  @Test
  void aThrottleEndsByItself() {
    Restraints restraints = new Restraints(stores.restraints(), changes, clock);
    stores
        .findings()
        .raise(
            finding("fnd_1", ACME, NOW),
            new Restraint(KEY, NOW, NOW.plusSeconds(60), "fnd_1"),
            NOW,
            _ -> true);
    ApiKeyId key = new ApiKeyId("key_1");
    assertThat(restraints.until(ACME, key, null, NOW)).isEqualTo(NOW.plusSeconds(60));
    assertThat(restraints.isSuspended(ACME, key, null, NOW)).isFalse();
    assertThat(restraints.until(ACME, key, null, NOW.plusSeconds(60))).isNull();
    assertThat(stores.restraints().all(NOW.plusSeconds(60))).isEmpty();
  }

  @Test
  void aNodeThatHearsTooLittleOfTheOthersAsksWhoIsSuspended() {
    AtomicLong nanos = new AtomicLong();
    ChangeFeed deaf = new ChangeFeed(new Freshness(Duration.ofSeconds(5), nanos::get));
    Restraints restraints = new Restraints(stores.restraints(), deaf, clock);
    ApiKeyId key = new ApiKeyId("key_1");
    ClientId client = new ClientId("client_1");
    CallerId ofClient = CallerId.of(ACME, client);
    assertThat(restraints.admits(ACME, key, client)).isTrue();
    for (CallerId caller : List.of(KEY, ofClient)) {
      deaf.freshness().heard(nanos.get());
      stores.restraints().hold(new Restraint(caller, NOW, null, "fnd_1"));
      assertThat(restraints.admits(ACME, key, client)).as("it relies on what it hears").isTrue();
      nanos.addAndGet(Duration.ofMillis(1_001).toNanos());
      assertThat(restraints.admits(ACME, key, client)).as(caller.text()).isFalse();
      assertThat(restraints.admits(GLOBEX, key, client)).isTrue();
      // Nor is anybody refused by what is no longer true.
      deaf.publish(new Change.CallerRestrained(ACME, caller.text(), true, null));
      stores.restraints().release(caller);
      assertThat(restraints.admits(ACME, key, client)).isTrue();
      deaf.publish(new Change.CallerRestrained(ACME, caller.text(), false, null));
    }
    // A throttle is the gateway's alone.
    stores.restraints().hold(new Restraint(KEY, NOW, NOW.plusSeconds(60), "fnd_1"));
    assertThat(restraints.admits(ACME, key, client)).isTrue();
  }

  @Test
  void whoIsLetGoOnWhileANodeStartsIsNotHeldBackThere() {
    stores.restraints().hold(new Restraint(KEY, NOW, null, "fnd_1"));
    RestraintStore slow = new LateRead(stores.restraints());
    Restraints started = new Restraints(slow, changes, clock);
    assertThat(started.admits(ACME, new ApiKeyId("key_1"), null)).isTrue();
    stores.restraints().hold(new Restraint(KEY, NOW, null, "fnd_2"));
    assertThat(started.admits(ACME, new ApiKeyId("key_1"), null)).isFalse();
  }

  /// Has all of them read, lets one go, and only then hands over what was read.
  private record LateRead(RestraintStore store) implements RestraintStore {
    @Override
    public List<Restraint> all(Instant now) {
      List<Restraint> read = store.all(now);
      assertThat(store.release(KEY)).isTrue();
      return read;
    }

    @Override
    public List<Restraint> page(TenantId tenant, @Nullable String after, int limit) {
      return store.page(tenant, after, limit);
    }

    @Override
    public @Nullable Restraint find(CallerId caller) {
      return store.find(caller);
    }

    @Override
    public boolean hold(Restraint restraint) {
      return store.hold(restraint);
    }

    @Override
    public boolean release(CallerId caller) {
      return store.release(caller);
    }
  }

  @Test
  void theDecisionOfATenantIsItsOwnAndComparedBeforeItIsReplaced() {
    Finding.Kind kind = Finding.Kind.SPEND;
    assertThat(stores.findings().respond(ACME, kind, null, Finding.Response.SUSPEND)).isTrue();
    assertThat(stores.findings().respond(ACME, kind, null, Finding.Response.NOTHING)).isFalse();
    assertThat(stores.findings().responses(ACME)).containsEntry(kind, Finding.Response.SUSPEND);
    assertThat(stores.findings().responses(GLOBEX)).isEmpty();
  }

  /// Nine days of a steady key, then twenty times as much; a restart between.
  @Test
  void aKeyThatIsLearnedOverARestartIsSuspendedWhenItBursts() {
    stores.findings().respond(ACME, Finding.Kind.REQUESTS, null, Finding.Response.SUSPEND);
    TokenSource ids = new TokenSource(new SecureRandom(), clock);
    Restraints restraints = new Restraints(stores.restraints(), changes, clock);
    for (int day = 0; day < 9; day++) {
      // Nothing in memory outlives a round.
      Activity activity = new Activity(clock);
      Monitor monitor = monitor(activity, ids);
      for (int slot = 0; slot < 3; slot++) {
        calls(activity, 40);
        monitor.round();
        clock.advance(Duration.ofMillis(Observed.SLOT_MILLIS));
      }
      clock.advance(Duration.ofDays(1).minusMillis(3 * Observed.SLOT_MILLIS));
      monitor.round();
    }
    assertThat(notices()).isEmpty();
    Usual usual = Objects.requireNonNull(Usual.of(KEY, stores.monitoring().baseline(KEY)));
    assertThat(usual.networks()).containsExactly("198.51.100.0/24");
    Activity activity = new Activity(clock);
    Monitor monitor = monitor(activity, ids);
    calls(activity, 800);
    monitor.round();
    calls(activity, 10);
    monitor.round();
    assertThat(notices())
        .singleElement()
        .satisfies(
            kept -> {
              assertThat(kept.notice().kind()).isEqualTo(Notice.Kind.CALLER_SUSPENDED);
              assertThat(kept.notice().person()).isEqualTo(mia.id());
              assertThat(kept.notice().text()).contains("800 calls in 5 minutes");
            });
    assertThat(restraints.isSuspended(ACME, new ApiKeyId("key_1"), null, clock.instant())).isTrue();
  }

  @Test
  void whatWasFoundAndNotToldIsToldAfterARestartOnce() {
    // The process died behind each of these.
    stores.findings().raise(finding("fnd_1", ACME, NOW), null, NOW, _ -> true);
    Finding recorded =
        new Finding(
            "fnd_2", KEY, Finding.Kind.HOUR, "o", "e", Finding.Response.RECORD, NOW.plusSeconds(1));
    stores.findings().raise(recorded, null, NOW, _ -> true);
    Instant longAgo = NOW.minus(Duration.ofDays(20));
    stores.findings().raise(finding("fnd_0", ACME, longAgo), null, longAgo, _ -> true);
    assertThat(notices()).isEmpty();
    TokenSource ids = new TokenSource(new SecureRandom(), clock);
    for (int restart = 0; restart < 2; restart++) {
      Monitor monitor = monitor(new Activity(clock), ids);
      monitor.round();
      clock.advance(Duration.ofHours(1));
      monitor.round();
    }
    assertThat(notices())
        .singleElement()
        .satisfies(kept -> assertThat(kept.notice().once()).isEqualTo("fnd_1"));
    assertThat(stores.findings().untold(NOW.minusSeconds(1), 9)).isEmpty();
    // Another node died: whoever lives tells it within the hour.
    Monitor living = monitor(new Activity(clock), ids);
    living.round();
    stores
        .findings()
        .raise(finding("fnd_3", ACME, clock.instant()), null, clock.instant(), _ -> true);
    living.round();
    assertThat(notices()).hasSize(1);
    clock.advance(Duration.ofHours(1));
    living.round();
    assertThat(notices()).hasSize(2);
  }

  private List<NoticeStore.Kept> notices() {
    return stores.notices().page(ACME, NoticeStore.Filter.ALL, null, 9);
  }

  private Monitor monitor(Activity activity, TokenSource ids) {
    return new Monitor(
        activity,
        stores.monitoring(),
        stores.findings(),
        new Outbox(stores.notices(), ids, clock, false),
        stores.audit(),
        _ -> mia.id(),
        ids,
        clock,
        "node");
  }

  private static void calls(Activity activity, int count) {
    for (int i = 0; i < count; i++) {
      activity.called(KEY, "198.51.100.7", "gpt-5-mini", 100);
    }
  }
}
