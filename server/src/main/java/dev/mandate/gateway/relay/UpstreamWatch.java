package dev.mandate.gateway.relay;

import dev.mandate.domain.promptlog.PromptLog;
import dev.mandate.domain.upstream.UpstreamHealth;
import dev.mandate.gateway.CallMeters;
import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.line.Line;
import dev.mandate.platform.observe.RequestFacts;
import dev.mandate.platform.trace.Span;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;

/// Keeps one call's place on its line, times the exchange, and traces it by OpenTelemetry's
/// semantic conventions for generative AI. What was said is in none of the attributes.
final class UpstreamWatch {
  private static final int SERVER_ERRORS = 500;

  private final Outgoing call;
  private final CallMeters meters;
  private final Relay relay;
  private final Line line;
  private Span span = Span.NONE;
  private long sentNanos;
  private long firstNanos;
  private @Nullable AnswerFacts said;

  /// The beginning of the answer, where the tenant keeps texts and this call is one of them.
  private @Nullable Buffer kept;

  private boolean onLine;

  /// Whether it finds out for the others whether the upstream works.
  private boolean probe;

  /// Whether the line was told of it.
  private boolean heard;

  UpstreamWatch(Outgoing call, Relay relay) {
    this.call = call;
    this.relay = relay;
    this.meters = relay.meters();
    this.line = call.target().line();
  }

  /// @param entry what the line said
  Line.Entry entered(Line.Entry entry) {
    onLine = entry == Line.Entry.GO || entry == Line.Entry.PROBE;
    probe = entry == Line.Entry.PROBE;
    return entry;
  }

  /// The upstream failed the call.
  void failed(UpstreamHealth.Failure why) {
    if (!onLine) {
      return;
    }
    if (heard) {
      line.brokeOff(why, relay.millis());
    } else {
      line.failed(probe, why, relay.millis());
    }
    heard = true;
    probe = false;
  }

  /// Makes room for others.
  void leave() {
    if (!onLine) {
      return;
    }
    onLine = false;
    if (probe) {
      probe = false;
      line.foundNothing();
    }
    line.leave();
  }

  /// The call may go out.
  void begin() {
    kept = relay.prompts().wants(call.caller().tenant()) ? Buffer.buffer() : null;
    RequestFacts facts = call.facts();
    meters.admitted(call.provider(), System.nanoTime() - facts.startedNanos() - call.waitedNanos());
    if (facts.span().recording()) {
      String operation = call.endpoint().operation();
      span =
          facts
              .span()
              .client(operation + " " + call.prompt().model())
              .put("gen_ai.provider.name", call.provider().telemetryName())
              .put("gen_ai.operation.name", operation)
              .put("gen_ai.request.model", call.prompt().model())
              .put("gen_ai.request.max_tokens", call.prompt().outputCap())
              .put("server.address", call.target().host())
              .put("server.port", call.target().port());
    }
  }

  /// The request is sent now. The provider is told the trace only where that is set.
  void sending(MultiMap headers) {
    String traceparent = span.traceparent();
    if (traceparent != null) {
      headers.set("traceparent", traceparent);
    }
    sentNanos = System.nanoTime();
    firstNanos = 0;
  }

  void answered(int status) {
    meters.firstByte(call.provider(), call.endpoint(), System.nanoTime() - sentNanos);
    span.put("http.response.status_code", status);
    heard = true;
    if (status >= SERVER_ERRORS) {
      line.failed(probe, UpstreamHealth.Failure.SERVER_ERROR, relay.millis());
    } else {
      line.worked(probe, relay.millis());
    }
    probe = false;
  }

  /// Bytes of the answer arrived.
  void bytes(Buffer chunk) {
    if (firstNanos == 0) {
      firstNanos = System.nanoTime() - sentNanos;
    }
    Buffer answer = kept;
    if (answer != null && answer.length() < PromptLog.BYTES_MAX) {
      int room = PromptLog.BYTES_MAX - answer.length();
      answer.appendBuffer(chunk, 0, Math.min(room, chunk.length()));
    }
    if (span.recording()) {
      if (said == null) {
        said = new AnswerFacts();
      }
      said.add(chunk);
    }
  }

  /// Before the answer ends, so that its access line knows why.
  void ending(String code) {
    call.facts().code(code);
  }

  /// The caller's connection is gone: where it went before the answer was whole, this is the end.
  void left() {
    HttpServerResponse response = call.exchange().response();
    call.facts().ended(response.headWritten() ? response.getStatusCode() : 0);
  }

  private void keep(Buffer answer) {
    Buffer body = call.body();
    relay
        .prompts()
        .offer(
            new PromptLog.Said(
                call.caller().tenant(),
                call.id(),
                call.caller().mandate(),
                call.target().upstream().name(),
                call.prompt().model(),
                body.getBytes(0, Math.min(body.length(), PromptLog.BYTES_MAX)),
                answer.getBytes()));
  }

  void ended(Settlement.@Nullable Booked booked, @Nullable Refusal cutBy) {
    String outcome = booked == null || booked.outcome().equals("ok") ? null : booked.outcome();
    if (kept != null && sentNanos != 0) {
      keep(kept);
    }
    if (sentNanos != 0) {
      meters
          .genAi()
          .ended(
              call.provider(),
              call.endpoint(),
              call.prompt().model(),
              booked == null || booked.estimated() || outcome != null ? null : booked.usage(),
              cutBy != null ? "cut" : outcome,
              System.nanoTime() - sentNanos,
              call.prompt().stream() ? firstNanos : 0);
    }
    leave();
    if (!span.recording()) {
      return;
    }
    if (said != null) {
      said.describe(span);
    }
    if (booked != null) {
      span.put("gen_ai.usage.input_tokens", booked.usage().allInput())
          .put("gen_ai.usage.output_tokens", booked.usage().output())
          .put("gen_ai.usage.cache_read.input_tokens", booked.usage().cachedInput())
          .put(
              "gen_ai.usage.cache_creation.input_tokens",
              booked.usage().cacheWrite() + booked.usage().cacheWriteLong())
          .put("mandate.cost_micros", booked.costMicros())
          .put("mandate.estimated", Boolean.toString(booked.estimated()));
    }
    span.end(cutBy == null ? outcome : cutBy.code().wire());
  }
}
