package dev.mandate.domain.monitoring;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A caller that is held back.
///
/// @param endsAt when it may go on by itself; null when an administrator must let it: it is
///   suspended
/// @param finding why
public record Restraint(CallerId caller, Instant since, @Nullable Instant endsAt, String finding) {
  public boolean isSuspension() {
    return endsAt == null;
  }
}
