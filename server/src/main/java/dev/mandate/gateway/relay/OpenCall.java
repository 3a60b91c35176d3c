package dev.mandate.gateway.relay;

import dev.mandate.gateway.Refusal;
import dev.mandate.gateway.caller.Caller;
import dev.mandate.gateway.mandating.Standing;
import java.time.Instant;

/// A call under way, as the registry sees it. All verbs may be called from any thread.
public interface OpenCall {
  Caller caller();

  /// The rights that it was admitted under.
  Standing standing();

  /// The id of the credential that it went out with.
  String credential();

  /// Whether it has a place of a limit that nodes share, which is lent to this one.
  boolean hasLentPlace();

  /// Ends it because its rights ended.
  void cut(Refusal why);

  /// Ends it when a time-out or the end of its rights has passed.
  void check(long nanos, Instant now);

  /// Whether it still may go on under these rights.
  ///
  /// @throws Refusal when it may not
  void admitAgain(Standing standing, Instant now);
}
