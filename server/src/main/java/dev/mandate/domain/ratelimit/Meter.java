package dev.mandate.domain.ratelimit;

/// A token bucket: full at first, it holds one minute's worth and fills evenly. What a call turned
/// out to need more than was taken leaves it below zero, so that the rate holds over time. Guarded
/// by its table's lock.
final class Meter {
  static final double MINUTE_NANOS = 60e9;

  /// Sums of fractions miss a whole number by less.
  private static final double ROUNDING = 1e-6;

  private long limit = -1;
  private double stock;
  private long at;

  /// Brings it to now, and to a limit that may be another one: what was taken stays taken.
  void refresh(long perMinute, long nanos) {
    if (limit < 0) {
      stock = perMinute;
    } else {
      long passed = nanos - at;
      // A clock that went back gives nothing, and is believed from here on.
      if (passed > 0) {
        stock = Math.min(limit, stock + limit * (passed / MINUTE_NANOS));
      }
      stock += perMinute - limit;
    }
    stock = Math.min(stock, perMinute);
    limit = perMinute;
    at = nanos;
  }

  /// A call that needs more than a minute's worth may go when nothing is taken: else it never
  /// could.
  boolean has(long need) {
    return limit > 0 && stock + ROUNDING >= Math.min(need, limit);
  }

  void take(long amount) {
    stock -= amount;
  }

  void giveBack(long amount) {
    stock = Math.min(limit, stock + amount);
  }

  /// Until this much is there; -1 for never.
  long nanosUntil(long need) {
    if (limit == 0) {
      return -1;
    }
    return nanos(Math.min(need, limit) - stock);
  }

  /// Until all is there again.
  long nanosUntilFull() {
    return limit == 0 ? 0 : nanos(limit - stock);
  }

  private long nanos(double missing) {
    return missing <= 0 ? 0 : (long) Math.ceil(missing / limit * MINUTE_NANOS);
  }

  long remaining() {
    return Math.max(0, (long) Math.floor(stock + ROUNDING));
  }
}
