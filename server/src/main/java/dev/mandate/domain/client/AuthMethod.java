package dev.mandate.domain.client;

/// The ways in which a client proves who it is (`token_endpoint_auth_method`, RFC 7591 §2).
public enum AuthMethod {
  /// Not at all: a public client.
  NONE("none"),
  /// A secret, in whichever place: clients made before they had to say.
  SECRET("client_secret"),
  SECRET_BASIC("client_secret_basic"),
  SECRET_POST("client_secret_post"),
  /// A signed assertion (RFC 7523 §2.2, OpenID Connect Core 1.0 §9).
  PRIVATE_KEY_JWT("private_key_jwt");

  private final String wire;

  AuthMethod(String wire) {
    this.wire = wire;
  }

  public String wire() {
    return wire;
  }

  /// @throws IllegalArgumentException for what is none of them
  public static AuthMethod of(String wire) {
    for (AuthMethod method : values()) {
      if (method.wire.equals(wire)) {
        return method;
      }
    }
    throw new IllegalArgumentException("'" + wire + "' is no way to authenticate a client");
  }

  public boolean isSecret() {
    return this == SECRET || this == SECRET_BASIC || this == SECRET_POST;
  }
}
