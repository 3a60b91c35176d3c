package dev.mandate.platform.trace;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingResult;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/// Decides by chance, and not by the trace id as the library's own sampler does: a caller chooses
/// its trace id, and could have all its calls recorded, or none.
record Sampling(double share, boolean followCallers) implements Sampler {
  @Override
  public SamplingResult shouldSample(
      Context parent,
      String traceId,
      String name,
      SpanKind kind,
      Attributes attributes,
      List<LinkData> links) {
    SpanContext above = Span.fromContext(parent).getSpanContext();
    boolean decided = above.isValid() && (!above.isRemote() || followCallers);
    boolean record = decided ? above.isSampled() : ThreadLocalRandom.current().nextDouble() < share;
    return record ? SamplingResult.recordAndSample() : SamplingResult.drop();
  }

  @Override
  public String getDescription() {
    return "share " + share + (followCallers ? ", or what the caller says" : "");
  }
}
