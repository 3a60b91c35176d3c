package dev.mandate.domain.authorization;

/// Names a pending authorization in addresses. Not a proof: the browser's cookie is.
public record PendingId(String value) {
  @Override
  public String toString() {
    return value;
  }
}
