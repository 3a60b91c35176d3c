package dev.mandate.domain.revocation;

import java.time.Duration;
import java.util.function.LongSupplier;

/// How long ago this node was sure to have heard of every revocation (design §7). Touches memory
/// only, and measures by a clock that nobody sets.
///
/// A node that shares its database with nobody hears its own changes and is always fresh: its time
/// begins to count with the first [#heard].
public final class Freshness {
  /// How long a node that cannot hear goes on serving.
  public static final Duration STALENESS_MAX = Duration.ofSeconds(5);

  /// After which its open streams are cut.
  public static final Duration STREAMS_MAX = Duration.ofSeconds(30);

  private final Duration stalenessMax;
  private final LongSupplier nanos;
  private volatile boolean shared;
  private volatile long heardNanos;

  public Freshness(Duration stalenessMax) {
    this(stalenessMax, System::nanoTime);
  }

  /// @param nanos as [System#nanoTime]
  public Freshness(Duration stalenessMax, LongSupplier nanos) {
    this.stalenessMax = stalenessMax;
    this.nanos = nanos;
  }

  /// The time to hand to [#heard], taken before one looks for revocations.
  public long now() {
    return nanos.getAsLong();
  }

  /// Everything that was committed at this time has been published. Called by one thread.
  public void heard(long asOf) {
    heardNanos = asOf;
    shared = true;
  }

  /// Whether calls may be served.
  public boolean isFresh() {
    return isWithin(stalenessMax);
  }

  /// Whether streams that are open may go on.
  public boolean mayStreamsGoOn() {
    return isWithin(STREAMS_MAX);
  }

  private boolean isWithin(Duration max) {
    return !shared || nanos.getAsLong() - heardNanos <= max.toNanos();
  }
}
