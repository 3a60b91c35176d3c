package dev.mandate.domain.ratelimit;

import java.util.List;

/// What a call has taken of its rate limits, until it ends. Ends once, whoever says so first.
public final class Pass implements RateLimiter.Taken {
  /// Of a call that nothing limits.
  public static final Pass FREE =
      new Pass(new Buckets(() -> 0, false), new Bucket[0], 0, List.of());

  private final Buckets table;
  private final Bucket[] buckets;
  private final long tokens;
  private final List<RateLimiter.Reading> readings;
  private boolean ended;

  Pass(Buckets table, Bucket[] buckets, long tokens, List<RateLimiter.Reading> readings) {
    this.table = table;
    this.buckets = buckets;
    this.tokens = tokens;
    this.readings = List.copyOf(readings);
  }

  /// Whether it has a place that is lent to this node as long as the others hear of it.
  public boolean hasLentPlace() {
    for (Bucket bucket : buckets) {
      if (bucket.calls.isShared()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public List<RateLimiter.Reading> readings() {
    return readings;
  }

  /// The call has not gone out: it gives back all.
  public void withdraw() {
    end(0, true);
  }

  /// The call is over: its place is free, and its tokens are what they turned out to be.
  public void end(long actualTokens) {
    end(actualTokens, false);
  }

  private void end(long actualTokens, boolean unsent) {
    if (buckets.length == 0) {
      return;
    }
    synchronized (table) {
      if (ended) {
        return;
      }
      ended = true;
      for (Bucket bucket : buckets) {
        bucket.calls.giveBack();
        bucket.tokens.giveBack(tokens - actualTokens);
        if (unsent) {
          bucket.requests.giveBack(1);
        }
      }
    }
  }
}
