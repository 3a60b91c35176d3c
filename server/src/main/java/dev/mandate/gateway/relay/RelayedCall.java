package dev.mandate.gateway.relay;

import dev.mandate.domain.upstream.Resilience.Cause;
import dev.mandate.domain.upstream.UpstreamHealth.Failure;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.Refusal.Code;
import dev.mandate.gateway.RefusalWriter;
import dev.mandate.gateway.caller.Caller;
import dev.mandate.gateway.injecting.AwsSignature;
import dev.mandate.gateway.injecting.InwardHeaders;
import dev.mandate.gateway.injecting.OutwardHeaders;
import dev.mandate.gateway.line.Line;
import dev.mandate.gateway.line.Waits;
import dev.mandate.gateway.mandating.ProviderKey;
import dev.mandate.gateway.mandating.Standing;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerResponse;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One call on its way to the provider and back. Lives on one event loop; only [OpenCall]'s verbs
/// come from elsewhere, and hop onto it.
public final class RelayedCall implements OpenCall, Line.Waiter {
  private static final Logger log = LoggerFactory.getLogger(RelayedCall.class);

  private final Relay relay;
  private final Outgoing call;
  private final Context loop;
  private final HttpServerResponse response;
  private final Settlement settlement;
  private final Instant rightsEnd;
  private final UpstreamWatch watch;
  private final Waits waits;
  private final long end;
  private volatile long deadline;

  /// Read by whoever looks for calls with a key that is gone.
  private volatile ProviderKey key;

  private boolean repeated;

  /// Connections that were tried.
  private int tries;

  /// Whether it waits for its turn.
  private boolean parked;

  /// How often it was given up for another one: what an earlier one says is not heard any more.
  private int attempt;

  private @Nullable HttpClientRequest request;

  /// Refused by the provider, while somebody else is looked for.
  private @Nullable HttpClientRequest refused;

  private @Nullable HttpClientResponse arriving;
  private @Nullable Answer answer;
  private @Nullable HeldAnswer held;
  private @Nullable Refusal cutBy;
  private boolean callerGone;
  private boolean paused;
  private boolean resetByUs;
  private boolean finished;

  RelayedCall(Relay relay, Outgoing call, Context loop) {
    this.relay = relay;
    this.call = call;
    this.key = call.providerKey();
    this.loop = loop;
    this.response = call.exchange().response();
    this.settlement =
        new Settlement(relay.budgets(), call.hold(), call.from() != null && call.from().started());
    this.rightsEnd = call.rightsEnd();
    this.watch = new UpstreamWatch(call, relay);
    this.waits = call.target().line().waits();
    this.end = System.nanoTime() + waits.call();
    waitFor(waits.connect() + waits.firstByte());
  }

  private void waitFor(long nanos) {
    long at = System.nanoTime() + nanos;
    deadline = waits.call() > 0 && at - end > 0 ? end : at;
  }

  @Override
  public Caller caller() {
    return call.caller();
  }

  @Override
  public Standing standing() {
    return call.standing();
  }

  @Override
  public String credential() {
    return key.credential();
  }

  @Override
  public boolean hasLentPlace() {
    return call.pass().hasLentPlace();
  }

  @Override
  public void admitAgain(Standing standing, Instant now) {
    relay.admitAgain(call, standing, now);
  }

  @Override
  public void cut(Refusal why) {
    loop.runOnContext(_ -> cutHere(why));
  }

  @Override
  public void check(long nanos, Instant now) {
    if (!now.isBefore(rightsEnd)) {
      cut(Refusal.of(Code.MANDATE_EXPIRED, "the mandate expired at " + rightsEnd));
    } else if (nanos - deadline > 0) {
      loop.runOnContext(_ -> timedOut());
    }
  }

  void send() {
    watch.begin();
    response.closeHandler(
        _ -> {
          hungUp();
          watch.left();
        });
    response.exceptionHandler(_ -> hungUp());
    if (response.closed()) {
      hungUp();
      return;
    }
    response.setWriteQueueMaxSize(relay.config().writeQueueBytes());
    enter(call.target().line().enter(this));
  }

