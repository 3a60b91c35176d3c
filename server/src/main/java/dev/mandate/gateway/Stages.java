package dev.mandate.gateway;

import dev.mandate.domain.prompt.PromptText;
import dev.mandate.domain.ratelimit.Pass;
import dev.mandate.domain.ratelimit.RateLimiter;
import dev.mandate.domain.revocation.Freshness;
import dev.mandate.gateway.caller.Callers;
import dev.mandate.gateway.classifying.Classifying;
import dev.mandate.gateway.limiting.Limiting;
import dev.mandate.gateway.mandating.Standing;
import dev.mandate.gateway.relay.CallLog;
import dev.mandate.gateway.relay.Relay;
import dev.mandate.gateway.routing.Mounts;
import dev.mandate.platform.http.BadRequest;
import io.vertx.core.WorkerExecutor;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the stages of a call share: going on with what was fetched, beginning anew, and turning
/// what a stage throws into an answer.
final class Stages {
  private static final Logger log = LoggerFactory.getLogger(Stages.class);
  private static final int RESTARTS_MAX = 5;

  private final WorkerExecutor workers;
  private final Freshness freshness;
  private final Callers callers;
  private final Classifying classifying;
  private final Limiting limiting;
  private final CallLog callLog;
  private final CallMeters meters;
  private final Consumer<PendingCall> first;
  private final Detours detours;

  /// @param first where a call begins, and begins again
  Stages(
      GatewayParts parts,
      WorkerExecutor workers,
      Callers callers,
      Classifying classifying,
      Mounts mounts,
      Limiting limiting,
      Relay relay,
      CallLog callLog,
      CallMeters meters,
      Consumer<PendingCall> first) {
    this.workers = workers;
    this.freshness = parts.changes().freshness();
    this.callers = callers;
    this.classifying = classifying;
    this.limiting = limiting;
    this.callLog = callLog;
    this.meters = meters;
    this.first = first;
    this.detours = new Detours(mounts, parts.budgets(), relay, meters, call -> stage(call, first));
  }

  /// The ways to other upstreams, each of which begins at the first stage.
  Detours detours() {
    return detours;
  }

  /// Goes on with what a worker fetched.
  <T> BiConsumer<@Nullable T, @Nullable Throwable> after(
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

  void stage(PendingCall call, Consumer<PendingCall> stage) {
    try {
      stage.accept(call);
    } catch (RuntimeException e) {
      failed(call, e);
    }
  }

  void failed(PendingCall call, Throwable failure) {
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

  /// Rights changed while it was on its way.
  void restart(PendingCall call) {
    if (call.restarts++ >= RESTARTS_MAX) {
      failed(
          call,
          Refusal.of(
              Refusal.Code.OVERLOADED, "rights change faster than they can be read, try again"));
    } else {
      stage(call, first);
    }
  }

  /// What is cached holds only as long as this node hears what is revoked elsewhere (design §7).
  void refuseStale() {
    if (!freshness.isFresh()) {
      throw Refusal.of(
          Refusal.Code.NODE_STALE,
          "this server cannot hear of revocations at the moment, try another or again");
    }
  }

  /// A refusal, or another try, gives back what was taken before.
  ///
  /// @return false where this must be done `again` when more was drawn; meanwhile it has nothing
  boolean limit(PendingCall call, Limiting.Need need, Consumer<PendingCall> again) {
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

  /// On a worker: rules take their time.
  <T> void look(
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
  void requireCategories(PendingCall call, Standing.Entry entry) {
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

  static <T> T present(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("an earlier stage left out its part");
    }
    return value;
  }
}
