package dev.mandate.gateway.keeping;

import dev.mandate.domain.budget.Budgets;
import dev.mandate.domain.providerstate.ObjectKind;
import dev.mandate.domain.providerstate.StoredObject;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.Refusal.Code;
import dev.mandate.gateway.RefusalWriter;
import dev.mandate.gateway.budgeting.Holds;
import dev.mandate.gateway.caller.Caller;
import dev.mandate.gateway.injecting.InwardHeaders;
import dev.mandate.gateway.mandating.ProviderKey;
import dev.mandate.gateway.mandating.Standing;
import dev.mandate.gateway.prompting.Reference;
import dev.mandate.gateway.relay.OpenCall;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One call of a route that reaches what is kept. Lives on one event loop; only [OpenCall]'s verbs
/// come from elsewhere, and hop onto it.
///
/// What it names is found before anything is held or sent. What it makes has an owner before the
/// caller hears of it; what it deletes is gone here before the caller hears that it is.
final class KeptCall implements OpenCall {
  private static final Logger log = LoggerFactory.getLogger(KeptCall.class);
  private static final int REFILLS_MAX = 16;

  final Keeping keeping;
  final Keeping.Request request;
  private final HttpServerResponse response;
  private final Instant rightsEnd;
  private volatile String credential = "";
  private volatile long deadline;
  private List<StoredObject> objects = List.of();
  private Holds.@Nullable Hold hold;
  private boolean started;
  private boolean open;
  private boolean finished;
  private boolean callerGone;
  private @Nullable String made;
  private @Nullable KeptExchange exchange;

  KeptCall(Keeping keeping, Keeping.Request request) {
    this.keeping = keeping;
    this.request = request;
    this.response = request.exchange().response();
    Instant access = request.entry().access().expiresAt();
    Instant mandate = request.mandate().expiresAt();
    this.rightsEnd = access.isBefore(mandate) ? access : mandate;
    progressed();
  }

  @Override
  public Caller caller() {
    return request.caller();
  }

  @Override
  public Standing standing() {
    return request.standing();
  }

  @Override
  public String credential() {
    return credential;
  }

  @Override
  public void cut(Refusal why) {
    request.loop().runOnContext(_ -> end(why));
  }

  @Override
  public void check(long nanos, Instant now) {
    if (!now.isBefore(rightsEnd)) {
      cut(Refusal.of(Code.MANDATE_EXPIRED, "the mandate expired at " + rightsEnd));
    } else if (nanos - deadline > 0) {
      cut(Refusal.of(Code.UPSTREAM_TIMEOUT, "the upstream did not answer in time"));
    }
  }

  @Override
  public boolean hasLentPlace() {
    return false;
  }

  @Override
  public void admitAgain(Standing standing, Instant now) {
    standing.live(now);
    Standing.Entry entry =
        request
            .caller()
            .standing(standing)
            .keeping(request.target(), request.route().row().needs(), now);
    if (entry.place() != request.entry().place()) {
      throw Refusal.of(Code.STORED_STATE_NOT_ALLOWED, "the mandate does not give this any more");
    }
  }

  void progressed() {
    deadline =
        System.nanoTime()
            + keeping.parts.config().connectTimeout().toNanos()
            + keeping.parts.config().firstByteTimeout().toNanos();
  }

  void begin() {
    List<Reference> wanted = request.route().references();
    if (wanted == null) {
      request.failed().accept(KeptObjects.unknown(ObjectKind.CONVERSATION));
      return;
    }
    wanted.addAll(request.references());
    request.exchange().pause();
    keeping.objects.find(
        request.mandate().tenant(),
        request.owner(),
        request.target().upstream().name(),
        wanted,
        (found, failure) -> {
          if (found == null) {
            unfound(failure);
          } else {
            objects = found;
            stage(() -> hold(null, 0));
          }
        });
  }

  private void unfound(@Nullable Throwable failure) {
    request.failed().accept(failure == null ? new IllegalStateException("no value") : failure);
  }

  private void stage(Runnable stage) {
    try {
      stage.run();
    } catch (RuntimeException e) {
      release();
      unfound(e);
    }
  }

  private void hold(Budgets.@Nullable Refilled refilled, int refills) {
    switch (keeping.holds.takeRequest(request.billed(), request.entry().path(), refilled)) {
      case Holds.Hold held -> {
        hold = held;
        admit();
      }
      case Holds.Missing wanted -> {
        if (refills >= REFILLS_MAX) {
          throw Refusal.of(Code.OVERLOADED, "too many calls share what is left, try again");
        }
        var _ =
            keeping
                .holds
                .refill(request.entry().path(), wanted)
                .whenComplete(
                    (next, failure) ->
                        request
                            .loop()
                            .runOnContext(
                                _ -> {
                                  if (next == null) {
                                    unfound(failure);
                                  } else {
                                    stage(() -> hold(next, refills + 1));
                                  }
                                }));
      }
    }
  }

  private void admit() {
    ProviderKey key = KeptKeys.take(request.target(), request.standing(), request.keys(), objects);
    credential = key.credential();
    keeping.relay.open().add(this);
    open = true;
    // From here on the end of rights cuts the call. What was heard before it, and after the rights
    // were looked up, is only seen here.
    if (!request.isCurrent().getAsBoolean()) {
      release();
      request.again().run();
      return;
    }
    response.closeHandler(_ -> left());
    response.exceptionHandler(_ -> left());
    request.exchange().resume();
    switch (request.route().row().act()) {
      case LIST -> new KeptList(this, request.keys()).begin();
      case CREATE, UPLOAD, DELETE -> exchange(key).whole(this::answered, this::failed);
      case REACH -> exchange(key).through(response, this::finish, this::failed);
    }
  }

