package dev.mandate.domain.signingkey;

import dev.mandate.platform.jose.SignatureAlgorithm;
import dev.mandate.platform.jose.SigningJwk;
import dev.mandate.platform.jose.VerifyingJwk;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// One tenant's keys as they were read: all of them are published and verify, one of each algorithm
/// signs.
///
/// @param keys in the order in which they become active
/// @param verifying by `kid`
/// @param due when there is something to do: to make the next key, or to retire one
/// @param readNanos when they were read, by the clock that nobody sets
/// @param reading whether somebody reads them again
record KeyRing(
    List<Entry> keys,
    Map<String, VerifyingJwk> verifying,
    Instant due,
    long readNanos,
    AtomicBoolean reading) {
  record Entry(SigningJwk key, Instant activeAt) {}

  static KeyRing of(List<Entry> keys, Instant due, long readNanos) {
    Map<String, VerifyingJwk> verifying = new LinkedHashMap<>();
    keys.forEach(entry -> verifying.put(entry.key.kid(), entry.key.verifying()));
    return new KeyRing(List.copyOf(keys), verifying, due, readNanos, new AtomicBoolean());
  }

  /// The same, as if read at another time.
  KeyRing readAt(Instant nextDue, long nanos) {
    return new KeyRing(keys, verifying, nextDue, nanos, new AtomicBoolean());
  }

  /// The youngest that is active; the first of all while none is, which a clock that was set back
  /// makes possible.
  @Nullable SigningJwk signer(SignatureAlgorithm algorithm, Instant now) {
    SigningJwk signer = null;
    for (Entry entry : keys) {
      if (entry.key.algorithm() == algorithm && (signer == null || !now.isBefore(entry.activeAt))) {
        signer = entry.key;
      }
    }
    return signer;
  }
}
