package dev.mandate.platform.http;

import org.jspecify.annotations.Nullable;

/// A request that is malformed at the level of HTTP. Each plane answers it in its own error shape
/// with status 400; the message is fit for the sender.
public final class BadRequest extends RuntimeException {
  public BadRequest(String message) {
    this(message, null);
  }

  public BadRequest(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
