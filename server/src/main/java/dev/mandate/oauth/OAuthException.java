package dev.mandate.oauth;

import dev.mandate.domain.monitoring.Restraints;
import org.jspecify.annotations.Nullable;

/// Ends a request with an OAuth error.
///
/// Three audiences: the code is for programs, the description for the developer outside, the detail
/// only for our log.
public final class OAuthException extends RuntimeException {
  private final OAuthError error;
  private final String description;

  /// @param description fit for the sender; never holds a secret or an unbounded echo of the input
  public OAuthException(OAuthError error, String description) {
    this(error, description, description, null);
  }

  /// @param detail for the log only
  public OAuthException(
      OAuthError error, String description, String detail, @Nullable Throwable cause) {
    super(detail, cause);
    this.error = error;
    this.description = description;
  }

  /// Whoever asks has proved who it is, as far as it can, and is suspended.
  public static OAuthException suspended() {
    return new OAuthException(OAuthError.CALLER_SUSPENDED, Restraints.SUSPENDED);
  }

  public OAuthError error() {
    return error;
  }

  public String description() {
    return description;
  }
}
