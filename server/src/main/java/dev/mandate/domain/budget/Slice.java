package dev.mandate.domain.budget;

import org.jspecify.annotations.Nullable;

/// One limited unit of one account: what is used of it here and, where accounts are shared between
/// nodes, how much of it this node holds a lease of. The lock of [LocalBudgets] guards it.
///
/// On one node `used` is everything, the ledger's totals included. With leases it is what this node
/// has reserved, and settled but not brought into the ledger yet; `used ≤ held` holds at every
/// moment, but for a truth above its reserve.
final class Slice {
  /// No limit is as low: nothing can be taken from a lease before the store was asked.
  private static final long NEVER = Long.MAX_VALUE;

  /// Nothing is held back.
  private static final long UNCAPPED = Long.MAX_VALUE;

  /// What is known of this node's lease of it. Only what is limited has one.
  private static final class Share {
    private long held;

    /// The most that may be used while the store is asked for less than is held: what is given back
    /// is not spent meanwhile, even if the answer is lost.
    private long cap = UNCAPPED;

    /// The limit that the lease was granted under. A lower one must be held against the store
    /// first.
    private long under = NEVER;

    /// The limit that the store was last asked under, whether or not it could be kept.
    private long askedUnder = NEVER;

    /// What the ledger had of it, and what other nodes held, when the store was last asked.
    private long spent;

    private long others;

    /// The store may hold more or less of it for this node than `held`.
    private boolean unsure;

    /// How much more than needed the next lease should be: grows while it is used up.
    private long ahead;

    /// Below this the lease is refilled ahead of need; 0 near the limit, where every bit is fetched
    /// when it is needed.
    private long low;

    private boolean refillWished;
  }

  private final boolean leased;
  private long used;
  private @Nullable Share share;

  Slice(boolean leased, long used) {
    this.leased = leased;
    this.used = used;
  }

  long used() {
    return used;
  }

  private Share share() {
    Share known = share;
    if (known == null) {
      known = new Share();
      share = known;
    }
    return known;
  }

  /// Whether the store was ever asked for it.
  boolean wasAsked() {
    return share != null;
  }

  /// An account that is above a limit takes no call at all, not even one that wants nothing of that
  /// unit.
  boolean takes(long limit, long wanted) {
    return wanted <= reach(limit) && (!leased || wanted <= atHand(limit));
  }

  /// What a call can take at once.
  long atHand(long limit) {
    if (!leased) {
      return limit - used;
    }
    Share known = share;
    // Under another limit others may have been given what this lease leaves no room for, even if
    // this node was never asked for a call while that limit stood.
    if (known == null || limit < known.under || limit != known.askedUnder) {
      return -1;
    }
    return Math.min(known.held, known.cap) - used;
  }

  /// What a call could take if every other node gave back all that it holds. Never too low: what is
  /// spent only grows.
  long reach(long limit) {
    return limit - Balance.sum(share == null ? 0 : share.spent, used);
  }

  /// What is left, as far as was last heard.
  long room(long limit) {
    long elsewhere = share == null ? 0 : Balance.sum(share.spent, share.others);
    return Math.max(0, limit - Balance.sum(elsewhere, used));
  }

  /// Whether a recall could help.
  boolean othersHold() {
    return share != null && share.others > 0;
  }

  /// Whether too little is left to wait for the call that doesn't fit.
  boolean isLow() {
    return share != null && share.low > 0 && !share.refillWished && share.held - used < share.low;
  }

  void wishRefill() {
    share().refillWished = true;
  }

  boolean refillWished() {
    return share != null && share.refillWished;
  }

  void reserve(long amount) {
    used += amount;
  }

  void release(long amount) {
    used -= amount;
  }

  void settle(long reserved, long truth) {
    used = Balance.sum(used - reserved, truth);
  }

  /// The ledger has it: its totals count it from now on. They are not counted up here, for the
  /// store may have said so already, when the answer to an earlier try was lost. Where the sum
  /// overflowed, nothing is let go.
  void kept(long truth) {
    if (!leased || used == Long.MAX_VALUE) {
      return;
    }
    used -= truth;
    if (share != null && share.cap != UNCAPPED) {
      share.cap = Math.max(0, share.cap - truth);
    }
  }

  /// From here until the answer nothing is taken but what is used already.
  void freeze() {
    Share known = share();
    known.cap = Math.min(known.cap, used);
  }

  boolean mustFreeze(long limit) {
    return share == null || limit < share.under;
  }

  boolean wasAskedUnderLess(long limit) {
    return share != null && share.askedUnder < limit;
  }

  /// What is used up to the answer at most.
  long floor() {
    return share == null ? 0 : Math.max(0, Math.min(share.held, share.cap));
  }

  boolean isIdle() {
    return share != null && (share.unsure || share.held > Math.max(0, used));
  }

  /// Whether the store has nothing of it for this node.
  boolean isEmpty() {
    return share == null || (share.held == 0 && !share.unsure);
  }

  /// The store is asked to change it. Until it answers, it may have done so or not.
  void asked() {
    share().unsure = true;
  }

  long ahead() {
    return share == null ? 0 : share.ahead;
  }

  /// How the next lease is sized, and from where on it is refilled ahead of need.
  void sized(long ahead, long low) {
    Share known = share();
    known.ahead = ahead;
    known.low = low;
    known.refillWished = false;
  }

  /// It lies idle: the next lease begins small.
  void shrink() {
    Share known = share();
    known.ahead = 0;
    known.low = 0;
  }

  /// What the store says that this node holds now.
  void answered(long limit, LeaseStore.Lease lease) {
    Share known = share();
    known.held = lease.held();
    known.spent = lease.spent();
    known.others = lease.others();
    // What open calls hold above a lowered limit must not be used again when they let it go.
    boolean within = Balance.sum(Balance.sum(known.spent, known.others), known.held) <= limit;
    known.under = within ? limit : NEVER;
    known.askedUnder = limit;
    known.cap = UNCAPPED;
    known.unsure = false;
  }

  /// What is left after it was given back. The limit that it was granted under still stands.
  void gaveBack(LeaseStore.Lease lease) {
    Share known = share();
    long asked = known.askedUnder;
    answered(known.under, lease);
    known.askedUnder = asked;
  }

  /// The ledger took entries out of the lease.
  void charged(long nowHeld) {
    share().held = nowHeld;
  }
}
