package dev.mandate.simulator;

import dev.mandate.simulator.Counters.Tally;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;

/// One streamed answer: paced by the directive's timers and the peer's reading, billed chunk by
/// chunk, and stopped as soon as the peer is seen to be gone.
///
/// The text of the events is made when it is written, so thousands of waiting streams are cheap.
final class EventStream {
  /// What the stream says, as server-sent events; asked for in order, each part once.
  interface Script {
    String opening();

    int openingTokens();

    int chunkCount();

    String chunk(int index);

    int tokens(int index);

    String closing();

    /// Events that end the stream with an error.
    String failure();

    /// How they go over the wire.
    default Buffer encoded(String events) {
      return Buffer.buffer(events);
    }
  }

  /// Chunks written in one turn, so that a long answer to a fast reader shares the event loop.
  private static final int CHUNKS_PER_TURN = 64;

  private final Vertx vertx;
  private final HttpServerResponse response;
  private final Script script;
  private final Directive directive;
  private final Tally tally;
  private Future<Void> lastWrite = Future.succeededFuture();
  private int next;
  private boolean opened;
  private boolean blocked;
  private boolean over;

  private EventStream(Exchange exchange, Script script, Tally tally) {
    this.vertx = exchange.vertx();
    this.response = exchange.response();
    this.script = script;
    this.directive = exchange.directive();
    this.tally = tally;
  }

  /// Begins to answer, after the directive's delay; the prompt has been billed by then.
  static void play(Exchange exchange, Script script, Tally tally) {
    play(exchange, "text/event-stream; charset=utf-8", script, tally);
  }

  /// What isn't events is as long in coming.
  static void play(Exchange exchange, String contentType, Script script, Tally tally) {
    EventStream stream = new EventStream(exchange, script, tally);
    tally.streamOpened();
    stream.response.exceptionHandler(_ -> stream.abort());
    stream.response.closeHandler(_ -> stream.abort());
    stream.response.drainHandler(_ -> stream.drained());
    if (stream.response.closed()) {
      stream.abort();
      return;
    }
    exchange.putHeaders(contentType);
    stream.response.setChunked(true).putHeader("cache-control", "no-cache");
    if (stream.directive.ttfb() > 0) {
      stream.response.writeHead();
      stream.later(stream.directive.ttfb());
    } else {
      stream.run();
    }
  }

  private void later(int millis) {
    vertx.setTimer(millis, _ -> run());
  }

  private void drained() {
    if (blocked) {
      blocked = false;
      run();
    }
  }

  private void run() {
    for (int turn = 0; turn < CHUNKS_PER_TURN; turn++) {
      if (over) {
        return;
      }
      if (response.writeQueueFull()) {
        blocked = true;
        return;
      }
      if (!opened) {
        opened = true;
        tally.generated(script.openingTokens());
        write(script.opening());
      } else if (directive.dropAfter() <= next) {
        drop();
      } else if (directive.errorAfter() <= next) {
        finish(script.failure());
        tally.streamBroken();
      } else if (next == script.chunkCount()) {
        finish(script.closing());
        tally.streamFinished();
      } else {
        tally.generated(script.tokens(next));
        write(script.chunk(next++));
        if (directive.chunkDelay() > 0) {
          later(directive.chunkDelay());
          return;
        }
      }
    }
    vertx.runOnContext(_ -> run());
  }

  private void write(String events) {
    lastWrite = response.write(script.encoded(events));
  }

  private void finish(String events) {
    over = true;
    response.end(script.encoded(events));
  }

  private void drop() {
    over = true;
    tally.streamBroken();
    lastWrite.onComplete(_ -> response.reset());
  }

  private void abort() {
    if (!over) {
      over = true;
      tally.streamAborted();
    }
  }
}
