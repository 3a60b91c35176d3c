package dev.mandate.domain.client;

import dev.mandate.platform.jose.SignatureAlgorithm;

/// What a client's tokens are like.
///
/// @param accessTokens signed with
/// @param idTokens signed with (`id_token_signed_response_alg`, OpenID Connect Registration 1.0 §2)
/// @param dpopBound whether it gets tokens only with a key of its own, proved (RFC 9449 §5.2,
///   `dpop_bound_access_tokens`)
public record TokenForm(
    SignatureAlgorithm accessTokens, SignatureAlgorithm idTokens, boolean dpopBound) {
  /// ES256 is small and quick; RS256 is what every OpenID Connect client knows (Core 1.0 §2).
  public static final TokenForm STANDARD =
      new TokenForm(SignatureAlgorithm.ES256, SignatureAlgorithm.RS256, false);
}
