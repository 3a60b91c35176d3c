package dev.mandate.gateway.relay;

import dev.mandate.gateway.CallMeters;
import dev.mandate.gateway.Refusal;
import dev.mandate.platform.observe.RequestFacts;
import dev.mandate.platform.trace.Span;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;

/// Times one exchange with a provider, and traces it by OpenTelemetry's semantic conventions for
/// generative AI. What was said is in none of the attributes.
final class UpstreamWatch {
  private final Outgoing call;
  private final CallMeters meters;
  private Span span = Span.NONE;
  private long sentNanos;
  private long firstNanos;
  private @Nullable AnswerFacts said;

  UpstreamWatch(Outgoing call, CallMeters meters) {
    this.call = call;
    this.meters = meters;
  }

  /// The call may go out.
  void begin() {
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
  }

  /// Bytes of the answer arrived.
  void bytes(Buffer chunk) {
    if (firstNanos == 0) {
      firstNanos = System.nanoTime() - sentNanos;
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

  void ended(Settlement.@Nullable Booked booked, @Nullable Refusal cutBy) {
    String outcome = booked == null || booked.outcome().equals("ok") ? null : booked.outcome();
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
