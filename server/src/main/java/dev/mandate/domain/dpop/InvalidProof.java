package dev.mandate.domain.dpop;

/// A proof that is not accepted. Cheap to throw, for anybody can cause it.
public final class InvalidProof extends RuntimeException {
  private final boolean nonceWanted;

  /// @param message for the sender: never holds the proof
  InvalidProof(String message, boolean nonceWanted) {
    super(message, null, false, false);
    this.nonceWanted = nonceWanted;
  }

  /// The error code (RFC 9449 §5 and §8).
  public String code() {
    return nonceWanted ? "use_dpop_nonce" : "invalid_dpop_proof";
  }

  /// Whether another try with the nonce of the answer may succeed.
  public boolean nonceWanted() {
    return nonceWanted;
  }

  /// What is wrong.
  public String detail() {
    return String.valueOf(getMessage());
  }
}
