package dev.mandate.platform.trace;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Counts what arrives at the collector and what doesn't, and says the latter in the log, once a
/// minute: what the library would say itself goes past the log.
final class CountedExport implements SpanExporter {
  private static final Logger log = LoggerFactory.getLogger(CountedExport.class);
  private static final long COMPLAINT_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final SpanExporter exporter;
  private final LongAdder exported = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private volatile long complained = System.nanoTime() - COMPLAINT_NANOS;

  CountedExport(SpanExporter exporter) {
    this.exporter = exporter;
  }

  long exported() {
    return exported.sum();
  }

  long failed() {
    return failed.sum();
  }

  @Override
  public CompletableResultCode export(Collection<SpanData> spans) {
    int count = spans.size();
    CompletableResultCode result = exporter.export(spans);
    return result.whenComplete(() -> count(result, count));
  }

  private void count(CompletableResultCode result, int spans) {
    if (result.isSuccess()) {
      exported.add(spans);
      return;
    }
    failed.add(spans);
    long now = System.nanoTime();
    if (now - complained >= COMPLAINT_NANOS) {
      complained = now;
      Throwable why = result.getFailureThrowable();
      log.warn(
          "the trace collector did not take {} spans: {}; serving goes on without them",
          spans,
          why == null ? "no reason given" : why.toString());
    }
  }

  @Override
  public CompletableResultCode flush() {
    return exporter.flush();
  }

  @Override
  public CompletableResultCode shutdown() {
    return exporter.shutdown();
  }
}
