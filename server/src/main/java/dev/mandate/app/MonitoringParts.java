package dev.mandate.app;

import dev.mandate.domain.apikey.ApiKey;
import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.monitoring.Activity;
import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.monitoring.Monitor;
import dev.mandate.domain.monitoring.Restraints;
import dev.mandate.domain.notice.Notices;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.storage.Stores;
import java.time.InstantSource;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What watches callers: the counts, who is held back, and the thread that looks.
final class MonitoringParts implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(MonitoringParts.class);

  /// How often counts go to the store: what a kill loses, and how late something is found.
  private static final long ROUND_SECONDS = 15;

  final Activity activity;
  final Restraints restraints;
  final Monitor monitor;
  private final ScheduledExecutorService schedule =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("monitoring").factory());

  MonitoringParts(
      Stores stores, Notices notices, ChangeFeed changes, TokenSource ids, InstantSource clock) {
    this.activity = new Activity(clock);
    this.restraints = new Restraints(stores.restraints(), changes, clock);
    this.monitor =
        new Monitor(
            activity,
            stores.monitoring(),
            stores.findings(),
            notices,
            stores.audit(),
            caller -> owner(stores, caller),
            ids,
            clock,
            stores.node().id().value());
  }

  private static @Nullable UserId owner(Stores stores, CallerId caller) {
    if (caller.kind() != CallerId.Kind.API_KEY) {
      return null;
    }
    ApiKey key = stores.apiKeys().find(caller.tenant(), new ApiKeyId(caller.id()));
    return key == null ? null : key.owner();
  }

  MonitoringParts start() {
    var _ =
        schedule.scheduleWithFixedDelay(
            this::round, ROUND_SECONDS, ROUND_SECONDS, TimeUnit.SECONDS);
    return this;
  }

  private void round() {
    try {
      monitor.round();
    } catch (RuntimeException e) {
      log.error("a round of monitoring failed; what it had counted is lost", e);
    }
  }

  /// Takes what is counted to the store.
  @Override
  public void close() {
    schedule.close();
    round();
  }
}
