package dev.mandate.app;

import dev.mandate.domain.upstream.Resilience;
import dev.mandate.domain.upstream.Resilience.Breaker;
import dev.mandate.domain.upstream.Resilience.Capacity;
import dev.mandate.domain.upstream.Resilience.Cause;
import dev.mandate.domain.upstream.Resilience.Fallback;
import dev.mandate.domain.upstream.Resilience.Timeouts;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// Reads [ResilienceSettings].
final class ConfiguredResilience {
  private ConfiguredResilience() {}

  /// @throws StartRefused for what is out of bounds
  static Resilience read(ResilienceSettings settings, String name, String at) {
    try {
      List<Fallback> fallbacks = new ArrayList<>();
      for (ResilienceSettings.FallbackSettings fallback : settings.fallbacks().orElse(List.of())) {
        if (fallback.upstream().equals(name)) {
          throw new IllegalArgumentException("'" + name + "' is no fallback of itself");
        }
        fallbacks.add(new Fallback(fallback.upstream(), fallback.models(), causes(fallback)));
      }
      return new Resilience(
          new Timeouts(
              settings.connectTimeout().orElse(null),
              settings.firstByteTimeout().orElse(null),
              settings.idleTimeout().orElse(null),
              settings.callTimeout().orElse(null)),
          new Capacity(
              settings.connectionsMax().isPresent() ? settings.connectionsMax().getAsInt() : null,
              settings.callsMax().isPresent() ? settings.callsMax().getAsInt() : null,
              settings.queueMax(),
              settings.queueTimeout(),
              settings.http2()),
          new Breaker(
              settings.circuitFailuresPercent(),
              settings.circuitCallsMin(),
              settings.circuitWindow(),
              settings.circuitOpen()),
          settings.attemptsMax(),
          settings.otherCredentials(),
          settings.probeInterval().orElse(null),
          fallbacks);
    } catch (IllegalArgumentException e) {
      throw new StartRefused(at + ".resilience: " + e.getMessage());
    }
  }

  private static Set<Cause> causes(ResilienceSettings.FallbackSettings fallback) {
    Set<Cause> causes = EnumSet.noneOf(Cause.class);
    for (String wire : fallback.causes().orElse(Set.copyOf(Cause.wires()))) {
      if (!Cause.wires().contains(wire)) {
        throw new IllegalArgumentException(
            "'" + wire + "' is no cause of a fallback, expected some of " + Cause.wires());
      }
      causes.add(Cause.ofWire(wire));
    }
    return causes;
  }
}
