package dev.mandate.domain.ratelimit;

/// What is counted together, of each unit. Guarded by its table's lock.
final class Bucket {
  final String name;
  final Meter requests = new Meter();
  final Meter tokens = new Meter();
  int calls;

  Bucket(String name) {
    this.name = name;
  }

  void refresh(Rates rates, long nanos) {
    if (rates.requestsPerMinute() != null) {
      requests.refresh(rates.requestsPerMinute(), nanos);
    }
    if (rates.tokensPerMinute() != null) {
      tokens.refresh(rates.tokensPerMinute(), nanos);
    }
  }
}
