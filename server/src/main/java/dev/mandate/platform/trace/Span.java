package dev.mandate.platform.trace;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A span, or the absence of one: every verb may be called on either, from any thread.
public final class Span {
  /// Of a request that nobody traces.
  public static final Span NONE = new Span(null, null, null, false);

  private final @Nullable Tracer tracer;
  private final io.opentelemetry.api.trace.@Nullable Span span;
  private final @Nullable TraceParent caller;
  private final boolean told;

  private Span(
      @Nullable Tracer tracer,
      io.opentelemetry.api.trace.@Nullable Span span,
      @Nullable TraceParent caller,
      boolean told) {
    this.tracer = tracer;
    this.span = span;
    this.caller = caller;
    this.told = told;
  }

  /// Of a request whose caller traces and we don't: its trace id is known, and no more.
  static Span ofCaller(TraceParent caller) {
    return new Span(null, null, caller, false);
  }

  /// @param told whether the next hop is told the trace
  static Span of(Tracer tracer, io.opentelemetry.api.trace.Span span, boolean told) {
    return new Span(tracer, span, null, told);
  }

  /// Whether what is put here is kept.
  public boolean recording() {
    return span != null && span.isRecording();
  }

  /// 32 hexadecimal digits; null when there is no trace.
  public @Nullable String traceId() {
    if (span != null) {
      return span.getSpanContext().getTraceId();
    }
    return caller == null ? null : caller.traceId();
  }

  /// 16 hexadecimal digits; null when there is no span of ours.
  public @Nullable String spanId() {
    return recording() && span != null ? span.getSpanContext().getSpanId() : null;
  }

  /// The `traceparent` of the next hop (W3C Trace Context §3.2); null when it is not told any.
  public @Nullable String traceparent() {
    if (span == null || !told) {
      return null;
    }
    SpanContext context = span.getSpanContext();
    return "00-" + context.getTraceId() + "-" + context.getSpanId() + (recording() ? "-01" : "-00");
  }

  /// A span of a request that we send, below this one.
  public Span client(String name) {
    if (tracer == null || span == null || !span.isRecording()) {
      return NONE;
    }
    return of(
        tracer,
        tracer
            .spanBuilder(name)
            .setParent(Context.root().with(span))
            .setSpanKind(SpanKind.CLIENT)
            .startSpan(),
        told);
  }

  /// Names it anew, once more is known.
  public Span named(String name) {
    if (span != null) {
      span.updateName(name);
    }
    return this;
  }

  public Span put(String key, @Nullable String value) {
    if (span != null && value != null) {
      span.setAttribute(key, value);
    }
    return this;
  }

  public Span put(String key, @Nullable Long value) {
    return value == null ? this : put(key, value.longValue());
  }

  public Span put(String key, long value) {
    if (span != null) {
      span.setAttribute(key, value);
    }
    return this;
  }

  public Span put(String key, List<String> values) {
    if (span != null && !values.isEmpty()) {
      span.setAttribute(AttributeKey.stringArrayKey(key), values);
    }
    return this;
  }

  /// @param error the code of what went wrong; null when nothing did
  public void end(@Nullable String error) {
    if (span == null) {
      return;
    }
    if (error != null) {
      span.setAttribute("error.type", error);
      span.setStatus(StatusCode.ERROR);
    }
    span.end();
  }
}
