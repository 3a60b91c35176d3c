package dev.mandate.domain.budget;

import dev.mandate.domain.access.Limit;
import dev.mandate.domain.upstream.Usage;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// Reserve, then settle. All verbs but [#load] and what [#refill] sets going touch memory only,
/// never block, and are safe from any thread; together they keep `settled + reserved ≤ limit` on
/// every account of a path at every moment.
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

    /// It does not fit what is in memory here, but might after [#refill]: an account is not in
    /// memory, or other nodes hold too much of it. Nothing is held.
    record NotAtHand() implements Outcome {}

    /// Nothing can be admitted now, whatever is left: what is spent could not be kept. Nothing is
    /// held. Passes by itself when the ledger takes entries again; not the caller's doing (503).
    ///
    /// @param reason for the log
    record Unavailable(String reason) implements Outcome {}
  }

  /// What is left for a call on every account of a path together; `Long.MAX_VALUE` where nothing
  /// bounds it.
  record Room(long requests, long tokens, long costMicros) {}

  /// The answer to [#refill].
  sealed interface Refilled {
    /// Reserve again. Another call may have been quicker.
    record Ready() implements Refilled {}

    /// Not even the least could be had, from any node.
    record Refused(Outcome.Over over) implements Refilled {}

    /// The store could not be asked, or not in time.
    ///
    /// @param reason for the log
    record Failed(String reason) implements Refilled {}
  }

  /// A held amount; opaque.
  interface Reservation {
    Call call();

    Amount amount();
  }

  /// Brings the accounts into memory. Blocking; call it once before the first reservation on them.
  /// Again is harmless: an account that is in memory stays as it is.
  void load(List<AccountId> accounts);

  /// What one call could take at most now: the least over the path, `tokensPerRequest` included.
  ///
  /// @param atHand whether to leave out what only a [#refill] could bring
  /// @throws IllegalStateException for an account that was not loaded
  Room room(List<Account> path, boolean atHand);

  /// Holds the worst case on every account of the path, or nothing on any. An account that is above
  /// a limit takes no call at all, not even one that wants nothing of that unit.
  ///
  /// @param path in one time zone, each account once
  Outcome reserve(Call call, List<Account> path, Amount worst);

  /// Fetches what a call needs: accounts into memory, and with several nodes a larger share of what
  /// is left, from the store and from the nodes that hold it and don't need it. Returns at once;
  /// the future is completed by a thread that must not be blocked, never exceptionally.
  ///
  /// @param least without which nothing is fetched
  /// @param most that is needed
  CompletableFuture<Refilled> refill(List<Account> path, Amount least, Amount most);

  /// The first byte goes upstream: from here the request unit is spent, whatever the answer. Call
  /// it before that byte is written; when it throws, the byte must not be.
  ///
  /// @throws IllegalStateException after `release` or `settle`
  void started(Reservation reservation);

  /// Books the truth. Above the reserve it is an overdraft: booked, logged, and in the way of the
  /// next call. A call that never had [#started] counts as started.
  ///
  /// @param outcome what the ledger says of the call: `ok`, `upstream_error`, `hung_up`, `cut`
  /// @param estimated whether the usage is our bound and not the provider's word
  void settle(
      Reservation reservation, Usage usage, long costMicros, String outcome, boolean estimated);

  /// These budgets as a call sees them that goes elsewhere: what it holds is free to it, and is
  /// given back in the same moment as something else is held. It is one call and one request, so
  /// what is held then counts as started where the other did.
  Budgets insteadOf(Reservation held);

  /// Gives all of it back, the request unit too: nothing went upstream.
  ///
  /// @throws IllegalStateException after `started`, which only `settle` ends
  void release(Reservation reservation);
}
