package dev.mandate.domain.tenant;

/// Names a tenant. The first parameter of every store call, so that no query can forget it.
public record TenantId(String value) {
  /// The tenant that lives at the root of the server.
  public static final TenantId DEFAULT = new TenantId("default");

  @Override
  public String toString() {
    return value;
  }
}
