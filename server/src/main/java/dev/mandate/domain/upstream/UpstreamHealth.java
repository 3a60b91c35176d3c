package dev.mandate.domain.upstream;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// How upstreams are, as this node's own calls and probes find them. In memory: a node that has
/// made none since it started knows nothing.
public interface UpstreamHealth {
  enum State {
    /// Nothing was asked of it yet.
    UNKNOWN,
    /// The circuit is closed.
    UP,
    /// Single calls find out whether it works again.
    TRYING,
    /// The circuit is open: calls are refused, or go elsewhere.
    DOWN;

    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    public static List<String> wires() {
      return Arrays.stream(values()).map(State::wire).toList();
    }
  }

  /// What went wrong.
  enum Failure {
    /// No connection.
    UNREACHABLE,
    /// It did not answer, or did not go on, in time.
    TIMEOUT,
    /// It answered with 5xx.
    SERVER_ERROR,
    /// It closed the connection before the answer was whole.
    BROKE_OFF;

    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    public static List<String> wires() {
      return Arrays.stream(values()).map(Failure::wire).toList();
    }
  }

  /// @param callsUnderWay from this node
  /// @param workedAt when it last answered
  /// @param failedAt when it last failed
  record Health(
      State state,
      int callsUnderWay,
      @Nullable Instant workedAt,
      @Nullable Instant failedAt,
      @Nullable Failure lastFailure) {
    public static final Health UNKNOWN = new Health(State.UNKNOWN, 0, null, null, null);
  }

  Health of(Upstream upstream);
}
