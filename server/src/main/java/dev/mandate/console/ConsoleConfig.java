package dev.mandate.console;

import java.time.Duration;

/// Bounds of the person's own pages.
///
/// @param mandatesShown newest first
/// @param callsShown newest first
/// @param keysPerMandateMax that are live at a time
/// @param keyLifetimeMax of an API key, which never outlives its mandate either
public record ConsoleConfig(
    int mandatesShown, int callsShown, int keysPerMandateMax, Duration keyLifetimeMax) {
  public static final ConsoleConfig STANDARD = new ConsoleConfig(200, 50, 20, Duration.ofDays(90));
}
