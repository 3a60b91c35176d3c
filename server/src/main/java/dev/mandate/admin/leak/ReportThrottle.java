package dev.mandate.admin.leak;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.net.InetAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;

/// How often somebody may report, in the memory of this node: a report costs look-ups, and a
/// stranger sends it. None for all together: with it, one stranger could keep the others out.
public final class ReportThrottle {
  static final Duration WINDOW = Duration.ofMinutes(1);
  static final int PER_ADDRESS_MAX = 30;

  private static final int ADDRESSES_MAX = 10_000;

  /// Of IPv6, who has one address has 2^64 of them.
  private static final int IPV6_NETWORK_BYTES = 8;

  private final InstantSource clock;
  private final Cache<String, Count> counts =
      Caffeine.newBuilder().maximumSize(ADDRESSES_MAX).build();

  private record Count(long window, int reports) {
    Count next(long now) {
      return now == window ? new Count(now, reports + 1) : new Count(now, 1);
    }
  }

  public ReportThrottle(InstantSource clock) {
    this.clock = clock;
  }

  /// Counts a report.
  boolean admit(String address) {
    long window = clock.millis() / WINDOW.toMillis();
    Count own =
        counts
            .asMap()
            .compute(
                network(address),
                (_, count) -> count == null ? new Count(window, 1) : count.next(window));
    return own.reports <= PER_ADDRESS_MAX;
  }

  private static String network(String address) {
    try {
      byte[] bytes = InetAddress.ofLiteral(address).getAddress();
      return bytes.length > IPV6_NETWORK_BYTES
          ? Arrays.toString(Arrays.copyOf(bytes, IPV6_NETWORK_BYTES))
          : address;
    } catch (IllegalArgumentException _) {
      // A peer without an address counts as one.
      return address;
    }
  }
}
