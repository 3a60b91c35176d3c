package dev.mandate.domain.ratelimit;

import dev.mandate.domain.ratelimit.RateShareStore.Drawn;

/// A token bucket: full at first, it holds one minute's worth and fills evenly. What a call turned
/// out to need more than was taken leaves it below zero, so that the rate holds over time. Guarded
/// by its table's lock.
///
/// Where nodes share the limit, the bucket itself is in their database, and this is what the node
/// has drawn from it and not used: it does not fill by itself, and what is below zero is owed. Only
/// a node that cannot reach the others fills it, with its part of the rate.
final class Meter {
  static final double MINUTE_NANOS = 60e9;

  /// For what a call does not fit, however long it waits.
  static final long NEVER = -1;

  /// For what only the others can say.
  static final long UNKNOWN = -2;

  /// What is said to be left at a moment is believed for so long.
  static final long KNOWN_NANOS = 250_000_000;

  /// A node draws at most this part of a minute's worth ahead of need.
  private static final long AHEAD = 30;

  /// Sums of fractions miss a whole number by less.
  private static final double ROUNDING = 1e-6;

  private final boolean shared;
  private long limit = -1;
  private double stock;
  private long at;

  /// In the common bucket, as of `at`, beside the stock.
  private double left;

  private boolean known;
  private long knownUntil;
  private boolean alone;

  /// Of the stock, what nobody has drawn.
  private double lent;

  private long takenThisTick;
  private long takenLastTick;

  Meter(boolean shared) {
    this.shared = shared;
  }

  /// Brings it to now, and to a limit that may be another one: what was taken stays taken.
  ///
  /// @param nodes among which the rate is divided while they cannot be reached; 0 while they can
  void refresh(long perMinute, long nanos, int nodes) {
    long passed = limit < 0 ? 0 : Math.max(0, nanos - at);
    if (shared) {
      alone(perMinute, passed, nodes);
      left = Math.min((double) perMinute, left + Math.max(0, limit) * (passed / MINUTE_NANOS));
    } else if (limit < 0) {
      stock = perMinute;
    } else {
      // A clock that went back gives nothing, and is believed from here on.
      stock = Math.min((double) limit, stock + limit * (passed / MINUTE_NANOS));
      stock = Math.min((double) perMinute, stock + perMinute - limit);
    }
    limit = perMinute;
    at = nanos;
  }

  private void alone(long perMinute, long passed, int nodes) {
    if (nodes == 0) {
      // What was lent and used is owed from now on.
      stock -= lent;
      lent = 0;
      alone = false;
    } else {
      double part = perMinute / (double) nodes;
      double more = alone ? Math.min(part * (passed / MINUTE_NANOS), part - stock) : 0;
      if (more > 0) {
        stock += more;
        lent += more;
      }
      alone = true;
    }
  }

  /// 0 where a call fits now, the nanoseconds to wait where it doesn't, or [#NEVER], [#UNKNOWN].
  /// One that needs more than a minute's worth may go when nothing is taken: else it never could.
  long until(long need) {
    if (limit <= 0) {
      return NEVER;
    }
    long least = Math.min(need, limit);
    if (stock + ROUNDING >= least) {
      return 0;
    }
    if (shared && !alone && !(known && knownUntil - at > 0)) {
      return UNKNOWN;
    }
    // Others may be quicker, or give back: not at once, and not never.
    return Math.max(shared ? KNOWN_NANOS : 1, nanos(least - stock - Math.max(0, left)));
  }

  void take(long amount) {
    stock -= amount;
    takenThisTick += amount;
  }

  void giveBack(long amount) {
    stock += amount;
    if (!shared) {
      stock = Math.min((double) limit, stock);
    }
  }

  /// Until all is there again.
  long nanosUntilFull() {
    return limit <= 0 ? 0 : nanos(limit - available());
  }

  private long nanos(double missing) {
    return missing <= 0 ? 0 : (long) Math.ceil(missing / limit * MINUTE_NANOS);
  }

  private double available() {
    return stock + (shared && !alone ? Math.max(0, left) : 0);
  }

  long remaining() {
    return limit <= 0 ? 0 : Math.clamp((long) Math.floor(available() + ROUNDING), 0, limit);
  }

  /// Nobody has called for a while: what was not used can go back.
  void tick() {
    takenLastTick = takenThisTick;
    takenThisTick = 0;
  }

  /// Of a shared one: what is owed to the common bucket; below 0 what goes back to it, which is
  /// nobody's from here on.
  ///
  /// @param needed by calls that wait
  long owed(long needed) {
    if (alone || limit < 0) {
      return 0;
    }
    if (stock < -ROUNDING) {
      return (long) Math.ceil(-stock - ROUNDING);
    }
    long spare = (long) Math.floor(stock) - Math.max(needed, takenLastTick + takenThisTick);
    if (spare <= 0) {
      return 0;
    }
    stock -= spare;
    return -spare;
  }

  /// What it would draw beside what is owed: what those who wait need, and as much as it lately
  /// used while there is plenty.
  long want(long needed) {
    if (alone || limit <= 0) {
      return 0;
    }
    double have = Math.max(0, stock);
    long need = Math.max(0, (long) Math.ceil(needed - have - ROUNDING));
    boolean plenty = left > limit / 2.0;
    long ahead = plenty ? Math.min(takenLastTick, Math.ceilDiv(limit, AHEAD)) - (long) have : 0;
    return need + Math.max(0, ahead);
  }

  long limit() {
    return limit;
  }

  /// Books the answer to a draw.
  void drawn(long owed, long want, Drawn answer, long nanos) {
    stock += Math.max(0, owed) + answer.granted();
    left = answer.left();
    at = nanos;
    known = answer.granted() < want;
    knownUntil = nanos + KNOWN_NANOS;
  }
}
