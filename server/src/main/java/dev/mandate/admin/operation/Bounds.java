package dev.mandate.admin.operation;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/// How much work the admin API takes on at a time: a caller that sends faster than it is answered
/// is told so, and doesn't keep others from theirs.
final class Bounds {
  static final int PER_CALLER_MAX = 16;

  private final ConcurrentMap<String, Integer> open = new ConcurrentHashMap<>();

  /// @throws Refused 429
  void enter(Caller caller) {
    int now = open.merge(key(caller), 1, Integer::sum);
    if (now > PER_CALLER_MAX) {
      leave(caller);
      throw Problem.TOO_MANY_REQUESTS
          .because("a caller has at most " + PER_CALLER_MAX + " requests open at a time")
          .with("retry-after", "1");
    }
  }

  void leave(Caller caller) {
    open.computeIfPresent(
        key(caller), (_, count) -> count == 1 ? null : Integer.valueOf(count - 1));
  }

  private static String key(Caller caller) {
    return caller.tenant() + "/" + caller.id();
  }
}
