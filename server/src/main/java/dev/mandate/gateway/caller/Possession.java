package dev.mandate.gateway.caller;

import dev.mandate.domain.dpop.DpopProofs;
import dev.mandate.domain.dpop.InvalidProof;
import dev.mandate.domain.tenant.Issuer;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.gateway.Refusal;
import io.vertx.core.http.HttpServerRequest;

/// Whether a caller has the key that its access token is bound to (RFC 9449 §7).
public final class Possession {
  private final DpopProofs proofs;

  public Possession(DpopProofs proofs) {
    this.proofs = proofs;
  }

  /// Whether there is something to prove. Touches memory only.
  ///
  /// @throws Refusal when a bound token comes as if it were not, or the other way round
  public boolean isToBeProved(Caller caller, Credential.Presented presented) {
    boolean bound = caller.thumbprint() != null;
    if (bound && !presented.dpop()) {
      throw Refusal.of(
          Refusal.Code.INVALID_TOKEN,
          "the access token is bound to a key, expected Authorization: DPoP and a proof");
    }
    if (!bound && presented.dpop()) {
      throw Refusal.of(
          Refusal.Code.INVALID_TOKEN, "the credential is bound to no key, expected Bearer");
    }
    return bound;
  }

  /// Blocking: a signature for every call, since every proof is another.
  ///
  /// @param path below the issuer
  /// @throws Refusal when the key is not proved
  public void require(
      Issuer issuer,
      HttpServerRequest exchange,
      String path,
      Caller caller,
      Credential.Presented presented) {
    try {
      proofs.verify(
          new DpopProofs.Request(
              issuer,
              exchange.headers().getAll(DpopProofs.HEADER),
              exchange.method().name(),
              path,
              presented.secret()),
          String.valueOf(caller.thumbprint()));
    } catch (InvalidProof e) {
      throw Refusal.of(
          e.nonceWanted() ? Refusal.Code.USE_DPOP_NONCE : Refusal.Code.INVALID_DPOP_PROOF,
          e.detail());
    }
  }

  /// The nonce for the next proof.
  public String nonce(TenantId tenant) {
    return proofs.nonce(tenant);
  }
}
