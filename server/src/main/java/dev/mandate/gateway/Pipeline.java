package dev.mandate.gateway;

import dev.mandate.domain.dpop.DpopProofs;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.gateway.caller.CallTags;
import dev.mandate.gateway.caller.Caller;
import dev.mandate.gateway.caller.Callers;
import dev.mandate.gateway.caller.Credential;
import dev.mandate.gateway.caller.Possession;
import dev.mandate.gateway.caller.SeenProofs;
import dev.mandate.gateway.classifying.Classifying;
import dev.mandate.gateway.injecting.OutwardHeaders;
import dev.mandate.gateway.keeping.Keeping;
import dev.mandate.gateway.keeping.KeptRoute;
import dev.mandate.gateway.limiting.Limiting;
import dev.mandate.gateway.mandating.KeySearch;
import dev.mandate.gateway.mandating.ModelList;
import dev.mandate.gateway.mandating.Payers;
import dev.mandate.gateway.mandating.Standing;
import dev.mandate.gateway.mandating.Standings;
import dev.mandate.gateway.mandating.Target;
import dev.mandate.gateway.mandating.Targets;
import dev.mandate.gateway.prompting.BodyScanner;
import dev.mandate.gateway.relay.CallLog;
import dev.mandate.gateway.relay.Relay;
import dev.mandate.gateway.relay.Watching;
import dev.mandate.gateway.routing.Endpoint;
import dev.mandate.gateway.routing.Mounts;
import dev.mandate.gateway.routing.QueryRules;
import dev.mandate.gateway.routing.Route;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// The stages of a call, in order; each is a method and a room beside it: the first three here, the
/// others in [PromptStages], or [KeptStages] where no model is run.
///
/// 1. *caller*: first of all, so that a stranger learns nothing and costs nothing; and, where its
///    token is bound to a key, that it has it.
/// 2. *routing*: before anything is looked up for an endpoint that isn't served.
/// 3. *mandating*: before the body is read, so that only those with rights make us hold one.
/// 4. *prompting*: reads and scans the body; the model it names is then held against the mandate,
///    and what it is about against what its sender may send. Before it, whether the caller's rate
///    limits let another call go at all.
/// 5. *limiting*: takes from the rate limits what the call needs, now that its tokens are bounded.
/// 6. *budgeting*: last of the checks, because it holds an amount that a refusal would have to
///    return.
/// 7. *injecting*: only what may go out gets the provider's key.
/// 8. *relay*, *settle*, *audit*: bytes through; what they cost is booked before the caller can
///    know that the answer is whole; then it is written down.
///
/// A stage throws a [Refusal], or goes on to the next one: at once where everything is in memory,
/// otherwise when what is missing was fetched by a worker, or by the thread of the leases.
final class Pipeline {
  private static final Limiting.Need ONE_REQUEST = new Limiting.Need(null, 0);

  private final WorkerExecutor workers;
  private final InstantSource clock;
  private final LongSupplier changesHeard;
  private final Callers callers;
  private final Possession possession;
  private final Watching watching;
  private final Targets targets;
  private final Standings standings;
  private final Payers payers;
  private final BodyReader bodies;
  private final Limiting limiting;
  private final CallMeters meters;
  private final Stages stages;
  private final PromptStages promptStages;
  private final KeptStages keptStages;

  Pipeline(
      GatewayParts parts,
      WorkerExecutor workers,
      LongSupplier changesHeard,
      Callers callers,
      Watching watching,
      Targets targets,
      Standings standings,
      Payers payers,
      Classifying classifying,
      BodyReader bodies,
      Mounts mounts,
      Limiting limiting,
      Relay relay,
      Keeping keeping,
      CallLog callLog,
      CallMeters meters) {
    this.workers = workers;
    this.clock = parts.clock();
    this.changesHeard = changesHeard;
    this.callers = callers;
    this.possession =
        new Possession(
            new DpopProofs(parts.nonces(), new SeenProofs(parts.clock()), parts.clock()));
    this.watching = watching;
    this.targets = targets;
    this.standings = standings;
    this.payers = payers;
    this.bodies = bodies;
    this.limiting = limiting;
    this.meters = meters;
    this.stages =
        new Stages(
            parts,
            workers,
            callers,
            classifying,
            mounts,
            limiting,
            relay,
            callLog,
            meters,
            this::caller);
    BodyScanner scanner =
        new BodyScanner(parts.config().jsonDepthMax(), parts.config().bodyBytesMax());
    this.promptStages =
        new PromptStages(
            stages,
            parts,
            workers,
            changesHeard,
            new KeySearch(targets, payers, changesHeard),
            classifying,
            scanner,
            relay,
            keeping);
    this.keptStages =
        new KeptStages(
            stages, parts, workers, changesHeard, callers, classifying, bodies, scanner, keeping);
  }

  void begin(PendingCall call) {
    stages.stage(call, this::caller);
  }

  private void caller(PendingCall call) {
    call.generation = changesHeard.getAsLong();
    call.refilled = null;
    call.objects = null;
    if (call.exchange.headers().contains(DpopProofs.HEADER)) {
      String nonce = possession.nonce(call.mount.issuer().tenant());
      call.exchange.response().putHeader(DpopProofs.NONCE_HEADER, nonce);
    }
    Credential.Presented credential = Credential.of(call.exchange.headers(), call.exchange.query());
    Caller known =
        callers.find(
            call.mount.issuer(),
            credential.secret(),
            stages.after(call, (next, caller) -> possession(next, caller, credential)));
    if (known != null) {
      possession(call, known, credential);
    } else {
      call.exchange.pause();
    }
  }

