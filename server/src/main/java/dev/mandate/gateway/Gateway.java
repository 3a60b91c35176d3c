package dev.mandate.gateway;

import dev.mandate.domain.revocation.Freshness;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.gateway.caller.Callers;
import dev.mandate.gateway.mandating.Standing;
import dev.mandate.gateway.mandating.Standings;
import dev.mandate.gateway.mandating.Targets;
import dev.mandate.gateway.relay.CallLog;
import dev.mandate.gateway.relay.OpenCall;
import dev.mandate.gateway.relay.Relay;
import dev.mandate.platform.http.StreamingEndpoint;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The governed LLM gateway of one issuer: an endpoint for each upstream, and an ear for everything
/// that takes rights away.
public final class Gateway implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Gateway.class);

  /// How often time-outs and ends of rights are looked for.
  private static final long WATCH_MILLIS = 100;

  private final Vertx vertx;
  private final InstantSource clock;
  private final Freshness freshness;
  private final WorkerExecutor workers;
  private final Callers callers;
  private final Targets targets;
  private final Standings standings;
  private final BodyReader bodies;
  private final Relay relay;
  private final Pipeline pipeline;
  private final Cors cors;
  private final Context watch;
  private final long timer;
  private final AtomicLong changesHeard = new AtomicLong();

  /// Blocking: loads the revoked tokens.
  public Gateway(GatewayParts parts) {
    this.vertx = parts.vertx();
    this.clock = parts.clock();
    this.freshness = parts.changes().freshness();
    this.workers = vertx.createSharedWorkerExecutor("gateway", parts.config().workers());
    CallLog callLog = new CallLog(parts);
    this.callers = new Callers(parts, workers);
    this.targets = new Targets(parts, workers);
    this.standings = new Standings(parts, workers);
    this.bodies = new BodyReader(parts.config());
    this.relay = new Relay(parts, callers, callLog);
    this.pipeline =
        new Pipeline(
            parts, workers, changesHeard::get, callers, targets, standings, bodies, relay, callLog);
    this.cors = new Cors(parts.cors());
    this.watch = vertx.getOrCreateContext();
    this.timer = vertx.setPeriodic(WATCH_MILLIS, _ -> watch());
    // Listening first: what is revoked while the list loads is in neither otherwise.
    parts.changes().subscribe(this::changed);
    callers.revoked().addAll(parts.revokedTokens().live(parts.issuer().tenant(), clock.instant()));
  }

  /// What serves an upstream's paths; mount it at `/{name}/`.
  public StreamingEndpoint endpoint(Upstream upstream) {
    return (id, path, exchange) -> {
      if (!cors.apply(exchange)) {
        pipeline.begin(new PendingCall(id, upstream, path, exchange, vertx.getOrCreateContext()));
      }
    };
  }

  /// Calls under way now.
  public int openCalls() {
    return relay.open().count();
  }

  private void watch() {
    long nanos = System.nanoTime();
    Instant now = clock.instant();
    relay.open().check(nanos, now);
    if (!freshness.mayStreamsGoOn()) {
      relay.open().cutAll(
          Refusal.of(
              Refusal.Code.NODE_STALE,
              "the call was ended, for this server has not heard of revocations for "
                  + Freshness.STREAMS_MAX.toSeconds()
                  + " s"));
    }
    bodies.check(nanos, pipeline::refuse);
    callers.revoked().purge(now);
  }

  /// Drops what is cached, then counts, then cuts: a call that looked its rights up before the drop
  /// finds another count, or is in the registry to be cut.
  private void changed(Change change) {
    switch (change) {
      case Change.ApiKeyRevoked key -> callers.apiKeyRevoked(key.apiKey());
      case Change.TokenRevoked token -> callers.revoked().add(token.jti(), token.expiresAt());
      case Change.PolicyChanged _ -> targets.policyChanged();
      case Change.MandateRevoked _, Change.UserChanged _, Change.ClientChanged _ -> {
        // They live in the standings only.
      }
    }
    standings.changed(change);
    changesHeard.incrementAndGet();
    switch (change) {
      case Change.MandateRevoked mandate -> relay.open().cutMandate(mandate.mandate());
      case Change.TokenRevoked token -> relay.open().cutToken(token.jti());
      case Change.ApiKeyRevoked key -> relay.open().cutApiKey(key.apiKey());
      case Change.UserChanged user ->
          admitAgain(
              call ->
                  call.standing().rights() != null
                      && user.user().equals(call.standing().rights().mandate().user()));
      case Change.ClientChanged client ->
          admitAgain(
              call ->
                  call.standing().rights() != null
                      && client.client().equals(call.standing().rights().mandate().client()));
      case Change.PolicyChanged _ -> admitAgain(_ -> true);
    }
  }

  /// Holds open calls against the rights as they are now.
  private void admitAgain(Predicate<OpenCall> which) {
    watch.runOnContext(
        _ ->
            relay
                .open()
                .byMandate(which)
                .forEach(
                    (mandate, calls) ->
                        standings.load(
                            mandate,
                            (standing, failure) -> decide(mandate, calls, standing, failure))));
  }

  private void decide(
      MandateId mandate,
      List<OpenCall> calls,
      @Nullable Standing standing,
      @Nullable Throwable failure) {
    if (standing == null) {
      log.error("the rights of mandate {} could not be read again", mandate, failure);
      // Nobody knows whether they still hold (design §7).
      Refusal why =
          Refusal.of(Refusal.Code.OVERLOADED, "the mandate's rights could not be read again");
      calls.forEach(call -> call.cut(why));
      return;
    }
    Instant now = clock.instant();
    for (OpenCall call : calls) {
      try {
        call.admitAgain(standing, now);
      } catch (Refusal e) {
        call.cut(e);
      }
    }
  }

  @Override
  public void close() {
    vertx.cancelTimer(timer);
    relay.close();
    workers.close().toCompletionStage().toCompletableFuture().join();
  }
}
