package dev.mandate.oauth.consent;

import java.time.Duration;

/// Bounds of what consent makes.
///
/// @param mandatesPerUserMax that are live at a time
/// @param codeLifetime of the authorization code (RFC 6749 §4.1.2 recommends at most ten minutes)
public record ConsentConfig(int mandatesPerUserMax, Duration codeLifetime) {
  public static final ConsentConfig STANDARD = new ConsentConfig(500, Duration.ofSeconds(60));
}
