package dev.mandate.platform.trace;

import dev.mandate.platform.crypto.Secret;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/// Where spans go, and which.
///
/// @param endpoint of the collector, without a path for its standard one; null turns tracing off
/// @param authorization for the collector's `Authorization` field
/// @param sampling the share of requests that are recorded, 0 to 1
/// @param followCallers whether a caller's own decision to record counts instead of `sampling`;
///   anyone can send one
/// @param propagateUpstream whether providers are told the trace
/// @param queueMax spans that wait for the collector; later ones are dropped
public record TraceConfig(
    @Nullable URI endpoint,
    @Nullable Secret authorization,
    double sampling,
    boolean followCallers,
    boolean propagateUpstream,
    int queueMax) {
  public static final int QUEUE_MAX = 4096;

  public static final TraceConfig OFF = new TraceConfig(null, null, 0, false, false, QUEUE_MAX);

  public TraceConfig {
    if (!(sampling >= 0 && sampling <= 1)) {
      throw new IllegalArgumentException("sampling is " + sampling + ", expected 0 to 1");
    }
  }
}