  /// Only tokens that are bound to a key come by a worker here: each call has a signature of its
  /// own.
  private void possession(PendingCall call, Caller caller, Credential.Presented credential) {
    if (!possession.isToBeProved(caller, credential) || call.proved) {
      routing(call, caller);
      return;
    }
    call.exchange.pause();
    String path = call.mount.prefix().substring(0, call.mount.prefix().length() - 1) + call.path;
    BiConsumer<@Nullable Boolean, @Nullable Throwable> then =
        stages.after(
            call,
            (next, proved) -> {
              next.proved = proved;
              routing(next, caller);
            });
    var _ =
        workers
            .executeBlocking(
                () -> {
                  possession.require(call.mount.issuer(), call.exchange, path, caller, credential);
                  return true;
                },
                false)
            .onComplete(proved -> then.accept(proved, null), failed -> then.accept(null, failed));
  }

  private void routing(PendingCall call, Caller caller) {
    call.caller = caller;
    // Before anything else is told: who has a stolen key learns nothing of what it opens.
    if (!caller.mayComeFrom(call.facts::peer)) {
      throw Refusal.of(
          Refusal.Code.ADDRESS_NOT_ALLOWED, "the API key is not taken from this address");
    }
    Provider provider = call.mount.provider();
    call.route = Route.of(provider, call.exchange.method().name(), call.path);
    if (call.route == null) {
      call.kept = KeptRoute.of(provider, call.exchange.method().name(), call.path);
    }
    if (call.kept != null) {
      call.facts.route(call.kept.template());
      call.kept.checkQuery(call.exchange.query());
      OutwardHeaders.check(provider, call.exchange.headers());
      target(call);
      return;
    }
    if (call.route == null) {
      throw Refusal.of(
          Refusal.Code.ROUTE_NOT_ALLOWED,
          "the gateway does not serve this method and path of '" + call.mount.upstream() + "'");
    }
    call.endpoint = call.route.endpoint();
    call.facts.route(call.route.template());
    QueryRules.check(provider, call.endpoint, call.query);
    OutwardHeaders.check(provider, call.exchange.headers());
    call.tags = CallTags.of(call.exchange.headers(), caller);
    target(call);
  }

  private void target(PendingCall call) {
    call.target = targets.cached(call.mount.key());
    if (call.target != null) {
      standing(call);
      return;
    }
    call.exchange.pause();
    targets.load(
        call.mount.key(),
        stages.after(
            call,
            (next, target) -> {
              next.target = target;
              standing(next);
            }));
  }

  private void standing(PendingCall call) {
    Caller caller = Stages.present(call.caller);
    Standing known = standings.cached(caller.payer());
    if (known != null) {
      keys(call, known);
      return;
    }
    call.exchange.pause();
    standings.load(caller.payer(), stages.after(call, this::keys));
  }

  /// Whose key pays is known before the rights are checked: they decide about the mandate as it is.
  private void keys(PendingCall call, Standing whole) {
    Target target = Stages.present(call.target);
    Standing standing = Stages.present(call.caller).standing(whole);
    call.standing = standing;
    call.keys = payers.cached(target, standing);
    if (call.keys != null) {
      mandating(call);
      return;
    }
    call.exchange.pause();
    payers.load(
        target,
        standing,
        stages.after(
            call,
            (next, keys) -> {
              next.keys = keys;
              mandating(next);
            }));
  }

  private void mandating(PendingCall call) {
    Caller caller = Stages.present(call.caller);
    Target target = Stages.present(call.target);
    Standing standing = Stages.present(call.standing);
    Instant now = clock.instant();
    CallLog.identify(call.facts, caller, standing);
    stages.refuseStale();
    // The mandate before the token: an access token never outlives its mandate, so an ended mandate
    // would otherwise always be told as an expired token.
    var _ = standing.live(now);
    callers.check(caller, target.resource(), now);
    watching.check(caller, standing, now);
    call.rates = limiting.path(caller, standing);
    if (call.rates == null) {
      call.exchange.pause();
      limiting.load(caller.tenant(), stages.after(call, (next, _) -> mandating(next)));
      return;
    }
    if (call.kept != null) {
      Standing.Entry entry = standing.keeping(target, call.kept.row().needs(), now);
      // Nobody waits long for what has no model run: it counts as a request, and not as a call
      // under
      // way.
      if (!stages.limit(call, ONE_REQUEST, this::mandating)) {
        return;
      }
      call.pass.end(0);
      keptStages.kept(call, call.kept, entry);
      return;
    }
    Endpoint endpoint = Stages.present(call.endpoint);
    standing.admit(target, endpoint, now);
    limiting.check(call.rates, target.provider(), call.exchange.response());
    callers.recordUse(caller, call.facts, now);
    if (endpoint.isModelList()) {
      if (!stages.limit(call, ONE_REQUEST, this::mandating)) {
        return;
      }
      call.pass.end(0);
      models(call, endpoint, target, standing.models(target, now));
    } else if (call.body != null) {
      promptStages.prompting(call, call.body);
    } else {
      call.bodyNanos = -System.nanoTime();
      bodies.read(
          call,
          stages.after(
              call,
              (next, body) -> {
                next.bodyNanos += System.nanoTime();
                promptStages.prompting(next, body);
              }));
    }
  }

  private void models(
      PendingCall call, Endpoint endpoint, Target target, Map<String, Model> given) {
    byte[] body =
        ModelList.answer(Stages.present(call.route).name(), target, given, call.exchange.query());
    HttpServerResponse response = call.exchange.resume().response();
    response.putHeader("content-type", "application/json");
    response.putHeader("cache-control", "no-store");
    meters.answered(target.provider(), endpoint);
    var _ = response.end(Buffer.buffer(body));
  }

  void refuse(PendingCall call, Refusal refusal) {
    stages.refuse(call, refusal);
  }
}
