package dev.mandate.domain.client;

import dev.mandate.platform.jose.SignatureAlgorithm;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How a client proves who it is: one way each (RFC 6749 §2.3), with what is needed to check it.
public sealed interface Proof {
  AuthMethod method();

  /// A public client (RFC 6749 §2.1).
  record Nothing() implements Proof {
    @Override
    public AuthMethod method() {
      return AuthMethod.NONE;
    }
  }

  /// Secrets, any of which will do: a second one is there while the first is on its way out.
  ///
  /// @param secrets the youngest last
  record Secrets(AuthMethod method, List<ClientSecret> secrets) implements Proof {
    public static final int MAX = 2;

    public Secrets {
      secrets = List.copyOf(secrets);
      if (!method.isSecret()) {
        throw new IllegalArgumentException(method + " has no secrets");
      }
      if (secrets.isEmpty() || secrets.size() > MAX) {
        throw new IllegalArgumentException(secrets.size() + " secrets, expected 1 to " + MAX);
      }
    }
  }

  /// Assertions that the client signs.
  ///
  /// @param algorithm the only one that is taken (`token_endpoint_auth_signing_alg`); null for any
  ///   that its key has
  /// @param jwks its public keys, a JWK set (RFC 7517 §5); null where they are at `jwksUri`
  /// @param jwksUri where it publishes them
  record Keys(@Nullable SignatureAlgorithm algorithm, @Nullable String jwks, @Nullable URI jwksUri)
      implements Proof {
    public Keys {
      // RFC 7591 §2: never both.
      if ((jwks == null) == (jwksUri == null)) {
        throw new IllegalArgumentException("expected either jwks or jwks_uri");
      }
    }

    @Override
    public AuthMethod method() {
      return AuthMethod.PRIVATE_KEY_JWT;
    }
  }
}