  private void enter(Line.Entry entry) {
    Line line = call.target().line();
    switch (watch.entered(entry)) {
      case GO, PROBE -> connect();
      case QUEUED -> {
        parked = true;
        waitFor(line.settings().capacity().queueTimeout().toNanos());
      }
      case CIRCUIT_OPEN -> elsewhere(Cause.CIRCUIT_OPEN, () -> fail(Attempts.circuitOpen(line)));
      case BUSY -> elsewhere(Cause.BUSY, () -> fail(Attempts.busy(line)));
    }
  }

  @Override
  public void turn() {
    loop.runOnContext(
        _ -> {
          Line line = call.target().line();
          boolean waits = parked && !finished;
          Line.Entry entry = waits ? line.enterAfterWaiting() : Line.Entry.BUSY;
          if (!waits || entry == Line.Entry.CIRCUIT_OPEN) {
            line.leave();
          }
          if (waits) {
            parked = false;
            waitFor(this.waits.connect() + this.waits.firstByte());
            enter(entry);
          }
        });
  }

  private void connect() {
    if (finished) {
      return;
    }
    tries++;
    Attempts.connect(relay.clients(), call).onComplete(this::connected, this::unreachable);
  }

  private void connected(HttpClientRequest opened) {
    if (finished) {
      var _ = opened.reset();
      return;
    }
    request = opened;
    if (!relay.mayUse(call.target(), opened.connection().remoteAddress())) {
      // Before a byte of the call, or of the credential, went out.
      log.warn("{} upstream {} leads to an address that is not public", call.id(), name());
      fail(Refusal.of(Code.UPSTREAM_UNREACHABLE, "the upstream's address is not public"));
      return;
    }
    OutwardHeaders.write(
        call.provider(),
        key.secret(),
        call.caller().mandate(),
        call.exchange().headers(),
        opened.headers());
    if (call.provider().signs()) {
      AwsSignature.authorize(key.secret(), call.signed(), relay.instant(), opened.headers());
    }
    try {
      settlement.started();
    } catch (RuntimeException e) {
      // What could not be written down must not be sent.
      log.error("{} can't be charged", call.id(), call.facts(), e);
      fail(Refusal.of(Code.INTERNAL_ERROR, "something failed here; the id finds it in the log"));
      return;
    }
    int mine = attempt;
    key.used(relay.millis());
    watch.sending(opened.headers());
    waitFor(waits.firstByte());
    opened
        .send(call.body())
        .onComplete(
            head -> headArrived(mine, opened, head),
            cause -> {
              if (mine == attempt) {
                broken(cause);
              }
            });
  }

  private void unreachable(Throwable cause) {
    if (finished) {
      return;
    }
    log.warn(
        "{} upstream {} can't be reached: {}", call.id(), name(), cause.toString(), call.facts());
    if (Attempts.mayTryAgain(cause, tries, call)) {
      // Nothing was sent: no connection stood.
      relay.later(Attempts.pauseMillis(tries), this::connect);
      return;
    }
    Failure failure = Attempts.failure(cause);
    if (failure == null) {
      elsewhere(Cause.BUSY, () -> fail(Attempts.busy(call.target().line())));
      return;
    }
    watch.failed(failure);
    elsewhere(Cause.UNREACHABLE, () -> fail(Attempts.unreachable(failure)));
  }

  /// Nothing of the call was served here: looks for somebody else.
  private void elsewhere(Cause cause, Runnable orElse) {
    if (callerGone || !call.elsewhere().mayGo(cause)) {
      orElse.run();
      return;
    }
    request = null;
    waitFor(Attempts.SEARCH_NANOS);
    call.elsewhere()
        .go(
            this,
            cause,
            () -> {
              if (!finished) {
                orElse.run();
              }
            });
  }

