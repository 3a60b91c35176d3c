package dev.mandate.oauth.dpop;

import dev.mandate.domain.dpop.DpopProofs;
import dev.mandate.domain.dpop.InvalidProof;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.Issuers;
import dev.mandate.domain.token.AccessTokenClaims;
import dev.mandate.oauth.OAuthError;
import dev.mandate.oauth.OAuthException;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.HttpRequest;
import org.jspecify.annotations.Nullable;

/// Which key a request proves to have, in the errors that RFC 9449 spells.
public final class KeyBinding {
  private final Issuers issuers;
  private final DpopProofs proofs;

  public KeyBinding(Issuers issuers, DpopProofs proofs) {
    this.issuers = issuers;
    this.proofs = proofs;
  }

  /// Wraps an endpoint, outside of whatever turns exceptions into answers: who sent a proof gets
  /// the nonce of the next one along with every answer (§8.2).
  public Endpoint around(Endpoint endpoint) {
    return request -> proofs.marked(issuers.of(request), request, endpoint.handle(request));
  }

  /// The thumbprint of the key that the request proves to have; null when it has no proof.
  ///
  /// @throws OAuthException `invalid_dpop_proof` or `use_dpop_nonce` (§5, §8)
  public @Nullable String proved(Issuer issuer, HttpRequest request) {
    if (request.headers().all(DpopProofs.HEADER).isEmpty()) {
      return null;
    }
    try {
      return proofs.verify(DpopProofs.Request.of(issuer, request, null));
    } catch (InvalidProof e) {
      throw new OAuthException(
          e.nonceWanted() ? OAuthError.USE_DPOP_NONCE : OAuthError.INVALID_DPOP_PROOF, e.detail());
    }
  }

  /// Makes sure that a token is presented as it must be: one that is bound to a key under the
  /// scheme DPoP with a proof, any other under Bearer (§7.1).
  ///
  /// @throws OAuthException of a protected resource
  public void require(
      Issuer issuer,
      HttpRequest request,
      Secret token,
      AccessTokenClaims claims,
      boolean underDpop) {
    String thumbprint = claims.thumbprint();
    if (thumbprint == null) {
      if (underDpop) {
        throw new OAuthException(
            OAuthError.INVALID_TOKEN, "the access token is bound to no key, expected Bearer");
      }
      return;
    }
    if (!underDpop) {
      throw new OAuthException(
          OAuthError.INVALID_TOKEN,
          "the access token is bound to a key, expected the scheme DPoP and a proof");
    }
    try {
      proofs.verify(DpopProofs.Request.of(issuer, request, token), thumbprint);
    } catch (InvalidProof e) {
      throw new OAuthException(
          e.nonceWanted()
              ? OAuthError.RESOURCE_USE_DPOP_NONCE
              : OAuthError.RESOURCE_INVALID_DPOP_PROOF,
          e.detail());
    }
  }
}
