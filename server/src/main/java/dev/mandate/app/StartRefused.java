package dev.mandate.app;

/// Why the server does not start: a line a problem, fit for an operator.
public final class StartRefused extends RuntimeException {
  private final String message;

  public StartRefused(String message) {
    super(message);
    this.message = message;
  }

  @Override
  public String getMessage() {
    return message;
  }
}
