package dev.mandate.domain.budget;

import dev.mandate.domain.access.Limit;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Keeps which node holds how much of each account: a *lease* is a node's slice of what is left.
/// Together with [LedgerStore]'s totals it keeps `spent + Σ leased ≤ limit`, apart from a truth
/// above its reserve.
///
/// A node's leases are its own: no one else changes them, and a node that doesn't come back keeps
/// them for ever (*forfeited*), because what it spent is not known.
public interface LeaseStore {
  /// A node that was heard of this long ago is alive: its answer to a recall is waited for.
  Duration ALIVE = Duration.ofSeconds(5);

  /// A unit of an account over a span of time.
  ///
  /// @param id see [CalendarWindows#id]; [#TOTAL] for one over the account's life
  record Window(AccountId account, Limit limit, long id) {
    public static final long TOTAL = -1;

    /// The order in which transactions touch them.
    public static final Comparator<Window> ORDER =
        Comparator.comparing((Window window) -> window.account.tenant().value())
            .thenComparing(window -> window.account.key())
            .thenComparing(Window::limit)
            .thenComparingLong(Window::id);
  }

  /// What a node wants to hold, in absolute numbers, so that asking twice is asking once.
  ///
  /// @param order of the node's asks: one that arrives after a later one changes nothing. With
  ///   that, an ask whose answer was lost cannot take back what a later one was told
  /// @param limit that the account has now, as the node heard
  /// @param floor what the node goes on using until it is answered; it is left that, even if the
  ///   limit was lowered
  /// @param least below this it is of no use, and nothing is added
  /// @param most what is needed
  /// @param ahead what would be good to have beyond it
  /// @param nodes that share what is beyond it
  record Ask(
      Window window,
      long order,
      long limit,
      long floor,
      long least,
      long most,
      long ahead,
      int nodes) {

    /// Gives back what is above the floor. No limit is needed for that.
    public static Ask giveBack(Window window, long order, long floor) {
      return new Ask(window, order, 0, floor, Long.MAX_VALUE, Long.MAX_VALUE, 0, 1);
    }

    /// What the node holds from now on. The rule, for every store.
    public long grant(long spent, long others, long mine) {
      long free = limit - Balance.sum(spent, others);
      long granted;
      if (free >= most) {
        granted = most + Math.min(ahead, (free - most) / (2L * nodes));
      } else if (free >= least) {
        granted = free;
      } else {
        granted = Math.min(mine, free);
      }
      return Math.max(0, Math.max(granted, Math.min(mine, floor)));
    }
  }

  /// What a node holds, and what it was told beside.
  ///
  /// @param spent in the ledger
  /// @param others what other nodes hold
  record Lease(Window window, long held, long spent, long others) {}

  /// What a node holds of an account, for people.
  ///
  /// @param lastSeen when the node was last heard of
  record Held(String node, Window window, long amount, Instant lastSeen) {}

  /// A node asks another one for what it doesn't need.
  ///
  /// @param order of the asking node's asks
  record Recall(AccountId account, String asker, long order) {}

  /// A node begins: it gives back all that it held, so its journal must be in the ledger before.
  ///
  /// @return the first `order` of its asks, above all that it ever used
  long join(String node);

  /// The node is alive.
  ///
  /// @return how many nodes are, itself included
  int beat(String node);

  /// Changes what the node holds, in one transaction.
  ///
  /// @return an answer for each ask, in no order
  List<Lease> adjust(String node, List<Ask> asks);

  /// As [LedgerStore#append], and takes what the entries cost out of what the node holds.
  ///
  /// @return what the node holds of each window that it has a lease of and that the entries charge,
  ///   those included that were there already
  Map<Window, Long> append(String node, List<LedgerEntry> entries);

  /// Asks the other living nodes to give back what they don't need of the account, and for a while
  /// to take no more of it than they need: that is why those are asked too that hold nothing.
  ///
  /// @return their names; none: there is nobody to wait for
  Set<String> recall(String node, AccountId account, long order);

  /// The nodes that have not answered this node's recall yet.
  Set<String> unanswered(String node, AccountId account);

  /// What other nodes ask this one for.
  List<Recall> recalls(String node);

  /// The node gave back what it doesn't need of these accounts.
  void answer(String node, List<Recall> recalls);

  /// Who holds how much of an account.
  List<Held> held(AccountId account);
}
