package dev.mandate.domain.session;

import dev.mandate.domain.tenant.TenantId;
import java.time.Duration;
import java.time.Instant;

/// Counts sign-in attempts, before the password is looked at, so that parallel guesses count too.
public interface SignInThrottle {
  /// Counts one attempt for `subject` (an account or an address) and says whether it is within
  /// `limit` attempts in a window that begins with the first of them. Atomic.
  boolean admit(TenantId tenant, String subject, int limit, Duration window, Instant now);

  /// Forgets the attempts, after a success.
  void clear(TenantId tenant, String subject);
}