  /// The provider refused to serve it now: another key of its may do, or another upstream. Its
  /// answer is kept for the case that none does.
  private void refusedForNow(Cause cause, HttpClientRequest to, HttpClientResponse head) {
    settlement.uncharged();
    var _ = head.pause();
    request = null;
    refused = to;
    Runnable pass =
        () -> {
          refused = null;
          request = to;
          accept(head);
          var _ = head.resume();
        };
    if (cause != Cause.RATE_LIMITED
        || repeated
        || !call.target().line().settings().otherCredentials()) {
      elsewhere(cause, pass);
      return;
    }
    repeated = true;
    call.otherKeys()
        .find(
            key,
            other -> key = other,
            other -> {
              if (other == null && !finished) {
                elsewhere(cause, pass);
              } else if (!finished) {
                attempt++;
                forgetRefused();
                goOnWith(other);
              }
            });
  }

  private void forgetRefused() {
    if (refused != null) {
      var _ = refused.reset();
      refused = null;
    }
  }

  public boolean hasEnded() {
    return finished;
  }

  public boolean hasStarted() {
    return settlement.hasStarted();
  }

  /// What it held is held for another upstream.
  void moved() {
    settlement.moved();
  }

  /// Another one goes on with it.
  public void handedOver() {
    finished = true;
    forgetRefused();
    watch.ended(null, null);
  }

  private void broken(Throwable cause) {
    if (finished || resetByUs) {
      return;
    }
    log.warn("{} upstream {} broke off: {}", call.id(), name(), cause.toString(), call.facts());
    watch.failed(Failure.BROKE_OFF);
    fail(Refusal.of(Code.UPSTREAM_UNREACHABLE, "the upstream closed the connection"));
  }

  /// Ends a call that the upstream failed, in whatever way its answer still allows.
  private void fail(Refusal why) {
    endedBy(why);
    reset();
    if (answer == null) {
      settlement.unsent("upstream_error");
    } else {
      settleEstimated("upstream_error");
    }
    endWith(why);
    finish();
  }

  private void endedBy(Refusal why) {
    cutBy = why;
    watch.ending(why.code().wire());
  }

  private void endWith(Refusal why) {
    if (callerGone || response.ended() || response.closed()) {
      return;
    }
    Buffer last = answer == null ? null : answer.end(why, call);
    if (!response.headWritten()) {
      RefusalWriter.write(call.exchange(), call.provider(), call.id(), why);
    } else if (last != null) {
      var _ = response.end(last);
    } else {
      // Half an answer: only a broken connection says so.
      RefusalWriter.breakOff(call.exchange());
    }
  }

  private void headArrived(int from, HttpClientRequest to, HttpClientResponse head) {
    if (finished || from != attempt) {
      var _ = to.reset();
      return;
    }
    progressed();
    int status = head.statusCode();
    watch.answered(status);
    if (status == 401 || status == 403) {
      // It is reset, which is not news to us.
      head.exceptionHandler(_ -> {});
      keyRefused(to, status);
      return;
    }
    Cause cause = Attempts.refusedForNow(status);
    if (cause != null && Attempts.mayGoElsewhere(cause, call)) {
      int mine = attempt;
      head.exceptionHandler(
          failure -> {
            if (mine == attempt) {
              broken(failure);
            }
          });
      refusedForNow(cause, to, head);
      return;
    }
    accept(head);
  }

  private void accept(HttpClientResponse head) {
    int status = head.statusCode();
    arriving = head;
    head.exceptionHandler(this::broken);
    boolean ok = status >= 200 && status < 300;
    if (status == 400 && call.provider().answersBadKeysWith400()) {
      // It may be the caller's fault as well: the key is tested, and the answer goes on.
      relay.keyWatch().refused(call.target(), key, status, call.id());
    }
    if (!ok) {
      settlement.exact(Usage.NONE, "upstream_error");
    } else if (call.endpoint().isFree()) {
      settlement.exact(Usage.NONE, "ok");
    }
    String type = head.getHeader("content-type");
    boolean events = ok && Answer.isEventStream(type);
    answer = Answer.of(call, events, type, relay.config().eventBytesMax());
    if (ok && call.keeper() != null) {
      held = new HeldAnswer(events, relay.config().eventBytesMax());
    }
    writeHead(head, events);
    head.handler(this::arrived);
    head.endHandler(_ -> ended());
  }

