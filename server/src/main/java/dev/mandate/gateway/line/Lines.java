package dev.mandate.gateway.line;

import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamHealth;
import dev.mandate.gateway.GatewayConfig;
import dev.mandate.platform.metrics.Meters;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// All lines of this node. What is known of one stays when its upstream's settings change, and goes
/// with its origin.
public final class Lines implements UpstreamHealth {
  /// Beyond it the ones that nothing is on are forgotten, which loses what was known of them.
  private static final int KEPT_MAX = 20_000;

  private final GatewayConfig config;
  private final LongSupplier nanos;
  private final ConcurrentHashMap<Line.Key, Line> lines = new ConcurrentHashMap<>();

  public Lines(GatewayConfig config, LongSupplier nanos) {
    this.config = config;
    this.nanos = nanos;
  }

  /// The upstream's line, with the settings that it has now.
  public Line to(Upstream upstream) {
    if (lines.size() >= KEPT_MAX) {
      lines.values().removeIf(line -> line.underWay() == 0);
    }
    Line line =
        lines.computeIfAbsent(
            key(upstream), key -> new Line(key, upstream.resilience(), config, nanos));
    line.use(upstream.resilience());
    return line;
  }

  Collection<Line> all() {
    return Collections.unmodifiableCollection(lines.values());
  }

  /// Tells how lines are, at each scrape; how many, for their names are the tenants'.
  public void meter(Meters meters) {
    meters.gauge(
        "mandate.gateway.circuits.open",
        "",
        "Upstreams that are left alone for their failures",
        () -> count(Circuit.State.OPEN));
    meters.gauge(
        "mandate.gateway.circuits.half.open",
        "",
        "Upstreams of which single calls find out whether they work again",
        () -> count(Circuit.State.HALF_OPEN));
  }

  private long count(Circuit.State state) {
    return lines.values().stream().filter(line -> line.state() == state).count();
  }

  private static Line.Key key(Upstream upstream) {
    return new Line.Key(upstream.tenant(), upstream.name(), upstream.origin());
  }

  @Override
  public Health of(Upstream upstream) {
    Line line = lines.get(key(upstream));
    if (line == null || (line.workedMillis() == 0 && line.failedMillis() == 0)) {
      return Health.UNKNOWN;
    }
    return new Health(
        state(line),
        line.underWay(),
        at(line.workedMillis()),
        at(line.failedMillis()),
        line.lastFailure());
  }

  static State state(Line line) {
    return switch (line.state()) {
      case CLOSED -> State.UP;
      case HALF_OPEN -> State.TRYING;
      case OPEN -> State.DOWN;
    };
  }

  private static @Nullable Instant at(long millis) {
    return millis == 0 ? null : Instant.ofEpochMilli(millis);
  }
}
