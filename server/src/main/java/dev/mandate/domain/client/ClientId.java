package dev.mandate.domain.client;

/// A `client_id` (RFC 6749 §2.2): not a secret.
public record ClientId(String value) {
  @Override
  public String toString() {
    return value;
  }
}