  private KeptExchange exchange(ProviderKey key) {
    KeptRoute route = request.route();
    return exchange(
        key, HttpMethod.valueOf(route.row().method()), route.text(), request.exchange().query());
  }

  /// One exchange with the provider, under the one request that is held.
  KeptExchange exchange(ProviderKey key, HttpMethod method, String path, @Nullable String query) {
    progressed();
    credential = key.credential();
    KeptExchange next = new KeptExchange(this, key, method, path, query);
    exchange = next;
    return next;
  }

  /// The first byte goes upstream.
  void started() {
    Holds.Hold held = hold;
    if (!started && held != null) {
      keeping.parts.budgets().started(held.reservation());
      started = true;
    }
  }

  private void answered(HttpClientResponse head, Buffer body) {
    int status = head.statusCode();
    boolean ok = status >= 200 && status < 300;
    switch (request.route().row().act()) {
      case CREATE, UPLOAD -> {
        String id = ok ? KeptExchange.id(body) : null;
        if (id == null) {
          write(head, body);
        } else {
          claim(head, body, id);
        }
      }
      case DELETE -> {
        if (ok || status == 404) {
          forget(head, body);
        } else {
          write(head, body);
        }
      }
      case REACH, LIST -> throw new IllegalStateException("is not read whole");
    }
  }

  private void claim(HttpClientResponse head, Buffer body, String id) {
    ObjectKind kind = request.route().row().kind();
    KeptExchange from = exchange;
    if (kind == null || from == null) {
      throw new IllegalStateException("what is made here is of no kind");
    }
    made = id;
    keeping.claim(
        request.loop(),
        request.target(),
        request.standing(),
        request.keys(),
        kind,
        id,
        from.key(),
        null,
        (_, failure) -> {
          if (failure == null) {
            write(head, body);
          } else {
            failed(failure);
          }
        });
  }

  private void forget(HttpClientResponse head, Buffer body) {
    var _ =
        keeping
            .workers
            .executeBlocking(
                () -> {
                  keeping.objects.deleted(objects.getFirst());
                  return true;
                },
                false)
            .onComplete(
                _ -> request.loop().runOnContext(_ -> write(head, body)),
                failure -> request.loop().runOnContext(_ -> failed(failure)));
  }

  private void write(HttpClientResponse head, Buffer body) {
    if (finished) {
      return;
    }
    response.setStatusCode(head.statusCode());
    InwardHeaders.write(head.headers(), response.headers());
    end(body);
  }

  /// Answers with what was put together here.
  void write(Buffer json) {
    response.putHeader("content-type", "application/json");
    response.putHeader("cache-control", "no-store");
    response.putHeader("x-content-type-options", "nosniff");
    end(json);
  }

  /// Booked before the caller can see that the answer is whole and call again.
  private void end(Buffer body) {
    boolean awaited = !finished && !callerGone;
    finish();
    if (awaited) {
      var _ = response.end(body);
    }
  }

  void failed(Throwable failure) {
    if (finished) {
      return;
    }
    if (failure instanceof Refusal why) {
      end(why);
      return;
    }
    log.error("{} failed", request.facts().id(), request.facts(), failure);
    end(Refusal.of(Code.INTERNAL_ERROR, "something failed here; the id finds it in the log"));
  }

  /// The caller has closed its connection, or has its whole answer. What makes or deletes is let
  /// finish, so that it is written down.
  private void left() {
    request.facts().ended(response.headWritten() ? response.getStatusCode() : 0);
    if (finished || response.ended()) {
      return;
    }
    callerGone = true;
    switch (request.route().row().act()) {
      case CREATE, UPLOAD, DELETE -> {}
      case REACH, LIST -> {
        stop();
        finish();
      }
    }
  }

  private void end(Refusal why) {
    if (finished) {
      return;
    }
    request.facts().code(why.code().wire());
    stop();
    finish(why.code().wire());
    if (!callerGone && !response.ended() && !response.closed()) {
      if (response.headWritten()) {
        RefusalWriter.breakOff(request.exchange());
      } else {
        RefusalWriter.write(
            request.exchange(), request.target().provider(), request.facts().id(), why);
      }
    }
  }

  private void stop() {
    KeptExchange running = exchange;
    if (running != null) {
      running.reset();
    }
  }

  private void finish() {
    finish("ok");
  }

  private void finish(String result) {
    if (finished) {
      return;
    }
    finished = true;
    Holds.Hold held = hold;
    if (started && held != null) {
      keeping
          .parts
          .budgets()
          .settle(
              held.reservation(),
              Usage.NONE,
              0,
              result.equals("ok") ? "ok" : "upstream_error",
              false);
      hold = null;
    }
    release();
    String object =
        made != null ? made : objects.isEmpty() ? null : objects.getFirst().providerId();
    KeptLog.ended(keeping, request, object, result);
  }

  boolean isOver() {
    return finished || callerGone;
  }

  /// Gives back what is held and was not used.
  private void release() {
    if (open) {
      keeping.relay.open().remove(this);
      open = false;
    }
    Holds.Hold held = hold;
    if (held != null) {
      keeping.parts.budgets().release(held.reservation());
      hold = null;
    }
  }
}
