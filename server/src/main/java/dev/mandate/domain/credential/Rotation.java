package dev.mandate.domain.credential;

import dev.mandate.domain.tenant.TenantId;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// One version of the tenant's on its way out, and the one that is made at the provider to take its
/// place. Where it stands is stored before and after each thing that is done, so that whoever finds
/// it goes on.
///
/// @param id also the name of what is made at the provider
/// @param replaces the credential on its way out
/// @param replacedRef what the provider calls it, where it was made by us
/// @param made the credential that takes its place; null until it is made
/// @param madeRef what the provider calls that
/// @param tries of the step it is at
/// @param dueAt when to go on
/// @param lastError why the last try failed, in words of ours
public record Rotation(
    TenantId tenant,
    String upstream,
    String id,
    String replaces,
    @Nullable String replacedRef,
    @Nullable String made,
    @Nullable String madeRef,
    Step step,
    Instant startedAt,
    int tries,
    Instant dueAt,
    @Nullable String lastError) {

  /// What is to be done next.
  public enum Step {
    /// Have a key made at the provider; what an earlier try may have left there goes first.
    MAKING,
    /// Wait until the provider accepts it.
    TESTING,
    /// Calls go out with the new one; wait until the old one is retired.
    DRAINING,
    /// Delete the old one at the provider.
    DELETING,
    /// It failed: delete whatever was made.
    UNDOING,
    /// It failed and left nothing behind; kept so that it isn't tried again at once.
    FAILED;

    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    public static Step ofWire(String wire) {
      return valueOf(wire.toUpperCase(Locale.ROOT));
    }
  }

  /// The same, to end without deleting what it was to replace.
  Rotation keepingOld() {
    return new Rotation(
        tenant, upstream, id, replaces, null, made, madeRef, step, startedAt, tries, dueAt,
        lastError);
  }

  /// Whether another one has to wait.
  public boolean isUnderWay() {
    return step != Step.FAILED;
  }
}
