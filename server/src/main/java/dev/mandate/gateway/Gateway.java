package dev.mandate.gateway;

import dev.mandate.domain.revocation.Freshness;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.gateway.caller.Callers;
import dev.mandate.gateway.mandating.Standing;
import dev.mandate.gateway.mandating.Standings;
import dev.mandate.gateway.mandating.Targets;
import dev.mandate.gateway.relay.CallLog;
import dev.mandate.gateway.relay.OpenCall;
import dev.mandate.gateway.relay.Relay;
import dev.mandate.gateway.routing.Mount;
import dev.mandate.gateway.routing.Mounts;
import dev.mandate.gateway.snapshot.TenantKey;
import dev.mandate.platform.http.HttpListener;
import dev.mandate.platform.http.StreamingEndpoint;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpServerRequest;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The governed LLM gateway of all tenants: it finds the upstream that a path names, and has an ear
/// for everything that takes rights away.
public final class Gateway implements StreamingEndpoint, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Gateway.class);

  /// How often time-outs and ends of rights are looked for.
  private static final long WATCH_MILLIS = 100;

  private final Vertx vertx;
  private final Issuers issuers;
  private final InstantSource clock;
  private final Freshness freshness;
  private final WorkerExecutor workers;
  private final Callers callers;
  private final Mounts mounts;
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
    this.issuers = parts.issuers();
    this.clock = parts.clock();
    this.freshness = parts.changes().freshness();
    this.workers = vertx.createSharedWorkerExecutor("gateway", parts.config().workers());
    CallLog callLog = new CallLog(parts);
    this.callers = new Callers(parts, workers);
    this.mounts = new Mounts(parts, workers);
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
    for (Tenant tenant : parts.tenants().all()) {
      callers
          .revoked()
          .addAll(tenant.id(), parts.revokedTokens().live(tenant.id(), clock.instant()));
    }
  }

  @Override
  public void handle(String id, @Nullable String slug, String path, HttpServerRequest exchange) {
    TenantId tenant = issuers.of(slug).tenant();
    List<Mount> known = mounts.cached(tenant);
    if (known != null) {
      enter(id, known, path, exchange);
      return;
    }
    exchange.pause();
    mounts.load(
        tenant,
        (loaded, failure) -> {
          if (loaded != null) {
            enter(id, loaded, path, exchange);
          } else {
            log.error("{} the upstreams of tenant {} could not be read", id, tenant, failure);
            HttpListener.write(
                exchange, HttpListener.problem(503, "overloaded", "try again", id));
          }
        });
  }

  private void enter(String id, List<Mount> known, String path, HttpServerRequest exchange) {
    Mount mount = Mounts.find(known, path);
    if (mount == null) {
      HttpListener.write(exchange, HttpListener.nothing(exchange, id));
    } else if (!cors.apply(mount.issuer().tenant(), exchange)) {
      String rest = path.substring(mount.prefix().length() - 1);
      pipeline.begin(new PendingCall(id, mount, rest, exchange, vertx.getOrCreateContext()));
    }
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
      case Change.ApiKeyRevoked(var tenant, var apiKey) -> callers.apiKeyRevoked(tenant, apiKey);
      case Change.TokenRevoked(var tenant, var jti, var expiresAt) ->
          callers.revoked().add(tenant, jti, expiresAt);
      case Change.PolicyChanged(var tenant) -> {
        mounts.policyChanged(tenant);
        targets.policyChanged(tenant);
      }
      case Change.MandateRevoked _,
          Change.UserChanged _,
          Change.ClientChanged _,
          Change.TenantChanged _ -> {
        // They live in the standings only.
      }
    }
    standings.changed(change);
    changesHeard.incrementAndGet();
    switch (change) {
      case Change.MandateRevoked(var tenant, var mandate) ->
          relay.open().cutMandate(tenant, mandate);
      case Change.TokenRevoked(var tenant, var jti, var _) -> relay.open().cutToken(tenant, jti);
      case Change.ApiKeyRevoked(var tenant, var apiKey) -> relay.open().cutApiKey(tenant, apiKey);
      case Change.UserChanged(var tenant, var user) ->
          admitAgain(
              tenant,
              call ->
                  call.standing().rights() != null
                      && user.equals(call.standing().rights().mandate().user()));
      case Change.ClientChanged(var tenant, var client) ->
          admitAgain(
              tenant,
              call ->
                  call.standing().rights() != null
                      && client.equals(call.standing().rights().mandate().client()));
      case Change.PolicyChanged(var tenant) -> admitAgain(tenant, _ -> true);
      case Change.TenantChanged(var tenant) -> admitAgain(tenant, _ -> true);
    }
  }

  /// Holds open calls against the rights as they are now.
  private void admitAgain(TenantId tenant, Predicate<OpenCall> which) {
    watch.runOnContext(
        _ ->
            relay
                .open()
                .byMandate(tenant, which)
                .forEach(
                    (mandate, calls) ->
                        standings.load(
                            mandate,
                            (standing, failure) -> decide(mandate, calls, standing, failure))));
  }

  private void decide(
      TenantKey<MandateId> mandate,
      List<OpenCall> calls,
      @Nullable Standing standing,
      @Nullable Throwable failure) {
    if (standing == null) {
      log.error("the rights of mandate {} could not be read again", mandate.key(), failure);
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
