package dev.mandate.gateway;

import dev.mandate.gateway.caller.Callers;
import dev.mandate.gateway.classifying.Classifying;
import dev.mandate.gateway.keeping.Keeping;
import dev.mandate.gateway.keeping.KeptRoute;
import dev.mandate.gateway.mandating.Standing;
import dev.mandate.gateway.prompting.BodyScanner;
import dev.mandate.gateway.prompting.KeptShape;
import dev.mandate.gateway.prompting.Reference;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import java.time.InstantSource;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// What follows stage 3 of [Pipeline] where no model is run: a call that asks for what the provider
/// keeps.
final class KeptStages {
  private final Stages stages;
  private final WorkerExecutor workers;
  private final int inlineScanBytes;
  private final InstantSource clock;
  private final LongSupplier changesHeard;
  private final Callers callers;
  private final Classifying classifying;
  private final BodyReader bodies;
  private final BodyScanner scanner;
  private final Keeping keeping;

  KeptStages(
      Stages stages,
      GatewayParts parts,
      WorkerExecutor workers,
      LongSupplier changesHeard,
      Callers callers,
      Classifying classifying,
      BodyReader bodies,
      BodyScanner scanner,
      Keeping keeping) {
    this.stages = stages;
    this.workers = workers;
    this.inlineScanBytes = parts.config().inlineScanBytes();
    this.clock = parts.clock();
    this.changesHeard = changesHeard;
    this.callers = callers;
    this.classifying = classifying;
    this.bodies = bodies;
    this.scanner = scanner;
    this.keeping = keeping;
  }

  /// A call that has no model run: what it reaches is looked up in its own room.
  void kept(PendingCall call, KeptRoute route, Standing.Entry entry) {
    Classifying.Ready ready = classifying.cached(call.mount.issuer().tenant());
    if (ready == null) {
      classifying.load(
          call.mount.issuer().tenant(), stages.after(call, (next, _) -> kept(next, route, entry)));
      return;
    }
    callers.recordUse(Stages.present(call.caller), call.facts, clock.instant());
    boolean looks = ready.looks(Stages.present(call.standing));
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
          stages.after(
              call, (next, body) -> scanKept(next, route, entry, body, looks ? ready : null)));
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
    KeptShape shape = Stages.present(route.row().body());
    String type = call.exchange.getHeader("content-type");
    if (ready != null) {
      stages.look(
          call,
          ready,
          text -> scanner.scanKept(shape, type, body.getBytes(), text),
          (next, references) -> {
            stages.requireCategories(next, entry);
            serve(next, route, entry, references);
          });
      return;
    }
    if (body.length() <= inlineScanBytes) {
      serve(call, route, entry, scanner.scanKept(shape, type, body.getBytes()));
      return;
    }
    BiConsumer<@Nullable List<Reference>, @Nullable Throwable> then =
        stages.after(call, (next, references) -> serve(next, route, entry, references));
    var _ =
        workers
            .executeBlocking(() -> scanner.scanKept(shape, type, body.getBytes()), false)
            .onComplete(found -> then.accept(found, null), failed -> then.accept(null, failed));
  }

  private void serve(
      PendingCall call, KeptRoute route, Standing.Entry entry, List<Reference> references) {
    // Again: a body may take long.
    stages.refuseStale();
    keeping.serve(
        new Keeping.Request(
            call.facts,
            call.exchange,
            call.loop,
            route,
            Stages.present(call.caller),
            Stages.present(call.target),
            Stages.present(call.standing),
            entry,
            Stages.present(call.keys),
            references,
            call.body,
            () -> changesHeard.getAsLong() == call.generation,
            () -> stages.restart(call),
            failure -> stages.failed(call, failure)));
  }
}
