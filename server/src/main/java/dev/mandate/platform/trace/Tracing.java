package dev.mandate.platform.trace;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanLimits;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Begins spans and sends the ended ones on, in batches and from a thread of its own. What the
/// collector doesn't take in time is dropped; serving never waits for it.
public final class Tracing implements AutoCloseable {
  public static final Tracing OFF = new Tracing(null, null, false);

  private static final String TRACES_PATH = "/v1/traces";
  private static final Duration EXPORT_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration EXPORT_INTERVAL = Duration.ofSeconds(1);
  private static final int CLOSE_SECONDS = 3;
  private static final int ATTRIBUTES_MAX = 64;
  private static final int ATTRIBUTE_CHARACTERS_MAX = 256;

  /// Held: the logging system itself would let the level go with the logger.
  private static final Logger LIBRARY = Logger.getLogger("io.opentelemetry");

  private final @Nullable SdkTracerProvider provider;
  private final @Nullable Tracer tracer;
  private final @Nullable CountedExport export;
  private final boolean propagates;

  private Tracing(
      @Nullable SdkTracerProvider provider, @Nullable CountedExport export, boolean propagates) {
    this.provider = provider;
    this.tracer = provider == null ? null : provider.get("dev.mandate");
    this.export = export;
    this.propagates = propagates;
  }

  /// @param version of this server
  /// @param instance which of its processes this is
  public static Tracing of(TraceConfig config, String version, String instance) {
    URI endpoint = config.endpoint();
    if (endpoint == null) {
      return OFF;
    }
    // It would print to standard error, past the log; CountedExport says what is worth saying.
    LIBRARY.setLevel(Level.OFF);
    OtlpHttpSpanExporterBuilder exporter =
        OtlpHttpSpanExporter.builder()
            .setEndpoint(target(endpoint))
            .setTimeout(EXPORT_TIMEOUT)
            .setConnectTimeout(EXPORT_TIMEOUT);
    if (config.authorization() != null) {
      exporter.addHeader("authorization", config.authorization().reveal());
    }
    CountedExport export = new CountedExport(exporter.build());
    SdkTracerProvider provider =
        SdkTracerProvider.builder()
            .setResource(
                Resource.create(
                    Attributes.builder()
                        .put("service.name", "mandate")
                        .put("service.version", version)
                        .put("service.instance.id", instance)
                        .build()))
            .setSampler(new Sampling(config.sampling(), config.followCallers()))
            .setSpanLimits(
                SpanLimits.builder()
                    .setMaxNumberOfAttributes(ATTRIBUTES_MAX)
                    .setMaxAttributeValueLength(ATTRIBUTE_CHARACTERS_MAX)
                    .build())
            .addSpanProcessor(
                BatchSpanProcessor.builder(export)
                    .setMaxQueueSize(config.queueMax())
                    .setMaxExportBatchSize(Math.min(512, config.queueMax()))
                    .setScheduleDelay(EXPORT_INTERVAL)
                    .setExporterTimeout(EXPORT_TIMEOUT)
                    .build())
            .build();
    return new Tracing(provider, export, config.propagateUpstream());
  }

  private static String target(URI endpoint) {
    String text = endpoint.toString();
    String path = endpoint.getPath();
    return path == null || path.isEmpty() || path.equals("/")
        ? text.replaceFirst("/$", "") + TRACES_PATH
        : text;
  }

  /// The span of a request that came in.
  ///
  /// @param caller what the request says of its caller's trace
  public Span request(String name, @Nullable TraceParent caller) {
    if (tracer == null) {
      return caller == null ? Span.NONE : Span.ofCaller(caller);
    }
    Context above = Context.root();
    if (caller != null) {
      TraceFlags flags = caller.sampled() ? TraceFlags.getSampled() : TraceFlags.getDefault();
      above =
          above.with(
              io.opentelemetry.api.trace.Span.wrap(
                  SpanContext.createFromRemoteParent(
                      caller.traceId(), caller.spanId(), flags, TraceState.getDefault())));
    }
    return Span.of(
        tracer,
        tracer.spanBuilder(name).setParent(above).setSpanKind(SpanKind.SERVER).startSpan(),
        propagates);
  }

  public boolean on() {
    return provider != null;
  }

  /// Spans that the collector took.
  public long exported() {
    return export == null ? 0 : export.exported();
  }

  /// Spans that were sent and not taken.
  public long failed() {
    return export == null ? 0 : export.failed();
  }

  /// Sends what waits, within some seconds.
  @Override
  public void close() {
    if (provider != null) {
      var _ = provider.shutdown().join(CLOSE_SECONDS, TimeUnit.SECONDS);
    }
  }
}
