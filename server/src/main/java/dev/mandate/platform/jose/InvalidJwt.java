package dev.mandate.platform.jose;

/// A JWT that is not accepted. Cheap to throw: it carries no stack trace, because forged tokens are
/// somebody else's to make in any number.
public final class InvalidJwt extends RuntimeException {
  /// The first check that failed.
  public enum Reason {
    TOO_LARGE,
    MALFORMED,
    UNKNOWN_KEY,
    WRONG_ALGORITHM,
    WRONG_TYPE,
    BAD_SIGNATURE,
    WRONG_ISSUER,
    WRONG_TENANT,
    WRONG_AUDIENCE,
    EXPIRED,
    NOT_YET_VALID
  }

  private final Reason reason;

  /// @param detail for the log; never holds the token or an unbounded part of it
  public InvalidJwt(Reason reason, String detail) {
    super(reason + ": " + detail, null, false, false);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
