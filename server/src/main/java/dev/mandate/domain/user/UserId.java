package dev.mandate.domain.user;

/// Names a user; the `sub` of tokens that speak for one.
public record UserId(String value) {
  @Override
  public String toString() {
    return value;
  }
}
