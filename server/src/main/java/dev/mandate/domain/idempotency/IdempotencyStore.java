package dev.mandate.domain.idempotency;

import java.time.Instant;

/// Keeps idempotency keys and the answers that were given under them.
public interface IdempotencyStore {
  /// What a key stands for at the moment of asking.
  sealed interface Claim {
    /// Nobody used the key before; from now on it is taken.
    record Fresh() implements Claim {}

    /// The key is taken and has no answer: its first request runs still, or was cut off at a point
    /// where nobody knows whether it had an effect.
    record Open() implements Claim {}

    /// The key was used for a request that differs.
    record Other() implements Claim {}

    /// The same request was answered with this.
    record Answered(byte[] sealedAnswer) implements Claim {}
  }

  /// Takes the key, unless it is taken; of racing callers one gets [Claim.Fresh]. A key that
  /// expired counts as never used.
  ///
  /// @param requestHash of all that decides about the effect
  Claim claim(IdempotencyKey key, String requestHash, Instant now, Instant expiresAt);

  /// Keeps the answer of the request that took the key.
  void answer(IdempotencyKey key, byte[] sealedAnswer);

  /// Gives the key back: its request was refused and had no effect.
  void release(IdempotencyKey key);
}
