package dev.mandate.domain.budget;

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

  private final boolean leased;
  private long used;
  private long held;

  /// The most that may be used while the store is asked for less than is held: what is given back
  /// is not spent meanwhile, even if the answer is lost.
  private long cap = UNCAPPED;

  /// The limit that the lease was granted under. A lower one must be held against the store first.
  private long under = NEVER;

  /// The limit that the store was last asked under, whether or not it could be kept.
  private long askedUnder = NEVER;

  /// What the ledger had of it, and what other nodes held, when the store was last asked.
  private long spent;

  private long others;

  /// The store may hold more or less of it for this node than `held`.
  private boolean unsure;

  /// How much more than needed the next lease should be: grows while it is used up.
  long ahead;

  /// Below this the lease is refilled ahead of need; 0 near the limit, where every bit is fetched
  /// when it is needed.
  long low;

  boolean refillWished;

  Slice(boolean leased, long used) {
    this.leased = leased;
    this.used = used;
  }

  long used() {
    return used;
  }

  long held() {
    return held;
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
    // Under another limit others may have been given what this lease leaves no room for, even if
    // this node was never asked for a call while that limit stood.
    boolean isAnother = limit < under || limit != askedUnder;
    return isAnother ? -1 : Math.min(held, cap) - used;
  }

  /// What a call could take if every other node gave back all that it holds. Never too low: what is
  /// spent only grows.
  long reach(long limit) {
    return limit - Balance.sum(spent, used);
  }

  /// What is left, as far as was last heard.
  long room(long limit) {
    return Math.max(0, limit - Balance.sum(Balance.sum(spent, others), used));
  }

  /// Whether a recall could help.
  boolean othersHold() {
    return others > 0;
  }

  /// Whether too little is left to wait for the call that doesn't fit.
  boolean isLow() {
    return low > 0 && !refillWished && held - used < low;
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
    if (cap != UNCAPPED) {
      cap = Math.max(0, cap - truth);
    }
  }

  /// From here until the answer nothing is taken but what is used already.
  void freeze() {
    cap = Math.min(cap, used);
  }

  boolean mustFreeze(long limit) {
    return limit < under;
  }

  boolean wasAskedUnderLess(long limit) {
    return askedUnder < limit;
  }

  /// What is used up to the answer at most.
  long floor() {
    return Math.max(0, Math.min(held, cap));
  }

  boolean isIdle() {
    return unsure || held > Math.max(0, used);
  }

  /// Whether the store has nothing of it for this node.
  boolean isEmpty() {
    return held == 0 && !unsure;
  }

  /// The store is asked to change it. Until it answers, it may have done so or not.
  void asked() {
    unsure = true;
  }

  /// What the store says that this node holds now.
  void answered(long limit, LeaseStore.Lease lease) {
    held = lease.held();
    spent = lease.spent();
    others = lease.others();
    // What open calls hold above a lowered limit must not be used again when they let it go.
    boolean within = Balance.sum(Balance.sum(spent, others), held) <= limit;
    under = within ? limit : NEVER;
    askedUnder = limit;
    cap = UNCAPPED;
    unsure = false;
  }

  /// What is left after it was given back. The limit that it was granted under still stands.
  void gaveBack(LeaseStore.Lease lease) {
    long asked = askedUnder;
    answered(under, lease);
    askedUnder = asked;
  }

  /// The ledger took entries out of the lease.
  void charged(long nowHeld) {
    held = nowHeld;
  }
}
