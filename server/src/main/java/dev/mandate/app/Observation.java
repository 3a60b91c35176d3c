package dev.mandate.app;

import dev.mandate.platform.http.ListenerConfig;
import dev.mandate.platform.observe.AccessLog;
import dev.mandate.platform.trace.TraceConfig;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How a server lets itself be watched.
///
/// @param management its listener; null for none
record Observation(@Nullable ListenerConfig management, TraceConfig tracing, AccessLog accessLog) {
  private static final int REQUEST_BYTES_MAX = 8 * 1024;
  private static final Duration IDLE_TIMEOUT = Duration.ofMinutes(2);

  /// Nothing listens, nothing is traced or logged.
  static final Observation NONE = new Observation(null, TraceConfig.OFF, AccessLog.OFF);

  /// A management listener on plain HTTP, for those who watch from the same network.
  static ListenerConfig management(String host, int port) {
    return new ListenerConfig(
        host, port, REQUEST_BYTES_MAX, REQUEST_BYTES_MAX, IDLE_TIMEOUT, List.of(), 1, null);
  }
}
