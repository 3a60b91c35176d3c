package dev.mandate.gateway;

import dev.mandate.domain.apikey.ApiKeyId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.promptlog.PromptLog;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.revocation.Freshness;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.gateway.caller.Caller;
import dev.mandate.gateway.caller.Callers;
import dev.mandate.gateway.classifying.Classifying;
import dev.mandate.gateway.keeping.Keeping;
import dev.mandate.gateway.keeping.KeptObjects;
import dev.mandate.gateway.limiting.Limiting;
import dev.mandate.gateway.line.Lines;
import dev.mandate.gateway.mandating.Keyring;
import dev.mandate.gateway.mandating.Payers;
import dev.mandate.gateway.mandating.Standing;
import dev.mandate.gateway.mandating.Standings;
import dev.mandate.gateway.mandating.Targets;
import dev.mandate.gateway.relay.CallLog;
import dev.mandate.gateway.relay.OpenCall;
import dev.mandate.gateway.relay.Relay;
import dev.mandate.gateway.relay.Watching;
import dev.mandate.gateway.routing.Mount;
import dev.mandate.gateway.routing.Mounts;
import dev.mandate.gateway.snapshot.TenantKey;
import dev.mandate.platform.http.HttpListener;
import dev.mandate.platform.http.StreamingEndpoint;
import dev.mandate.platform.metrics.Label;
import dev.mandate.platform.metrics.Meters;
import dev.mandate.platform.observe.RequestFacts;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpServerRequest;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The governed LLM gateway of all tenants: it finds the upstream that a path names, and has an ear
/// for everything that takes rights away.
public final class Gateway implements StreamingEndpoint, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Gateway.class);

  /// The template of all upstreams' routes, for whoever counts: their names are the tenant's.
  static final String UPSTREAM = "/{upstream}";

  /// How often time-outs and ends of rights are looked for.
  private static final long WATCH_MILLIS = 100;

  private static final Label<String> CACHES =
      Label.texts("cache", List.of("callers", "upstreams", "rights", "stored_objects"));

  private final Vertx vertx;
  private final Issuers issuers;
  private final InstantSource clock;
  private final Freshness freshness;
  private final PromptLog promptLog;
  private final WorkerExecutor workers;
  private final Callers callers;
  private final Watching watching;
  private final Mounts mounts;
  private final Keyring keyring;
  private final Lines lines;
  private final Targets targets;
  private final Payers payers;
  private final Standings standings;
  private final Classifying classifying;
  private final KeptObjects objects;
  private final BodyReader bodies;
  private final Limiting limiting;
  private final Relay relay;
  private final Pipeline pipeline;
  private final Cors cors;
  private final Context watch;
  private final long timer;
  private final AtomicLong changesHeard = new AtomicLong();

  /// Blocking: loads the revoked tokens.
  public Gateway(GatewayParts parts) {
    this.vertx = parts.vertx();
    this.promptLog = parts.promptLog();
    this.issuers = parts.issuers();
    this.clock = parts.clock();
    this.freshness = parts.changes().freshness();
    this.workers = vertx.createSharedWorkerExecutor("gateway", parts.config().workers());
    CallMeters meters = new CallMeters(parts.meters());
    this.callers = new Callers(parts, workers);
    this.watching = new Watching(parts.activity(), parts.restraints(), clock);
    CallLog callLog = new CallLog(parts, meters, watching);
    this.mounts = new Mounts(parts, workers);
    this.keyring = new Keyring(parts.credentials(), parts.vault());
    this.lines = new Lines(parts.config(), System::nanoTime);
    this.targets = new Targets(parts, workers, keyring, lines);
    this.payers = new Payers(parts, workers, keyring);
    this.standings = new Standings(parts, workers);
    this.classifying = new Classifying(parts, workers, meters);
    this.bodies = new BodyReader(parts.config());
    this.limiting = new Limiting(parts, workers);
    this.relay = new Relay(parts, callers, callLog, meters);
    this.objects = new KeptObjects(parts, workers);
    this.pipeline =
        new Pipeline(
            parts,
            workers,
            changesHeard::get,
            callers,
            watching,
            targets,
            standings,
            payers,
            classifying,
            bodies,
            mounts,
            limiting,
            relay,
            new Keeping(parts, workers, objects, relay),
            callLog,
            meters);
    this.cors = new Cors(parts.cors());
    this.watch = vertx.getOrCreateContext();
    this.timer = vertx.setPeriodic(WATCH_MILLIS, _ -> watch());
    meter(parts.meters());
    parts.rateLimiter().onPlacesLost(this::cutLentPlaces);
    // Listening first: what is revoked while the list loads is in neither otherwise.
    parts.changes().subscribe(this::changed);
    for (Tenant tenant : parts.tenants().all()) {
      callers
          .revoked()
          .addAll(tenant.id(), parts.revokedTokens().live(tenant.id(), clock.instant()));
    }
  }

  @Override
  public void handle(
      RequestFacts facts, @Nullable String slug, String path, HttpServerRequest exchange) {
    TenantId tenant = issuers.of(slug).tenant();
    facts.tenant(tenant.value());
    List<Mount> known = mounts.cached(tenant);
    if (known != null) {
      enter(facts, known, path, exchange);
      return;
    }
    exchange.pause();
    mounts.load(
        tenant,
        (loaded, failure) -> {
          if (loaded != null) {
            enter(facts, loaded, path, exchange);
          } else {
            log.error(
                "{} the upstreams of tenant {} could not be read", facts.id(), tenant, failure);
            HttpListener.write(
                exchange, HttpListener.problem(503, "overloaded", "try again", facts.id()));
          }
        });
  }

  private void enter(
      RequestFacts facts, List<Mount> known, String path, HttpServerRequest exchange) {
    Mount mount = Mounts.find(known, path);
    if (mount == null) {
      HttpListener.write(exchange, HttpListener.nothing(exchange, facts.id()));
      return;
    }
    facts.route(UPSTREAM);
    if (!cors.apply(mount.issuer().tenant(), exchange)) {
      String rest = path.substring(mount.prefix().length() - 1);
      pipeline.begin(new PendingCall(facts, mount, rest, exchange, vertx.getOrCreateContext()));
    }
  }

  /// Tells how the caches do, at each scrape.
  private void meter(Meters meters) {
    meters.gauge("mandate.gateway.open.calls", "", "Calls under way", this::openCalls);
    meters.counted("mandate.prompt.log.kept", "", "Calls whose texts were kept", promptLog::kept);
    meters.counted(
        "mandate.prompt.log.dropped",
        "",
        "Calls whose texts should have been kept and were not: the queue was full, or the store"
            + " away",
        promptLog::dropped);
    lines.meter(meters);
    callers.cache().meter(meters, CACHES, "callers");
    targets.cache().meter(meters, CACHES, "upstreams");
    standings.cache().meter(meters, CACHES, "rights");
    objects.cache().meter(meters, CACHES, "stored_objects");
  }

  /// How upstreams are, as this node finds them.
  public Lines lines() {
    return lines;
  }

  /// Calls under way now.
  public int openCalls() {
    return relay.open().count();
  }

  /// With which credentials calls are under way now, by tenant.
  public Map<TenantId, Set<String>> openCredentials() {
    return relay.open().credentials();
  }

  /// When credentials were last used, as far as this was not told before, by tenant.
  public Map<TenantId, Map<String, Instant>> takeUsedCredentials() {
    return keyring.takeUsed();
  }

  private void watch() {
    long nanos = System.nanoTime();
    Instant now = clock.instant();
    relay.open().check(nanos, now);
    if (!freshness.mayStreamsGoOn()) {
      relay
          .open()
          .cutAll(
              Refusal.of(
                  Refusal.Code.NODE_STALE,
                  "the call was ended, for this server has not heard of revocations for "
                      + Freshness.STREAMS_MAX.toSeconds()
                      + " s"));
    }
    if (!limiting.placesHold()) {
      cutLentPlaces();
    }
    bodies.check(nanos, pipeline::refuse);
    callers.revoked().purge(now);
  }

  /// Others may give their places to calls of their own soon (design §6).
  private void cutLentPlaces() {
    relay
        .open()
        .cutLentPlaces(
            Refusal.of(
                Refusal.Code.NODE_STALE,
                "the call was ended, for this server could not show that it holds its place among"
                    + " those that its rate limit allows"));
  }

  /// Drops what is cached, then counts, then cuts: a call that looked its rights up before the drop
  /// finds another count, or is in the registry to be cut.
  private void changed(Change change) {
    switch (change) {
      case Change.ApiKeyRevoked(var tenant, var apiKey) -> callers.apiKeyChanged(tenant, apiKey);
      case Change.ApiKeyChanged(var tenant, var apiKey) -> callers.apiKeyChanged(tenant, apiKey);
      case Change.TokenRevoked(var tenant, var jti, var expiresAt) ->
          callers.revoked().add(tenant, jti, expiresAt);
      case Change.PolicyChanged(var tenant) -> {
        mounts.policyChanged(tenant);
        classifying.policyChanged(tenant);
        targets.changed(tenant);
        payers.changed(tenant);
        objects.changed(tenant);
        limiting.changed(tenant);
      }
      case Change.TenantChanged(var tenant) -> {
        // No secret of a tenant that is not served stays in memory.
        targets.changed(tenant);
        payers.changed(tenant);
      }
      case Change.CredentialRevoked(var tenant, var credential) -> {
        targets.credentialRevoked(tenant, credential);
        payers.changed(tenant);
      }
      case Change.UserChanged(var tenant, var user) -> payers.changed(tenant, user);
      case Change.MandateRevoked _, Change.ClientChanged _, Change.CallerRestrained _ -> {
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
      case Change.CredentialRevoked(var tenant, var credential) ->
          relay.open().cutCredential(tenant, credential);
      case Change.ApiKeyChanged(var tenant, var apiKey) -> authenticateAgain(tenant, apiKey);
      case Change.CallerRestrained(var tenant, var _, var held, var until) -> {
        if (held && until == null) {
          watching.cutSuspended(tenant, relay.open());
        }
      }
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

  /// Cuts the key's open calls whose secret works no longer.
  private void authenticateAgain(TenantId tenant, ApiKeyId apiKey) {
    watch.runOnContext(
        _ ->
            relay
                .open()
                .ofApiKey(tenant, apiKey)
                .forEach(
                    call ->
                        callers.again(
                            call.caller(), (caller, failure) -> decide(call, caller, failure))));
  }

  private void decide(OpenCall call, @Nullable Caller caller, @Nullable Throwable failure) {
    if (caller == null) {
      call.cut(
          failure instanceof Refusal why
              ? why
              : Refusal.of(Refusal.Code.OVERLOADED, "the API key could not be read again"));
    } else if (caller.dead() != null) {
      call.cut(caller.dead());
    } else if (!clock.instant().isBefore(caller.expiresAt())) {
      call.cut(Refusal.of(Refusal.Code.INVALID_TOKEN, "the API key was rotated"));
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
