package dev.mandate.gateway.line;

import dev.mandate.domain.upstream.Resilience.Timeouts;
import dev.mandate.gateway.GatewayConfig;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// How long calls on a line wait, in nanoseconds.
///
/// @param call for all of it; 0 for no bound
public record Waits(long connect, long firstByte, long idle, long call) {
  static Waits of(Timeouts own, GatewayConfig config) {
    return new Waits(
        nanos(own.connect(), config.connectTimeout()),
        nanos(own.firstByte(), config.firstByteTimeout()),
        nanos(own.idle(), config.idleTimeout()),
        own.call() == null ? 0 : own.call().toNanos());
  }

  private static long nanos(@Nullable Duration own, Duration otherwise) {
    return (own == null ? otherwise : own).toNanos();
  }
}
