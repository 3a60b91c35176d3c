package dev.mandate.gateway;

import dev.mandate.domain.budget.Budgets;
import dev.mandate.domain.budget.Call;
import dev.mandate.domain.dpop.DpopProofs;
import dev.mandate.domain.mandate.Rights;
import dev.mandate.domain.prompt.PromptText;
import dev.mandate.domain.ratelimit.Pass;
import dev.mandate.domain.ratelimit.RateLimiter;
import dev.mandate.domain.revocation.Freshness;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.gateway.budgeting.Holds;
import dev.mandate.gateway.caller.CallTags;
import dev.mandate.gateway.caller.Caller;
import dev.mandate.gateway.caller.Callers;
import dev.mandate.gateway.caller.Credential;
import dev.mandate.gateway.caller.Possession;
import dev.mandate.gateway.caller.SeenProofs;
import dev.mandate.gateway.classifying.Classifying;
import dev.mandate.gateway.injecting.OutwardHeaders;
import dev.mandate.gateway.keeping.Keeping;
import dev.mandate.gateway.keeping.KeptKeys;
import dev.mandate.gateway.keeping.KeptRoute;
import dev.mandate.gateway.limiting.Limiting;
import dev.mandate.gateway.mandating.KeySearch;
import dev.mandate.gateway.mandating.ModelList;
import dev.mandate.gateway.mandating.OtherKeys;
import dev.mandate.gateway.mandating.Payers;
import dev.mandate.gateway.mandating.ProviderKey;
import dev.mandate.gateway.mandating.Standing;
import dev.mandate.gateway.mandating.Standings;
import dev.mandate.gateway.mandating.Target;
import dev.mandate.gateway.mandating.Targets;
import dev.mandate.gateway.prompting.BodyEdits;
import dev.mandate.gateway.prompting.BodyScanner;
import dev.mandate.gateway.prompting.KeptShape;
import dev.mandate.gateway.prompting.Prompt;
import dev.mandate.gateway.prompting.Reference;
import dev.mandate.gateway.relay.CallLog;
import dev.mandate.gateway.relay.Outgoing;
import dev.mandate.gateway.relay.Relay;
import dev.mandate.gateway.relay.RelayedCall;
import dev.mandate.gateway.relay.Watching;
import dev.mandate.gateway.routing.Endpoint;
import dev.mandate.gateway.routing.Mounts;
import dev.mandate.gateway.routing.QueryRules;
import dev.mandate.gateway.routing.Route;
import dev.mandate.platform.http.BadRequest;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The stages of a call, in order; each is a method here and a room beside it.
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
  private static final Logger log = LoggerFactory.getLogger(Pipeline.class);
  private static final int RESTARTS_MAX = 5;
  private static final Limiting.Need ONE_REQUEST = new Limiting.Need(null, 0);

  /// What was fetched for a call may be taken by another one, this often.
  private static final int REFILLS_MAX = 16;

  private final WorkerExecutor workers;
  private final GatewayConfig config;
  private final InstantSource clock;
  private final LongSupplier changesHeard;
  private final Freshness freshness;
  private final Callers callers;
  private final Possession possession;
  private final Watching watching;
  private final Targets targets;
  private final Standings standings;
  private final Payers payers;
  private final KeySearch keySearch;
  private final Classifying classifying;
  private final BodyReader bodies;
  private final BodyScanner scanner;
  private final Holds holds;
  private final Limiting limiting;
  private final Relay relay;
  private final Detours detours;
  private final Keeping keeping;
  private final CallLog callLog;
  private final CallMeters meters;

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
    this.config = parts.config();
    this.clock = parts.clock();
    this.changesHeard = changesHeard;
    this.freshness = parts.changes().freshness();
    this.callers = callers;
    this.possession =
        new Possession(
            new DpopProofs(parts.nonces(), new SeenProofs(parts.clock()), parts.clock()));
    this.watching = watching;
    this.targets = targets;
    this.standings = standings;
    this.payers = payers;
    this.keySearch = new KeySearch(targets, payers, changesHeard);
    this.classifying = classifying;
    this.bodies = bodies;
    this.scanner = new BodyScanner(config.jsonDepthMax(), config.bodyBytesMax());
    this.holds = new Holds(parts.budgets());
    this.limiting = limiting;
    this.relay = relay;
    this.detours =
        new Detours(mounts, parts.budgets(), relay, meters, call -> stage(call, this::caller));
    this.keeping = keeping;
    this.callLog = callLog;
    this.meters = meters;
  }

  void begin(PendingCall call) {
    stage(call, this::caller);
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
            after(call, (next, caller) -> possession(next, caller, credential)));
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
        after(
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
        after(
            call,
            (next, target) -> {
              next.target = target;
              standing(next);
            }));
  }

  private void standing(PendingCall call) {
    Caller caller = present(call.caller);
    Standing known = standings.cached(caller.payer());
    if (known != null) {
      keys(call, known);
      return;
    }
    call.exchange.pause();
    standings.load(caller.payer(), after(call, this::keys));
  }

  /// Whose key pays is known before the rights are checked: they decide about the mandate as it is.
  private void keys(PendingCall call, Standing whole) {
    Target target = present(call.target);
    Standing standing = present(call.caller).standing(whole);
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
        after(
            call,
            (next, keys) -> {
              next.keys = keys;
              mandating(next);
            }));
  }

  private void mandating(PendingCall call) {
    Caller caller = present(call.caller);
    Target target = present(call.target);
    Standing standing = present(call.standing);
    Instant now = clock.instant();
    CallLog.identify(call.facts, caller, standing);
    refuseStale();
    // The mandate before the token: an access token never outlives its mandate, so an ended mandate
    // would otherwise always be told as an expired token.
    var _ = standing.live(now);
    callers.check(caller, target.resource(), now);
    watching.check(caller, standing, now);
    call.rates = limiting.path(caller, standing);
    if (call.rates == null) {
      call.exchange.pause();
      limiting.load(caller.tenant(), after(call, (next, _) -> mandating(next)));
      return;
    }
    if (call.kept != null) {
      Standing.Entry entry = standing.keeping(target, call.kept.row().needs(), now);
      // Nobody waits long for what has no model run: it counts as a request, and not as a call
      // under
      // way.
      if (!limit(call, ONE_REQUEST, this::mandating)) {
        return;
      }
      call.pass.end(0);
      kept(call, call.kept, entry);
      return;
    }
    Endpoint endpoint = present(call.endpoint);
    standing.admit(target, endpoint, now);
    limiting.check(call.rates, target.provider(), call.exchange.response());
    callers.recordUse(caller, call.facts, now);
    if (endpoint.isModelList()) {
      if (!limit(call, ONE_REQUEST, this::mandating)) {
        return;
      }
      call.pass.end(0);
      models(call, endpoint, target, standing.models(target, now));
    } else if (call.body != null) {
      prompting(call, call.body);
    } else {
      call.bodyNanos = -System.nanoTime();
      bodies.read(
          call,
          after(
              call,
              (next, body) -> {
                next.bodyNanos += System.nanoTime();
                prompting(next, body);
              }));
    }
  }

  /// A call that has no model run: what it reaches is looked up in its own room.
  private void kept(PendingCall call, KeptRoute route, Standing.Entry entry) {
    Classifying.Ready ready = classifying.cached(call.mount.issuer().tenant());
    if (ready == null) {
      classifying.load(
          call.mount.issuer().tenant(), after(call, (next, _) -> kept(next, route, entry)));
      return;
    }
    callers.recordUse(present(call.caller), call.facts, clock.instant());
    boolean looks = ready.looks(present(call.standing));
    if (looks && route.row().act() == KeptRoute.Act.UPLOAD) {
      Classifying.requireReadable(ready);
    }
    if (route.row().body() == null) {
      serve(call, route, entry, List.of());
    } else if (call.body != null) {
      scanKept(call, route, entry, call.body, looks ? ready : null);
    } else {
      bodies.read(
          call,
          after(call, (next, body) -> scanKept(next, route, entry, body, looks ? ready : null)));
    }
  }

  /// @param ready null where nobody looks at what is said
  private void scanKept(
      PendingCall call,
      KeptRoute route,
      Standing.Entry entry,
      Buffer body,
      Classifying.@Nullable Ready ready) {
    call.body = body;
    KeptShape shape = present(route.row().body());
    String type = call.exchange.getHeader("content-type");
    if (ready != null) {
      look(
          call,
          ready,
          text -> scanner.scanKept(shape, type, body.getBytes(), text),
          (next, references) -> {
            requireCategories(next, entry);
            serve(next, route, entry, references);
          });
      return;
    }
    if (body.length() <= config.inlineScanBytes()) {
      serve(call, route, entry, scanner.scanKept(shape, type, body.getBytes()));
      return;
    }
    BiConsumer<@Nullable List<Reference>, @Nullable Throwable> then =
        after(call, (next, references) -> serve(next, route, entry, references));
    var _ =
        workers
            .executeBlocking(() -> scanner.scanKept(shape, type, body.getBytes()), false)
            .onComplete(found -> then.accept(found, null), failed -> then.accept(null, failed));
  }

  private void serve(
      PendingCall call, KeptRoute route, Standing.Entry entry, List<Reference> references) {
    // Again: a body may take long.
    refuseStale();
    keeping.serve(
        new Keeping.Request(
            call.facts,
            call.exchange,
            call.loop,
            route,
            present(call.caller),
            present(call.target),
            present(call.standing),
            entry,
            present(call.keys),
            references,
            call.body,
            () -> changesHeard.getAsLong() == call.generation,
            () -> restart(call),
            failure -> failed(call, failure)));
  }

  private void restart(PendingCall call) {
    if (call.restarts++ >= RESTARTS_MAX) {
      failed(
          call,
          Refusal.of(
              Refusal.Code.OVERLOADED, "rights change faster than they can be read, try again"));
    } else {
      stage(call, this::caller);
    }
  }

  /// What is cached holds only as long as this node hears what is revoked elsewhere (design §7).
  private void refuseStale() {
    if (!freshness.isFresh()) {
      throw Refusal.of(
          Refusal.Code.NODE_STALE,
          "this server cannot hear of revocations at the moment, try another or again");
    }
  }

  private void models(
      PendingCall call, Endpoint endpoint, Target target, Map<String, Model> given) {
    byte[] body =
        ModelList.answer(present(call.route).name(), target, given, call.exchange.query());
    HttpServerResponse response = call.exchange.resume().response();
    response.putHeader("content-type", "application/json");
    response.putHeader("cache-control", "no-store");
    meters.answered(target.provider(), endpoint);
    var _ = response.end(Buffer.buffer(body));
  }

  private void prompting(PendingCall call, Buffer body) {
    call.body = body;
    Classifying.Ready ready = classifying.cached(call.mount.issuer().tenant());
    if (ready != null) {
      scanning(call, body, ready);
    } else {
      classifying.load(
          call.mount.issuer().tenant(), after(call, (next, read) -> scanning(next, body, read)));
    }
  }

  private void scanning(PendingCall call, Buffer body, Classifying.Ready ready) {
    Provider provider = call.mount.provider();
    Route route = present(call.route);
    String type = call.exchange.getHeader("content-type");
    call.classified = null;
    if (ready.looks(present(call.standing))) {
      look(
          call,
          ready,
          text -> scanner.scan(provider, route, type, body.getBytes(), text),
          this::budgeting);
      return;
    }
    if (body.length() <= config.inlineScanBytes()) {
      budgeting(call, scanner.scan(provider, route, type, body.getBytes()));
      return;
    }
    var _ =
        workers
            .executeBlocking(() -> scanner.scan(provider, route, type, body.getBytes()), false)
            .onComplete(
                scanned -> stage(call, next -> budgeting(next, scanned)),
                failure -> failed(call, failure));
  }

  /// On a worker: rules take their time.
  private <T> void look(
      PendingCall call,
      Classifying.Ready ready,
      Function<PromptText, T> scan,
      BiConsumer<PendingCall, T> next) {
    var _ =
        workers
            .executeBlocking(() -> classifying.look(ready, scan), false)
            .onComplete(
                looked ->
                    stage(
                        call,
                        same -> {
                          same.classified = looked.read();
                          next.accept(same, looked.scanned());
                        }),
                failure -> failed(call, failure));
  }

  /// What it is about, against what its sender may send.
  private void requireCategories(PendingCall call, Standing.Entry entry) {
    if (call.classified != null) {
      classifying.require(
          call.classified,
          call.exchange.headers(),
          present(call.standing),
          entry,
          present(call.caller).scopes(),
          call.facts);
    }
  }

  /// A refusal, or another try, gives back what was taken before.
  ///
  /// @return false where this must be done `again` when more was drawn; meanwhile it has nothing
  private boolean limit(PendingCall call, Limiting.Need need, Consumer<PendingCall> again) {
    call.pass.withdraw();
    RateLimiter.Taken taken =
        limiting.take(
            present(call.rates), need, call.draws, call.mount.provider(), call.exchange.response());
    if (taken instanceof RateLimiter.Missing missing) {
      call.draws++;
      call.exchange.pause();
      BiConsumer<@Nullable Boolean, @Nullable Throwable> then =
          after(call, (next, _) -> again.accept(next));
      var _ =
          limiting
              .fetch(missing)
              .whenComplete(
                  (asked, failure) -> call.loop.runOnContext(_ -> then.accept(asked, failure)));
      return false;
    }
    call.pass = (Pass) taken;
    return true;
  }

  private void budgeting(PendingCall call, BodyScanner.Scanned scanned) {
    // Again: a body may take long.
    refuseStale();
    Target target = present(call.target);
    Standing standing = present(call.standing);
    Endpoint endpoint = present(call.endpoint);
    Caller caller = present(call.caller);
    Prompt prompt = scanned.prompt();
    call.model = prompt.model();
    Instant now = clock.instant();
    Rights rights = standing.live(now);
    Standing.Entry entry = standing.choose(target, endpoint, prompt.model(), now);
    requireCategories(call, entry);
    Model model = present(target.models().get(prompt.model()));
    boolean keeps = Keeping.keeps(prompt, endpoint, target, entry);
    if (call.detour != null) {
      if (call.detour.isOver()) {
        return;
      }
      if (keeps || !prompt.state().references().isEmpty()) {
        throw Refusal.of(Refusal.Code.STORED_STATE_NOT_ALLOWED, "state is kept where it was made");
      }
    }
    if (!prompt.state().references().isEmpty() && call.objects == null) {
      owned(call, scanned);
      return;
    }
    ProviderKey providerKey =
        call.objects == null
            ? Payers.take(target, standing, present(call.keys))
            : KeptKeys.take(target, standing, present(call.keys), call.objects);
    Call billed = call.billed(caller, endpoint, target, rights, entry, model);
    Holds.Wish wish = new Holds.Wish(target.provider(), endpoint, model, prompt);
    Limiting.Need need = new Limiting.Need(model.name(), Holds.tokens(wish));
    if (!limit(call, need, next -> budgeting(next, scanned))) {
      return;
    }
    switch (detours
        .holds(call, holds)
        .take(billed, entry.path(prompt.model()), wish, call.refilled)) {
      case Holds.Hold hold -> injecting(call, scanned, entry, hold, providerKey, keeps);
      case Holds.Missing wanted -> refill(call, scanned, entry, wanted);
    }
  }

  /// What a prompt names must be its caller's, before anything is held for it. The stage is run
  /// again as a whole: the mandate may have ended meanwhile.
  private void owned(PendingCall call, BodyScanner.Scanned scanned) {
    keeping.find(
        present(call.standing),
        present(call.target),
        scanned.prompt(),
        after(
            call,
            (next, objects) -> {
              next.objects = objects;
              budgeting(next, scanned);
            }));
  }

  /// Holds nothing while it waits, so a caller that hangs up meanwhile, or loses its rights, leaves
  /// nothing behind. The stage is run again as a whole: the mandate may have ended.
  private void refill(
      PendingCall call, BodyScanner.Scanned scanned, Standing.Entry entry, Holds.Missing wanted) {
    call.pass.withdraw();
    if (call.refills++ >= REFILLS_MAX) {
      throw Refusal.of(Refusal.Code.OVERLOADED, "too many calls share what is left, try again");
    }
    BiConsumer<Budgets.@Nullable Refilled, @Nullable Throwable> then =
        after(
            call,
            (next, refilled) -> {
              next.refilled = refilled;
              budgeting(next, scanned);
            });
    var _ =
        holds
            .refill(entry.path(scanned.prompt().model()), wanted)
            .whenComplete(
                (refilled, failure) -> call.loop.runOnContext(_ -> then.accept(refilled, failure)));
  }

  private void injecting(
      PendingCall call,
      BodyScanner.Scanned scanned,
      Standing.Entry entry,
      Holds.Hold hold,
      ProviderKey providerKey,
      boolean keeps) {
    Prompt prompt = scanned.prompt();
    Endpoint endpoint = present(call.endpoint);
    Target target = present(call.target);
    BodyEdits edits = new BodyEdits(scanned.open());
    Provider provider = target.provider();
    boolean asksForUsage =
        endpoint == Endpoint.CHAT_COMPLETIONS
            && prompt.stream()
            && !prompt.usage().asked()
            && provider.takesStreamOptions()
            && target.upstream().mergesUsage();
    if (asksForUsage) {
      edits.includeUsage(prompt.usage());
    }
    // Both are kept by default in new accounts of OpenAI's; others refuse the second's member.
    if ((endpoint == Endpoint.RESPONSES_CREATE && !keeps)
        || (endpoint == Endpoint.CHAT_COMPLETIONS && provider.runsOpenAi())) {
      edits.forceStoreOff(prompt.store());
    }
    String capMember = endpoint.capMember(provider);
    if (hold.injectCap() && capMember != null) {
      edits.outputCap(capMember, hold.cap(), prompt);
    }
    Outgoing outgoing =
        new Outgoing(
            call.facts,
            call.bodyNanos,
            call.exchange,
            present(call.route),
            target,
            providerKey,
            // What is named is kept with this key's account.
            call.objects == null
                ? keySearch.of(call.mount.key(), target, present(call.standing))
                : OtherKeys.NONE,
            present(call.caller),
            present(call.standing),
            entry,
            prompt,
            hold,
            call.pass,
            edits.apply(present(call.body)),
            call.query,
            asksForUsage,
            keeps
                ? keeping.keeper(
                    call.loop, target, present(call.standing), present(call.keys), prompt)
                : null,
            detours.of(call, hold.reservation(), keeps),
            call.detour == null ? null : call.detour.from());
    relay(call, outgoing);
  }

  private void relay(PendingCall call, Outgoing outgoing) {
    if (call.detour != null) {
      detours.send(call, call.detour, outgoing, () -> changesHeard.getAsLong() == call.generation);
      return;
    }
    RelayedCall relayed = relay.register(outgoing);
    // From the registration on, the end of rights cuts the call. What was heard before it, and
    // after the rights were looked up, is only seen here.
    if (changesHeard.getAsLong() != call.generation) {
      relay.withdraw(relayed, outgoing);
      if (call.restarts++ >= RESTARTS_MAX) {
        throw Refusal.of(
            Refusal.Code.OVERLOADED, "rights change faster than they can be read, try again");
      }
      caller(call);
      return;
    }
    relay.send(relayed);
  }

  /// Goes on with what a worker fetched.
  private <T> BiConsumer<@Nullable T, @Nullable Throwable> after(
      PendingCall call, BiConsumer<PendingCall, T> next) {
    return (value, failure) -> {
      if (call.refused || call.exchange.response().closed()) {
        return;
      }
      if (value == null) {
        failed(call, failure == null ? new IllegalStateException("no value") : failure);
      } else {
        stage(call, same -> next.accept(same, value));
      }
    };
  }

  private void stage(PendingCall call, Consumer<PendingCall> stage) {
    try {
      stage.accept(call);
    } catch (RuntimeException e) {
      failed(call, e);
    }
  }

  private void failed(PendingCall call, Throwable failure) {
    switch (failure) {
      case Refusal refusal -> refuse(call, refusal);
      case BadRequest bad ->
          refuse(
              call,
              Refusal.of(Refusal.Code.INVALID_REQUEST_BODY, String.valueOf(bad.getMessage())));
      default -> {
        log.error("{} {} failed", call.exchange.method(), call.path, call.facts, failure);
        refuse(
            call,
            Refusal.of(
                Refusal.Code.INTERNAL_ERROR, "something failed here; the id finds it in the log"));
      }
    }
  }

  void refuse(PendingCall call, Refusal refusal) {
    if (call.refused || !detours.refused(call)) {
      return;
    }
    call.refused = true;
    call.pass.withdraw();
    call.facts.code(refusal.code().wire());
    if (refusal.code() == Refusal.Code.CREDENTIAL_IN_URL) {
      callers.foundInUrl(call.exchange.query(), call.id);
    }
    meters.refused(call.mount.provider(), call.endpoint, refusal);
    RefusalWriter.write(call.exchange, call.mount.provider(), call.id, refusal);
    callLog.refused(
        call.mount.issuer().tenant(),
        call.facts,
        refusal,
        call.mount.upstream(),
        call.endpoint == null ? null : call.endpoint.wire(),
        call.model,
        call.caller,
        call.standing);
  }

  private static <T> T present(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("an earlier stage left out its part");
    }
    return value;
  }
}
