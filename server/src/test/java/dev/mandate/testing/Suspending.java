package dev.mandate.testing;

import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.monitoring.Restraint;
import dev.mandate.domain.monitoring.Restraints;
import dev.mandate.storage.Stores;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// Suspends callers at one node and lets them go on, and returns when another has heard of it.
///
/// @param at the stores of the node where it happens
/// @param hearing what the other one knows, or the same
public record Suspending(Stores at, Restraints hearing, InstantSource clock) {
  private static final Duration HEARD_MAX = Duration.ofSeconds(5);

  public void suspend(CallerId caller) {
    if (!at.restraints().hold(new Restraint(caller, clock.instant(), null, "fnd_test"))) {
      throw new IllegalStateException(caller.text() + " is suspended already");
    }
    await(caller, true);
  }

  public void resume(CallerId caller) {
    if (!at.restraints().release(caller)) {
      throw new IllegalStateException(caller.text() + " is not held back");
    }
    await(caller, false);
  }

  /// Those that a test that failed has left behind.
  public void resumeAll() {
    at.restraints().all(clock.instant()).forEach(restraint -> resume(restraint.caller()));
  }

  private void await(CallerId caller, boolean suspended) {
    long end = System.nanoTime() + HEARD_MAX.toNanos();
    while (hearing.isSuspended(caller, clock.instant()) != suspended) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("nothing was heard of " + caller.text());
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    }
  }
}