  /// Nothing of the answer has gone to the caller, and nothing of the call was served: it can go
  /// out once more with another key, under the same hold.
  private void keyRefused(HttpClientRequest to, int status) {
    log.warn(
        "{} upstream {} rejected credential {} with {}",
        call.id(),
        name(),
        key,
        status,
        call.facts());
    // Its body can quote the key: it is not read.
    attempt++;
    request = null;
    var _ = to.reset();
    settlement.uncharged();
    relay.keyWatch().refused(call.target(), key, status, call.id());
    if (callerGone) {
      settlement.exact(Usage.NONE, "hung_up");
      finish();
    } else if (repeated) {
      failRefused();
    } else {
      repeated = true;
      call.otherKeys().find(key, other -> key = other, this::goOnWith);
    }
  }

  private void goOnWith(@Nullable ProviderKey other) {
    if (finished) {
      return;
    }
    if (other == null) {
      failRefused();
    } else {
      waitFor(waits.connect() + waits.firstByte());
      connect();
    }
  }

  private void failRefused() {
    elsewhere(
        Cause.CREDENTIAL_REJECTED,
        () -> {
          settlement.exact(Usage.NONE, "upstream_error");
          fail(
              Refusal.of(
                  Code.UPSTREAM_CREDENTIAL_REJECTED,
                  "the upstream rejected the gateway's credential"));
        });
  }

  private void writeHead(HttpClientResponse head, boolean events) {
    if (callerGone) {
      return;
    }
    response.setStatusCode(head.statusCode());
    if (call.from() != null) {
      response.putHeader("mandate-upstream", name());
    }
    InwardHeaders.write(head.headers(), response.headers());
    String length = head.getHeader("content-length");
    if (length != null && !events) {
      response.putHeader("content-length", length);
    } else {
      response.setChunked(true);
    }
    if (events) {
      // The caller sees that its stream has begun, however long the first event takes.
      var _ = response.writeHead();
    }
  }

  private void arrived(Buffer chunk) {
    if (finished || resetByUs || answer == null) {
      return;
    }
    progressed();
    watch.bytes(chunk);
    Buffer out = answer.chunk(chunk);
    // Booked before the caller can see that the answer is whole and call again.
    settleIfComplete();
    HeldAnswer begun = held;
    if (begun == null || begun.isReleased()) {
      passOn(out);
      return;
    }
    String id = begun.hold(out);
    if (id != null && arriving != null) {
      HttpClientResponse rest = arriving.pause();
      keep(
          id,
          () -> {
            passOn(begun.release());
            if (!paused) {
              rest.resume();
            }
          });
    } else if (begun.isReleased()) {
      passOn(begun.release());
    }
  }

  /// Has what this call brought into being given its owner, and goes on then.
  private void keep(String id, Runnable then) {
    Keeper keeper = call.keeper();
    if (keeper == null) {
      throw new IllegalStateException("an answer is held for nobody");
    }
    keeper.keep(
        id,
        key,
        (_, failure) -> {
          if (finished) {
            return;
          }
          progressed();
          if (failure == null) {
            then.run();
          } else {
            log.error("{} {} has no owner", call.id(), id, call.facts(), failure);
            fail(
                Refusal.of(
                    Code.INTERNAL_ERROR, "something failed here; the id finds it in the log"));
          }
        });
  }

  private void passOn(Buffer out) {
    if (callerGone || out.length() == 0) {
      return;
    }
    var _ = response.write(out);
    if (response.writeQueueFull() && arriving != null) {
      paused = true;
      arriving.pause();
      response.drainHandler(_ -> drained());
    }
  }

