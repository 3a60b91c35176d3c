package dev.mandate.platform.jose;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.Base64URL;
import dev.mandate.platform.json.Json;

/// A public key that verifies signatures of its one algorithm. Thread-safe; make it once, use it
/// often.
public final class VerifyingJwk {
  private final String kid;
  private final SignatureAlgorithm algorithm;
  private final JWSHeader header;
  private final JWSVerifier verifier;
  private final JsonNode publicJwk;

  VerifyingJwk(JWK jwk, SignatureAlgorithm algorithm) {
    this.kid = jwk.getKeyID();
    this.algorithm = algorithm;
    this.header = new JWSHeader(algorithm.jws());
    this.publicJwk = Json.tree(jwk.toPublicJWK().toJSONObject());
    try {
      this.verifier =
          switch (algorithm) {
            case ES256 -> new ECDSAVerifier((ECKey) jwk.toPublicJWK());
            case RS256 -> new RSASSAVerifier((RSAKey) jwk.toPublicJWK());
          };
    } catch (JOSEException e) {
      throw new IllegalStateException("key " + kid + " does not verify " + algorithm, e);
    }
  }

  public String kid() {
    return kid;
  }

  public SignatureAlgorithm algorithm() {
    return algorithm;
  }

  /// The JWK with its public members only (RFC 7517 §4).
  public JsonNode publicJwk() {
    return publicJwk.deepCopy();
  }

  /// The algorithm is the key's own, whatever a token's header says (RFC 8725 §3.1).
  boolean verifies(byte[] signingInput, String signature) {
    try {
      return verifier.verify(header, signingInput, new Base64URL(signature));
    } catch (JOSEException _) {
      // Not even the shape of a signature.
      return false;
    }
  }
}
