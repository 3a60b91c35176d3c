package dev.mandate.domain.notice;

import dev.mandate.domain.tenant.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sends what is due, tries again what was not taken, and gives up in the end. A tenant whose
/// places answer slowly takes up one thread, and not the others' turn.
public final class Deliveries {
  private static final Logger log = LoggerFactory.getLogger(Deliveries.class);

  /// After the first attempt, the second …: about three days in all. The ones of the standard's
  /// example, less the last.
  static final List<Duration> PAUSES =
      List.of(
          Duration.ofSeconds(5),
          Duration.ofMinutes(5),
          Duration.ofMinutes(30),
          Duration.ofHours(2),
          Duration.ofHours(5),
          Duration.ofHours(10),
          Duration.ofHours(14),
          Duration.ofHours(20));

  /// Far longer than an attempt can take.
  static final Duration CLAIM = Duration.ofMinutes(2);

  /// Tenants that are sent for at a time, on this node.
  private static final int TENANTS_MAX = 16;

  /// Of one tenant before the others have their turn again.
  private static final int A_TURN = 10;

  private final DeliveryStore deliveries;
  private final NoticeStore notices;
  private final Map<Delivery.Channel, Sender> senders;
  private final InstantSource clock;
  private final ExecutorService threads;
  private final Semaphore room = new Semaphore(TENANTS_MAX);
  private final Set<TenantId> busy = ConcurrentHashMap.newKeySet();

  public Deliveries(
      DeliveryStore deliveries,
      NoticeStore notices,
      Map<Delivery.Channel, Sender> senders,
      InstantSource clock,
      ExecutorService threads) {
    this.deliveries = deliveries;
    this.notices = notices;
    this.senders = Map.copyOf(senders);
    this.clock = clock;
    this.threads = threads;
  }

  /// Begins to send what is due; called often, returns soon.
  public void begin() {
    for (TenantId tenant : deliveries.due(clock.instant())) {
      if (!busy.contains(tenant) && room.tryAcquire()) {
        if (busy.add(tenant)) {
          threads.execute(() -> turn(tenant));
        } else {
          room.release();
        }
      }
    }
  }

  private void turn(TenantId tenant) {
    try {
      for (int i = 0; i < A_TURN && next(tenant); i++) {
        // Until nothing is due, or the turn is over.
      }
    } catch (RuntimeException e) {
      log.error("deliveries of {} failed; they are tried again", tenant, e);
    } finally {
      busy.remove(tenant);
      room.release();
    }
  }

  /// Sends the delivery that is due the longest.
  ///
  /// @return false when there is none
  public boolean next(TenantId tenant) {
    Instant now = clock.instant();
    Delivery claimed = deliveries.claim(tenant, now, now.plus(CLAIM));
    if (claimed == null) {
      return false;
    }
    switch (attempt(claimed, now)) {
      case Sender.Attempt.Taken _ -> deliveries.delivered(claimed, clock.instant());
      case Sender.Attempt.NotTaken(var problem, var isFinal) -> {
        Instant again = isFinal ? null : nextAt(claimed, clock.instant());
        if (again == null) {
          log.warn(
              "delivery {} of {} is given up after {} attempts: {}",
              claimed.id(),
              tenant,
              claimed.attempts(),
              problem);
        }
        deliveries.failed(claimed, problem, again, clock.instant());
      }
    }
    return true;
  }

  private Sender.Attempt attempt(Delivery claimed, Instant now) {
    NoticeStore.Kept kept = notices.find(claimed.tenant(), claimed.notice());
    Sender sender = senders.get(claimed.channel());
    if (kept == null || sender == null) {
      return new Sender.Attempt.NotTaken(
          kept == null ? "the notice is gone" : "this server sends no mail", kept == null);
    }
    try {
      return sender.send(kept.notice(), claimed.target(), now);
    } catch (RuntimeException e) {
      log.error("delivery {} of {} failed here", claimed.id(), claimed.tenant(), e);
      return new Sender.Attempt.NotTaken("something failed here", false);
    }
  }

  private static @Nullable Instant nextAt(Delivery claimed, Instant now) {
    return claimed.attempts() > PAUSES.size() ? null : now.plus(PAUSES.get(claimed.attempts() - 1));
  }
}
