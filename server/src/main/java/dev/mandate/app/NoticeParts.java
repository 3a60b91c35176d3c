package dev.mandate.app;

import dev.mandate.domain.notice.Deliveries;
import dev.mandate.domain.notice.Delivery;
import dev.mandate.domain.notice.MailSender;
import dev.mandate.domain.notice.Outbox;
import dev.mandate.domain.notice.Sender;
import dev.mandate.domain.notice.WebhookSender;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.upstream.Egress;
import dev.mandate.domain.vault.Vault;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.http.GuardedClient;
import dev.mandate.platform.mail.MailConfig;
import dev.mandate.platform.mail.Mailer;
import dev.mandate.storage.Stores;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What stands behind notices: who keeps them, and who sends them on.
final class NoticeParts implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(NoticeParts.class);

  /// How often deliveries are looked for that nobody here was told of: another node's, and those to
  /// be tried again.
  private static final long LOOK_SECONDS = 5;

  final Outbox outbox;
  final WebhookSender webhooks;
  private final GuardedClient http;
  private final Deliveries deliveries;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicBoolean woken = new AtomicBoolean();
  private final ScheduledExecutorService schedule =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("deliveries").factory());

  /// @param mail null when this server sends none
  NoticeParts(
      Vertx vertx,
      Stores stores,
      Vault vault,
      Egress egress,
      TokenSource ids,
      Issuers issuers,
      @Nullable MailConfig mail,
      InstantSource clock) {
    this.http = new GuardedClient(vertx, InetAddress::getAllByName, GuardedClient.Bounds.STANDARD);
    this.webhooks = new WebhookSender(stores.webhooks(), vault, egress, http);
    this.outbox = new Outbox(stores.notices(), ids, clock, mail != null);
    Map<Delivery.Channel, Sender> senders = new EnumMap<>(Delivery.Channel.class);
    senders.put(Delivery.Channel.WEBHOOK, webhooks);
    if (mail != null) {
      senders.put(
          Delivery.Channel.MAIL,
          new MailSender(new Mailer(mail), notice -> issuers.of(notice.tenant()).url("/notices")));
    }
    this.deliveries =
        new Deliveries(stores.deliveries(), stores.notices(), senders, clock, threads);
    outbox.wakes(this::wake);
  }

  NoticeParts start() {
    var _ = schedule.scheduleWithFixedDelay(this::look, 1, LOOK_SECONDS, TimeUnit.SECONDS);
    return this;
  }

  private void wake() {
    if (woken.compareAndSet(false, true)) {
      try {
        schedule.execute(this::look);
      } catch (RejectedExecutionException _) {
        // The server stops; who starts next finds it in the outbox.
        woken.set(false);
      }
    }
  }

  private void look() {
    woken.set(false);
    try {
      deliveries.begin();
    } catch (RuntimeException e) {
      log.error("looking for deliveries failed; it is tried again", e);
    }
  }

  /// What is being sent is broken off, and tried again by whoever is left.
  @Override
  public void close() {
    schedule.close();
    threads.shutdownNow();
    threads.close();
    http.close();
  }
}
