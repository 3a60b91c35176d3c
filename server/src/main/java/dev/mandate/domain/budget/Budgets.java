package dev.mandate.domain.budget;

import dev.mandate.domain.upstream.Usage;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reserve, then settle. All verbs but [#load] touch memory only, never block, and are safe from
/// any thread; together they keep `settled + reserved ≤ limit` on every account of a path at every
/// moment.
///
/// One call: `reserve` → (`release` | `started` → `settle`). Settling or releasing twice changes
/// nothing. What a process kill leaves open settles at its reserve at the next start, marked as an
/// estimate.
public interface Budgets {
  /// The answer to [#reserve].
  sealed interface Outcome {
    /// The amount is held.
    record Held(Reservation reservation) implements Outcome {}

    /// It does not fit. Nothing is held, on any account.
    ///
    /// @param retryAfter when the limit's window ends; null where waiting doesn't help
    /// @param room how much of the limit's unit is left for this call
    record Over(Limit limit, AccountId account, long room, @Nullable Duration retryAfter)
        implements Outcome {}
  }

  /// What is left for a call on every account of a path together; `Long.MAX_VALUE` where nothing
  /// bounds it.
  record Room(long requests, long tokens, long costMicros) {}

  /// A held amount; opaque.
  interface Reservation {
    Call call();

    Amount amount();
  }

  /// Brings the accounts into memory. Blocking; call it once before the first reservation on them.
  void load(List<AccountId> accounts);

  /// What one call could take at most now: the least over the path, `tokensPerRequest` included.
  Room room(List<Account> path);

  Outcome reserve(Call call, List<Account> path, Amount worst);

  /// The first byte goes upstream: from here the request unit is spent, whatever the answer.
  void started(Reservation reservation);

  /// Books the truth. Above the reserve it is an overdraft: booked, logged, and in the way of the
  /// next call.
  ///
  /// @param outcome what the ledger says of the call: `ok`, `upstream_error`, `hung_up`, `cut`
  /// @param estimated whether the usage is our bound and not the provider's word
  void settle(
      Reservation reservation, Usage usage, long costMicros, String outcome, boolean estimated);

  /// Gives all of it back, the request unit too: nothing went upstream.
  void release(Reservation reservation);
}
