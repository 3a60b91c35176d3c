package dev.mandate.cli.admin;

/// No answer came.
public final class Unreachable extends RuntimeException {
  Unreachable(String message) {
    super(message, null, false, false);
  }
}
