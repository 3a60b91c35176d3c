package dev.mandate.domain.ratelimit;

/// What is counted together, of each unit. Guarded by its table's lock.
final class Bucket {
  final String name;
  final Meter requests;
  final Meter tokens;
  final Places calls;

  Bucket(String name, boolean shared) {
    this.name = name;
    this.requests = new Meter(shared);
    this.tokens = new Meter(shared);
    this.calls = new Places(shared);
  }

  /// @param nodes among which rates are divided while they cannot be reached; 0 while they can
  void refresh(Rates rates, long nanos, int nodes) {
    if (rates.requestsPerMinute() != null) {
      requests.refresh(rates.requestsPerMinute(), nanos, nodes);
    }
    if (rates.tokensPerMinute() != null) {
      tokens.refresh(rates.tokensPerMinute(), nanos, nodes);
    }
    if (rates.concurrentCalls() != null) {
      calls.refresh(rates.concurrentCalls());
    }
  }
}
