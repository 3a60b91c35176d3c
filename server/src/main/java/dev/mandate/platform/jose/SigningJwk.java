package dev.mandate.platform.jose;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// A private key that signs JWTs with its one algorithm. Thread-safe; make it once, use it often.
///
/// The signature runs on the first JCA provider that has the algorithm, which is the native one
/// where `CryptoProvider` could install it.
public final class SigningJwk {
  private static final int RSA_BITS = 2048;

  private final JWK jwk;
  private final VerifyingJwk verifying;
  private final JWSSigner signer;
  private final Map<String, JWSHeader> headers = new ConcurrentHashMap<>();

  private SigningJwk(JWK jwk, SignatureAlgorithm algorithm) {
    this.jwk = jwk;
    this.verifying = new VerifyingJwk(jwk, algorithm);
    try {
      this.signer =
          switch (algorithm) {
            case ES256 -> new ECDSASigner((ECKey) jwk);
            case RS256 -> new RSASSASigner((RSAKey) jwk);
          };
    } catch (JOSEException e) {
      throw new IllegalStateException("key " + jwk.getKeyID() + " does not sign " + algorithm, e);
    }
  }

  /// A new key, named by its thumbprint (RFC 7638).
  public static SigningJwk generate(SignatureAlgorithm algorithm) {
    try {
      JWK jwk =
          switch (algorithm) {
            case ES256 ->
                new ECKeyGenerator(Curve.P_256)
                    .keyUse(KeyUse.SIGNATURE)
                    .algorithm(algorithm.jws())
                    .keyIDFromThumbprint(true)
                    .generate();
            case RS256 ->
                new RSAKeyGenerator(RSA_BITS)
                    .keyUse(KeyUse.SIGNATURE)
                    .algorithm(algorithm.jws())
                    .keyIDFromThumbprint(true)
                    .generate();
          };
      return new SigningJwk(jwk, algorithm);
    } catch (JOSEException e) {
      throw new IllegalStateException("the platform makes no key for " + algorithm, e);
    }
  }

  /// Reads what [#serialize] wrote.
  public static SigningJwk parse(Secret json) {
    try {
      JWK jwk = JWK.parse(json.reveal());
      if (jwk.getKeyID() == null || jwk.getAlgorithm() == null || !jwk.isPrivate()) {
        throw new IllegalArgumentException(
            "a signing key needs kid, alg and its private part; one of them is missing");
      }
      return new SigningJwk(jwk, SignatureAlgorithm.valueOf(jwk.getAlgorithm().getName()));
    } catch (ParseException _) {
      // The cause can quote the key.
      throw new IllegalArgumentException("not a JWK");
    }
  }

  /// The whole key, private members too.
  public Secret serialize() {
    return Secret.of(jwk.toJSONString());
  }

  public String kid() {
    return verifying.kid();
  }

  public SignatureAlgorithm algorithm() {
    return verifying.algorithm();
  }

  public VerifyingJwk verifying() {
    return verifying;
  }

  /// Signs a JWT in compact form (RFC 7515 §3.1).
  ///
  /// @param typ explicit type (RFC 8725 §3.11), one of a few constants
  public Secret sign(String typ, JsonNode claims) {
    JWSHeader header = headers.computeIfAbsent(typ, this::header);
    String input = header.toBase64URL() + "." + Base64URL.encode(Json.bytes(claims));
    try {
      Base64URL signature = signer.sign(header, input.getBytes(StandardCharsets.US_ASCII));
      return Secret.of(input + "." + signature);
    } catch (JOSEException e) {
      throw new IllegalStateException("signing with key " + kid() + " failed", e);
    }
  }

  private JWSHeader header(String typ) {
    return new JWSHeader.Builder(algorithm().jws())
        .type(new JOSEObjectType(typ))
        .keyID(kid())
        .build();
  }

  @Override
  public String toString() {
    return algorithm() + " " + kid();
  }
}
