package dev.mandate.domain.node;

/// Names a node: the same as long as its data folder lives.
public record NodeId(String value) {
  @Override
  public String toString() {
    return value;
  }
}
