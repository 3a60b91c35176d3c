package dev.mandate.gateway.line;

import dev.mandate.domain.upstream.Resilience.Breaker;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;

/// Leaves an upstream alone that fails: closed, calls go through and are counted; open, none does;
/// half open, one at a time does, to find out.
///
/// Touched by every event loop. While it is closed a call reads one field and adds to one counter.
public final class Circuit {
  public enum State {
    CLOSED,
    OPEN,
    HALF_OPEN
  }

  /// What a call may do.
  enum Admission {
    GO,
    /// It is the one that finds out.
    PROBE,
    REFUSED
  }

  /// Of the window; what is older than all but one of them is forgotten at once.
  private static final int SLICES = 10;

  private final LongSupplier nanos;
  private final AtomicLongArray slice = new AtomicLongArray(SLICES);
  private final AtomicIntegerArray calls = new AtomicIntegerArray(SLICES);
  private final AtomicIntegerArray failures = new AtomicIntegerArray(SLICES);
  private volatile Breaker breaker;
  private volatile State state = State.CLOSED;

  /// Guarded by this, as every change of state.
  private boolean probing;

  private volatile long openUntil;

  Circuit(Breaker breaker, LongSupplier nanos) {
    this.breaker = breaker;
    this.nanos = nanos;
  }

  public State state() {
    return state;
  }

  synchronized void use(Breaker other) {
    if (!other.equals(breaker)) {
      breaker = other;
      if (other.failuresPercent() == 0) {
        close();
      }
    }
  }

  Admission admit() {
    return state == State.CLOSED ? Admission.GO : admitLater();
  }

  private synchronized Admission admitLater() {
    if (state == State.CLOSED) {
      return Admission.GO;
    }
    if (state == State.OPEN) {
      if (nanos.getAsLong() - openUntil < 0) {
        return Admission.REFUSED;
      }
      state = State.HALF_OPEN;
      probing = false;
    }
    if (probing) {
      return Admission.REFUSED;
    }
    probing = true;
    return Admission.PROBE;
  }

  /// How long it stays open; 0 when a call may find out.
  long refusesForNanos() {
    return state == State.OPEN ? Math.max(0, openUntil - nanos.getAsLong()) : 0;
  }

  void worked(boolean probe) {
    if (probe) {
      synchronized (this) {
        if (state == State.HALF_OPEN) {
          close();
        }
      }
    }
    calls.incrementAndGet(now());
  }

  void failed(boolean probe) {
    int at = now();
    calls.incrementAndGet(at);
    failed(probe, at);
  }

  /// A call of which [#worked] was said before it failed after all.
  void brokeOff() {
    failed(false, now());
  }

  private void failed(boolean probe, int at) {
    failures.incrementAndGet(at);
    if (probe) {
      synchronized (this) {
        if (state == State.HALF_OPEN) {
          open();
        }
      }
    } else if (state == State.CLOSED && isTooMuch()) {
      synchronized (this) {
        if (state == State.CLOSED) {
          open();
        }
      }
    }
  }

  /// The one that was to find out did not: its caller left, or its rights ended.
  synchronized void foundNothing() {
    probing = false;
  }

  private boolean isTooMuch() {
    Breaker rule = breaker;
    int ended = 0;
    int failed = 0;
    long oldest = sliceNow() - SLICES;
    for (int i = 0; i < SLICES; i++) {
      if (slice.get(i) - oldest > 0) {
        ended += calls.get(i);
        failed += failures.get(i);
      }
    }
    return rule.failuresPercent() > 0
        && ended >= rule.callsMin()
        && 100L * failed >= (long) rule.failuresPercent() * ended;
  }

  private void open() {
    openUntil = nanos.getAsLong() + breaker.open().toNanos();
    probing = false;
    state = State.OPEN;
  }

  private void close() {
    probing = false;
    for (int i = 0; i < SLICES; i++) {
      calls.set(i, 0);
      failures.set(i, 0);
    }
    state = State.CLOSED;
  }

  private long sliceNow() {
    return Math.floorDiv(nanos.getAsLong(), breaker.window().toNanos() / SLICES);
  }

  /// The place of the current slice, empty where another one had it. A count that races the change
  /// of slices may be lost: this is a rate, not a ledger.
  private int now() {
    long current = sliceNow();
    int at = (int) Math.floorMod(current, (long) SLICES);
    long known = slice.get(at);
    if (known != current && slice.compareAndSet(at, known, current)) {
      calls.set(at, 0);
      failures.set(at, 0);
    }
    return at;
  }
}
