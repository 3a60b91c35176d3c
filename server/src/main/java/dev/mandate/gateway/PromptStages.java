package dev.mandate.gateway;

import dev.mandate.domain.budget.Budgets;
import dev.mandate.domain.budget.Call;
import dev.mandate.domain.mandate.Rights;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.gateway.budgeting.Holds;
import dev.mandate.gateway.caller.Caller;
import dev.mandate.gateway.classifying.Classifying;
import dev.mandate.gateway.keeping.Keeping;
import dev.mandate.gateway.keeping.KeptKeys;
import dev.mandate.gateway.limiting.Limiting;
import dev.mandate.gateway.mandating.KeySearch;
import dev.mandate.gateway.mandating.OtherKeys;
import dev.mandate.gateway.mandating.Payers;
import dev.mandate.gateway.mandating.ProviderKey;
import dev.mandate.gateway.mandating.Standing;
import dev.mandate.gateway.mandating.Target;
import dev.mandate.gateway.prompting.BodyEdits;
import dev.mandate.gateway.prompting.BodyScanner;
import dev.mandate.gateway.prompting.Prompt;
import dev.mandate.gateway.relay.Outgoing;
import dev.mandate.gateway.relay.Relay;
import dev.mandate.gateway.relay.RelayedCall;
import dev.mandate.gateway.routing.Endpoint;
import dev.mandate.gateway.routing.Route;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Stages 4 to 8 of [Pipeline]: those of a call that has a model run.
final class PromptStages {
  /// What was fetched for a call may be taken by another one, this often.
  private static final int REFILLS_MAX = 16;

  private final Stages stages;
  private final WorkerExecutor workers;
  private final int inlineScanBytes;
  private final InstantSource clock;
  private final LongSupplier changesHeard;
  private final KeySearch keySearch;
  private final Classifying classifying;
  private final BodyScanner scanner;
  private final Holds holds;
  private final Relay relay;
  private final Keeping keeping;

  PromptStages(
      Stages stages,
      GatewayParts parts,
      WorkerExecutor workers,
      LongSupplier changesHeard,
      KeySearch keySearch,
      Classifying classifying,
      BodyScanner scanner,
      Relay relay,
      Keeping keeping) {
    this.stages = stages;
    this.workers = workers;
    this.inlineScanBytes = parts.config().inlineScanBytes();
    this.clock = parts.clock();
    this.changesHeard = changesHeard;
    this.keySearch = keySearch;
    this.classifying = classifying;
    this.scanner = scanner;
    this.holds = new Holds(parts.budgets());
    this.relay = relay;
    this.keeping = keeping;
  }

  /// Stage 4.
  void prompting(PendingCall call, Buffer body) {
    call.body = body;
    Classifying.Ready ready = classifying.cached(call.mount.issuer().tenant());
    if (ready != null) {
      scanning(call, body, ready);
    } else {
      classifying.load(
          call.mount.issuer().tenant(),
          stages.after(call, (next, read) -> scanning(next, body, read)));
    }
  }

  private void scanning(PendingCall call, Buffer body, Classifying.Ready ready) {
    Provider provider = call.mount.provider();
    Route route = Stages.present(call.route);
    String type = call.exchange.getHeader("content-type");
    call.classified = null;
    if (ready.looks(Stages.present(call.standing))) {
      stages.look(
          call,
          ready,
          text -> scanner.scan(provider, route, type, body.getBytes(), text),
          this::budgeting);
      return;
    }
    if (body.length() <= inlineScanBytes) {
      budgeting(call, scanner.scan(provider, route, type, body.getBytes()));
      return;
    }
    var _ =
        workers
            .executeBlocking(() -> scanner.scan(provider, route, type, body.getBytes()), false)
            .onComplete(
                scanned -> stages.stage(call, next -> budgeting(next, scanned)),
                failure -> stages.failed(call, failure));
  }

  private void budgeting(PendingCall call, BodyScanner.Scanned scanned) {
    // Again: a body may take long.
    stages.refuseStale();
    Target target = Stages.present(call.target);
    Standing standing = Stages.present(call.standing);
    Endpoint endpoint = Stages.present(call.endpoint);
    Caller caller = Stages.present(call.caller);
    Prompt prompt = scanned.prompt();
    call.model = prompt.model();
    Instant now = clock.instant();
    Rights rights = standing.live(now);
    Standing.Entry entry = standing.choose(target, endpoint, prompt.model(), now);
    stages.requireCategories(call, entry);
    Model model = Stages.present(target.models().get(prompt.model()));
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
            ? Payers.take(target, standing, Stages.present(call.keys))
            : KeptKeys.take(target, standing, Stages.present(call.keys), call.objects);
    Call billed = call.billed(caller, endpoint, target, rights, entry, model);
    Holds.Wish wish = new Holds.Wish(target.provider(), endpoint, model, prompt);
    Limiting.Need need = new Limiting.Need(model.name(), Holds.tokens(wish));
    if (!stages.limit(call, need, next -> budgeting(next, scanned))) {
      return;
    }
    switch (stages
        .detours()
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
        Stages.present(call.standing),
        Stages.present(call.target),
        scanned.prompt(),
        stages.after(
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
        stages.after(
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
    Endpoint endpoint = Stages.present(call.endpoint);
    Target target = Stages.present(call.target);
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
            Stages.present(call.route),
            target,
            providerKey,
            // What is named is kept with this key's account.
            call.objects == null
                ? keySearch.of(call.mount.key(), target, Stages.present(call.standing))
                : OtherKeys.NONE,
            Stages.present(call.caller),
            Stages.present(call.standing),
            entry,
            prompt,
            hold,
            call.pass,
            edits.apply(Stages.present(call.body)),
            call.query,
            asksForUsage,
            keeps
                ? keeping.keeper(
                    call.loop,
                    target,
                    Stages.present(call.standing),
                    Stages.present(call.keys),
                    prompt)
                : null,
            stages.detours().of(call, hold.reservation(), keeps),
            call.detour == null ? null : call.detour.from());
    relay(call, outgoing);
  }

  private void relay(PendingCall call, Outgoing outgoing) {
    if (call.detour != null) {
      stages
          .detours()
          .send(call, call.detour, outgoing, () -> changesHeard.getAsLong() == call.generation);
      return;
    }
    RelayedCall relayed = relay.register(outgoing);
    // From the registration on, the end of rights cuts the call. What was heard before it, and
    // after the rights were looked up, is only seen here.
    if (changesHeard.getAsLong() != call.generation) {
      relay.withdraw(relayed, outgoing);
      stages.restart(call);
      return;
    }
    relay.send(relayed);
  }
}
