package dev.mandate.app;

import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/// How calls to an upstream deal with its failures, in the configuration file.
public interface ResilienceSettings {
  /// Until a connection stands; as `gateway.connect-timeout` when absent.
  @WithName("connect-timeout")
  Optional<Duration> connectTimeout();

  /// Until the answer begins; as `gateway.first-byte-timeout` when absent.
  @WithName("first-byte-timeout")
  Optional<Duration> firstByteTimeout();

  /// Between two bytes of it; as `gateway.idle-timeout` when absent.
  @WithName("idle-timeout")
  Optional<Duration> idleTimeout();

  /// From the first attempt to the last byte; none when absent.
  @WithName("call-timeout")
  Optional<Duration> callTimeout();

  /// Open at a time from one event loop; as `gateway.connections-per-upstream` when absent.
  @WithName("connections-max")
  OptionalInt connectionsMax();

  /// Under way at a time on one node; not bounded when absent.
  @WithName("calls-max")
  OptionalInt callsMax();

  /// Calls beyond `calls-max` that wait for their turn; others are refused.
  @WithName("queue-max")
  @WithDefault("0")
  int queueMax();

  /// How long they wait at most.
  @WithName("queue-timeout")
  @WithDefault("PT1S")
  Duration queueTimeout();

  /// Whether HTTP/2 is spoken where TLS offers it.
  @WithDefault("false")
  boolean http2();

  /// Connections that a call tries; only ones on which nothing was sent.
  @WithName("attempts-max")
  @WithDefault("2")
  int attemptsMax();

  /// Share of failed calls, in percent, that opens the circuit; 0 for never.
  @WithName("circuit-failures-percent")
  @WithDefault("50")
  int circuitFailuresPercent();

  /// Of so many calls in the window at least.
  @WithName("circuit-calls-min")
  @WithDefault("20")
  int circuitCallsMin();

  /// Over which calls are counted.
  @WithName("circuit-window")
  @WithDefault("PT30S")
  Duration circuitWindow();

  /// How long nothing is sent, before single calls try it.
  @WithName("circuit-open")
  @WithDefault("PT15S")
  Duration circuitOpen();

  /// Whether a call that is answered 429 tries one other credential.
  @WithName("other-credentials")
  @WithDefault("false")
  boolean otherCredentials();

  /// How often the provider's models are listed to know how it is; never when absent.
  @WithName("probe-interval")
  Optional<Duration> probeInterval();

  /// Who is asked instead, in order.
  Optional<List<FallbackSettings>> fallbacks();

  /// Who is asked instead; only within the caller's own mandate.
  interface FallbackSettings {
    /// Of the same tenant and API.
    String upstream();

    /// What models are called there; others keep their name.
    Map<String, String> models();

    /// When: `circuit_open`, `unreachable`, `busy`, `rate_limited`, `overloaded`,
    /// `credential_rejected`; in all these cases when absent.
    Optional<Set<String>> causes();
  }
}
