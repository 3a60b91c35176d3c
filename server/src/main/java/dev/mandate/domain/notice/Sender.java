package dev.mandate.domain.notice;

import java.time.Instant;

/// Hands one notice to one place. Blocks, with an end.
public interface Sender {
  /// What became of an attempt.
  sealed interface Attempt {
    record Taken() implements Attempt {}

    /// @param problem fit for the tenant's administrators
    /// @param isFinal whether trying again is of no use
    record NotTaken(String problem, boolean isFinal) implements Attempt {}
  }

  Attempt send(Notice notice, String target, Instant now);
}
