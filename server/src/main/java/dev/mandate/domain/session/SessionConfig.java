package dev.mandate.domain.session;

import java.time.Duration;

/// How long a browser stays signed in.
///
/// @param lifetime absolute, whatever happens meanwhile
public record SessionConfig(Duration lifetime) {
  public static final SessionConfig STANDARD = new SessionConfig(Duration.ofHours(12));
}
