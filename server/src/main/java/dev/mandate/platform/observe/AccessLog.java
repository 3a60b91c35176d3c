package dev.mandate.platform.observe;

/// Which requests get a line of their own in the log.
public enum AccessLog {
  ALL,
  /// Those that were refused, failed or broken off.
  ERRORS,
  OFF
}
