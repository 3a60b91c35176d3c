package dev.mandate.domain.ratelimit;

/// The calls under way of a bucket, and how many there may be. Guarded by its table's lock.
///
/// Where nodes share the limit, each has places of its own, lent as long as it shows that it lives.
final class Places {
  /// When a call that found all places taken may try again: nobody knows when one ends.
  static final long CALL_ENDS_NANOS = 1_000_000_000;

  private final boolean shared;
  private long limit = -1;
  private long inUse;

  /// Of this node.
  private long lent;

  private boolean known;
  private long knownUntil;
  private long takenLastTick;

  /// Whether the store may say something else than this node knows.
  private boolean lost;

  Places(boolean shared) {
    this.shared = shared;
  }

  void refresh(long atATime) {
    limit = atATime;
  }

  /// @param valid whether what was lent to this node is its own still
  long until(long nanos, boolean valid) {
    if (limit <= 0) {
      return Meter.NEVER;
    }
    if (inUse >= limit) {
      return CALL_ENDS_NANOS;
    }
    if (!shared || (valid && inUse < lent)) {
      return 0;
    }
    return valid && !(known && knownUntil - nanos > 0) ? Meter.UNKNOWN : CALL_ENDS_NANOS;
  }

  void take() {
    inUse++;
    takenLastTick++;
  }

  void giveBack() {
    inUse--;
  }

  long inUse() {
    return inUse;
  }

  long remaining() {
    return Math.max(0, limit - inUse);
  }

  boolean isShared() {
    return shared && limit >= 0;
  }

  long limit() {
    return limit;
  }

  void tick() {
    takenLastTick = 0;
  }

  /// Whether more are lent than are used, or others may believe so.
  boolean isIdle() {
    return lost || (lent > inUse && takenLastTick == 0);
  }

  /// How many to seek. What will be given back is not used from here on.
  long want(long waiting) {
    long want = inUse + waiting;
    lent = Math.min(lent, want);
    return want;
  }

  void sought(long want, long places, long nanos) {
    lent = places;
    lost = false;
    known = places < want;
    knownUntil = nanos + Meter.KNOWN_NANOS;
  }

  /// They may be others' by now.
  void lose() {
    lent = 0;
    lost = true;
  }
}
