package dev.mandate.testing;

import dev.mandate.domain.budget.LeaseBounds;
import dev.mandate.domain.budget.LeaseStore;
import dev.mandate.domain.budget.Sharing;
import java.time.Duration;

/// Sharing as by default, but for the waits: that a machine is slow refuses no call.
public final class PatientSharing {
  private static final Duration LONG = Duration.ofMinutes(1);

  private PatientSharing() {}

  public static Sharing of(LeaseStore leases, String node) {
    LeaseBounds usual = LeaseBounds.DEFAULT;
    LeaseBounds patient =
        new LeaseBounds(
            usual.idle(),
            usual.heartbeat(),
            usual.listen(),
            usual.listenAlone(),
            LONG,
            usual.deaf(),
            LONG,
            usual.waitingMax());
    return new Sharing(leases, node, patient, System::nanoTime);
  }
}
