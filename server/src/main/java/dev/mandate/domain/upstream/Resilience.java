package dev.mandate.domain.upstream;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// How calls to an upstream deal with its failures: how long they wait, how many there are at once,
/// when it is left alone, and who is asked instead.
///
/// @param attemptsMax connections that one call tries; only ones on which nothing was sent
/// @param otherCredentials whether a call that the provider refused for its rate goes out once more
///   with another credential of the same owner
/// @param probe how often the provider is asked for its models, to know how it is; null for never
/// @param fallbacks in order
public record Resilience(
    Timeouts timeouts,
    Capacity capacity,
    Breaker breaker,
    int attemptsMax,
    boolean otherCredentials,
    @Nullable Duration probe,
    List<Fallback> fallbacks) {
  public static final int ATTEMPTS_MAX = 5;
  public static final int FALLBACKS_MAX = 5;
  public static final Duration PROBE_MIN = Duration.ofSeconds(10);
  public static final Duration PROBE_MAX = Duration.ofHours(1);

  public static final Resilience DEFAULT =
      new Resilience(
          new Timeouts(null, null, null, null),
          new Capacity(null, null, 0, Duration.ofSeconds(1), false),
          new Breaker(50, 20, Duration.ofSeconds(30), Duration.ofSeconds(15)),
          2,
          false,
          null,
          List.of());

  /// How long a call waits. Null means the server's setting, and for the whole call: without end.
  ///
  /// @param connect until a connection stands
  /// @param firstByte from the request sent to the head of the answer
  /// @param idle between two bytes of the answer
  /// @param call from the first attempt to the last byte
  public record Timeouts(
      @Nullable Duration connect,
      @Nullable Duration firstByte,
      @Nullable Duration idle,
      @Nullable Duration call) {
    public static final Duration MIN = Duration.ofMillis(10);
    public static final Duration MAX = Duration.ofHours(1);

    public Timeouts {
      within("connect timeout", connect, MIN, MAX);
      within("first byte timeout", firstByte, MIN, MAX);
      within("idle timeout", idle, MIN, MAX);
      within("call timeout", call, MIN, MAX);
    }
  }

  /// How much goes there at once, from one node.
  ///
  /// @param connectionsMax from one event loop; null for the server's setting
  /// @param callsMax under way at once; null for no bound of its own
  /// @param queueMax calls beyond that which wait for their turn
  /// @param queueTimeout how long at most
  /// @param http2 whether HTTP/2 is spoken where the provider offers it in the TLS handshake
  public record Capacity(
      @Nullable Integer connectionsMax,
      @Nullable Integer callsMax,
      int queueMax,
      Duration queueTimeout,
      boolean http2) {
    public static final int CONNECTIONS_MAX = 10_000;
    public static final int CALLS_MAX = 100_000;
    public static final int QUEUE_MAX = 1_000;
    public static final Duration QUEUE_TIMEOUT_MIN = Duration.ofMillis(10);
    public static final Duration QUEUE_TIMEOUT_MAX = Duration.ofSeconds(30);

    public Capacity {
      within("connections", connectionsMax == null ? 1 : connectionsMax, 1, CONNECTIONS_MAX);
      within("calls", callsMax == null ? 1 : callsMax, 1, CALLS_MAX);
      within("queue", queueMax, 0, QUEUE_MAX);
      within("queue timeout", queueTimeout, QUEUE_TIMEOUT_MIN, QUEUE_TIMEOUT_MAX);
    }
  }

  /// When the circuit opens: of the calls that ended within the window, at least so many, this
  /// share failed.
  ///
  /// @param failuresPercent 0 for a circuit that never opens
  /// @param open how long nothing is sent before a single call tries whether it works again
  public record Breaker(int failuresPercent, int callsMin, Duration window, Duration open) {
    public static final int CALLS_MIN_MAX = 100_000;
    public static final Duration WINDOW_MIN = Duration.ofSeconds(1);
    public static final Duration WINDOW_MAX = Duration.ofMinutes(10);
    public static final Duration OPEN_MIN = Duration.ofSeconds(1);
    public static final Duration OPEN_MAX = Duration.ofMinutes(10);

    public Breaker {
      within("failures", failuresPercent, 0, 100);
      within("calls", callsMin, 1, CALLS_MIN_MAX);
      within("window", window, WINDOW_MIN, WINDOW_MAX);
      within("open", open, OPEN_MIN, OPEN_MAX);
    }
  }

  /// Why a call may go elsewhere. In none of these cases has the provider served it.
  public enum Cause {
    /// The circuit is open, so nothing was sent.
    CIRCUIT_OPEN,
    /// No connection, so nothing was sent.
    UNREACHABLE,
    /// As many calls are under way as may be, so nothing was sent.
    BUSY,
    /// The provider refused with 429.
    RATE_LIMITED,
    /// The provider refused with 503 or 529.
    OVERLOADED,
    /// The provider refused our keys with 401 or 403.
    CREDENTIAL_REJECTED;

    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    public static Cause ofWire(String wire) {
      return valueOf(wire.toUpperCase(Locale.ROOT));
    }

    public static List<String> wires() {
      return Arrays.stream(values()).map(Cause::wire).toList();
    }
  }

  /// Who is asked instead.
  ///
  /// @param upstream the tenant's, of the same API
  /// @param models what a model is called there; one that isn't here keeps its name
  /// @param causes when
  public record Fallback(String upstream, Map<String, String> models, Set<Cause> causes) {
    public static final int MODELS_MAX = 150;

    public Fallback {
      models = Collections.unmodifiableMap(new TreeMap<>(models));
      if (causes.isEmpty()) {
        throw new IllegalArgumentException("a fallback to '" + upstream + "' needs a cause");
      }
      causes = Collections.unmodifiableSet(EnumSet.copyOf(causes));
    }

    public String modelThere(String model) {
      return models.getOrDefault(model, model);
    }
  }

  public Resilience {
    within("attempts", attemptsMax, 1, ATTEMPTS_MAX);
    within("probe", probe, PROBE_MIN, PROBE_MAX);
    within("fallbacks", fallbacks.size(), 0, FALLBACKS_MAX);
    fallbacks = List.copyOf(fallbacks);
    Set<String> seen = new HashSet<>();
    for (Fallback fallback : fallbacks) {
      if (!seen.add(fallback.upstream())) {
        throw new IllegalArgumentException("'" + fallback.upstream() + "' is a fallback twice");
      }
    }
  }

  private static void within(String what, @Nullable Duration value, Duration min, Duration max) {
    if (value != null && (value.compareTo(min) < 0 || value.compareTo(max) > 0)) {
      throw new IllegalArgumentException(
          "%s is %s, expected %s to %s".formatted(what, value, min, max));
    }
  }

  private static void within(String what, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          "%s is %d, expected %d to %d".formatted(what, value, min, max));
    }
  }
}
