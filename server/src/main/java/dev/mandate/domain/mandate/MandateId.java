package dev.mandate.domain.mandate;

/// Names a mandate. Not a secret and not a proof: knowing it gives nothing.
public record MandateId(String value) {
  @Override
  public String toString() {
    return value;
  }
}