  private void drained() {
    paused = false;
    progressed();
    if (!finished && arriving != null) {
      arriving.resume();
    }
  }

  private void ended() {
    if (finished || answer == null) {
      return;
    }
    Buffer rest = answer.rest();
    Usage usage = answer.usage();
    if (usage != null && answer.isWhole()) {
      settlement.exact(usage, "ok");
    } else {
      settleEstimated("ok");
    }
    HeldAnswer all = held;
    if (all == null || all.isReleased()) {
      endWhole(rest);
      return;
    }
    String id = all.atEnd(rest);
    if (id == null) {
      endWhole(all.release());
    } else {
      keep(id, () -> endWhole(all.release()));
    }
  }

  private void endWhole(Buffer rest) {
    if (!callerGone) {
      var _ = rest.length() == 0 ? response.end() : response.end(rest);
    }
    finish();
  }

  private void settleIfComplete() {
    Answer current = answer;
    if (current != null && current.isComplete()) {
      Usage usage = current.usage();
      if (usage != null) {
        settlement.exact(usage, "ok");
      }
    }
  }

  private void settleEstimated(String outcome) {
    Answer current = answer;
    if (current == null) {
      settlement.estimated(null, Long.MAX_VALUE, outcome);
      return;
    }
    // A stream that waits for a slow caller may be far ahead at the provider.
    boolean unseen = paused || call.mayHideOutput();
    settlement.estimated(current.usage(), unseen ? Long.MAX_VALUE : current.shownTokens(), outcome);
  }

  /// The caller has closed its connection.
  private void hungUp() {
    if (finished || callerGone || response.ended()) {
      return;
    }
    callerGone = true;
    watch.ending("hung_up");
    if (request == null) {
      settlement.unsent("hung_up");
      finish();
    } else if (call.prompt().stream()) {
      reset();
      settleEstimated("hung_up");
      finish();
    } else if (paused) {
      // A call that doesn't stream is let finish, to read its usage.
      drained();
    }
  }

  private void cutHere(Refusal why) {
    if (finished || callerGone) {
      return;
    }
    endedBy(why);
    if (request == null) {
      settlement.unsent("cut");
      endWith(why);
      finish();
    } else if (call.prompt().stream()) {
      settleEstimated("cut");
      endWith(why);
      reset();
      finish();
    } else {
      endWith(why);
      callerGone = true;
      if (paused) {
        drained();
      }
    }
  }

  private void timedOut() {
    if (finished || System.nanoTime() - deadline <= 0) {
      return;
    }
    if (parked) {
      parked = false;
      call.target().line().giveUp(this);
      elsewhere(Cause.BUSY, () -> fail(Attempts.busy(call.target().line())));
    } else if (paused) {
      log.info("{} the caller stopped reading", call.id(), call.facts());
      reset();
      settleEstimated("hung_up");
      RefusalWriter.breakOff(call.exchange());
      finish();
    } else {
      log.warn("{} upstream {} timed out", call.id(), name(), call.facts());
      if (answer == null || waits.call() == 0 || System.nanoTime() - end <= 0) {
        watch.failed(Failure.TIMEOUT);
      }
      fail(Refusal.of(Code.UPSTREAM_TIMEOUT, "the upstream did not answer in time"));
    }
  }

  private void progressed() {
    waitFor(waits.idle());
  }

  /// Tells those who wait for the upstream at once, which is not news to us.
  private void reset() {
    resetByUs = true;
    if (request != null) {
      var _ = request.reset();
    }
  }

  private String name() {
    return call.target().upstream().name();
  }

  private void finish() {
    finished = true;
    forgetRefused();
    if (parked) {
      call.target().line().giveUp(this);
    }
    watch.ended(settlement.booked(), cutBy);
    relay.finished(this, call, settlement.booked(), cutBy);
  }
}
