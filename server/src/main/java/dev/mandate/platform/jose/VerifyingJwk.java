package dev.mandate.platform.jose;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.Base64URL;
import dev.mandate.platform.json.Json;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.List;

/// A public key that verifies signatures of its one algorithm. Thread-safe; make it once, use it
/// often.
public final class VerifyingJwk {
  /// Keys of one set: each costs a signature check when a JWT names none.
  public static final int SET_MAX = 10;

  private static final int RSA_BITS_MIN = 2048;
  private static final int RSA_BITS_MAX = 4096;
  private static final int EXPONENT_BITS_MAX = 32;

  private final String thumbprint;
  private final String kid;
  private final SignatureAlgorithm algorithm;
  private final JWSHeader header;
  private final JWSVerifier verifier;
  private final JsonNode publicJwk;

  VerifyingJwk(JWK jwk, SignatureAlgorithm algorithm) {
    try {
      this.thumbprint = jwk.computeThumbprint().toString();
    } catch (JOSEException e) {
      throw new IllegalStateException("the platform makes no thumbprint", e);
    }
    this.kid = jwk.getKeyID() == null ? thumbprint : jwk.getKeyID();
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

  /// Somebody else's public key (RFC 7517 §4). What it is good for follows from the key itself:
  /// P-256 for ES256, RSA for RS256.
  ///
  /// @throws IllegalArgumentException saying what is wrong, when it is no public key that we take
  public static VerifyingJwk parse(JsonNode json) {
    JWK jwk;
    try {
      jwk = JWK.parse(Json.write(json));
    } catch (ParseException | RuntimeException _) {
      // The cause can quote the key, which may be a private one.
      throw new IllegalArgumentException("is not a JWK");
    }
    if (jwk.isPrivate()) {
      throw new IllegalArgumentException("is a private or symmetric key, expected a public one");
    }
    SignatureAlgorithm algorithm = algorithm(jwk);
    if (jwk.getAlgorithm() != null && !jwk.getAlgorithm().equals(algorithm.jws())) {
      throw new IllegalArgumentException("is for another algorithm, expected " + algorithm);
    }
    if (jwk.getKeyUse() != null && !jwk.getKeyUse().equals(KeyUse.SIGNATURE)) {
      throw new IllegalArgumentException("is not for signatures");
    }
    return new VerifyingJwk(jwk, algorithm);
  }

  /// Reads a JWK set (RFC 7517 §5).
  ///
  /// @param strict whether each key must be one that we take; §5 has it that others are passed over
  /// @throws IllegalArgumentException saying what is wrong, after "the JWK set"
  public static List<VerifyingJwk> set(JsonNode set, boolean strict) {
    List<VerifyingJwk> keys = new ArrayList<>();
    for (JsonNode json : set.path("keys")) {
      try {
        keys.add(parse(json));
      } catch (IllegalArgumentException e) {
        if (strict) {
          throw new IllegalArgumentException("has a key that " + e.getMessage(), e);
        }
      }
    }
    if (keys.isEmpty() || keys.size() > SET_MAX) {
      throw new IllegalArgumentException(
          "has " + keys.size() + " usable keys, expected 1 to " + SET_MAX);
    }
    return List.copyOf(keys);
  }

  private static SignatureAlgorithm algorithm(JWK jwk) {
    if (jwk instanceof ECKey ec && ec.getCurve().equals(Curve.P_256)) {
      return SignatureAlgorithm.ES256;
    }
    if (jwk instanceof RSAKey rsa) {
      int bits = rsa.getModulus().decodeToBigInteger().bitLength();
      int exponentBits = rsa.getPublicExponent().decodeToBigInteger().bitLength();
      // RFC 7518 §3.3: 2048 or more. What is far longer only costs whoever must check it.
      if (bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX && exponentBits <= EXPONENT_BITS_MAX) {
        return SignatureAlgorithm.RS256;
      }
      throw new IllegalArgumentException(
          "is an RSA key of %d bits, expected %d to %d and an exponent of at most %d"
              .formatted(bits, RSA_BITS_MIN, RSA_BITS_MAX, EXPONENT_BITS_MAX));
    }
    throw new IllegalArgumentException("is neither RSA nor on the curve P-256");
  }

  /// RFC 7638, with SHA-256, in base64url.
  public String thumbprint() {
    return thumbprint;
  }

  /// Its name; its thumbprint where it has none.
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
