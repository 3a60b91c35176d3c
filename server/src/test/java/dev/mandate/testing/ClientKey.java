package dev.mandate.testing;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.crypto.opts.AllowWeakRSAKey;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import dev.mandate.platform.json.Json;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A client's own key, and what it signs with it: by a library that others use too.
public record ClientKey(JWK jwk, JWSAlgorithm algorithm) {
  public static ClientKey ec(@Nullable String kid) {
    try {
      return new ClientKey(
          new ECKeyGenerator(Curve.P_256).keyID(kid).generate(), JWSAlgorithm.ES256);
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
  }

  public static ClientKey rsa(@Nullable String kid, int bits) {
    try {
      return new ClientKey(
          new RSAKeyGenerator(bits, true).keyID(kid).generate(), JWSAlgorithm.RS256);
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
  }

  /// As JSON, without the private part.
  public ObjectNode publicJwk() {
    return (ObjectNode) Json.parse(jwk.toPublicJWK().toJSONString());
  }

  /// A set of this key alone.
  public ObjectNode set() {
    ObjectNode set = Json.object();
    set.putArray("keys").add(publicJwk());
    return set;
  }

  public String thumbprint() {
    try {
      return jwk.computeThumbprint().toString();
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
  }

  public String sign(@Nullable String typ, ObjectNode claims) {
    return sign(
        builder -> {
          if (typ != null) {
            builder.type(new JOSEObjectType(typ));
          }
          return builder.keyID(jwk.getKeyID());
        },
        claims);
  }

  /// With whatever header.
  public String sign(UnaryOperator<JWSHeader.Builder> header, ObjectNode claims) {
    try {
      JWSObject jws =
          new JWSObject(
              header.apply(new JWSHeader.Builder(algorithm)).build(),
              new Payload(Json.write(claims)));
      JWSSigner signer =
          jwk instanceof ECKey ec
              ? new ECDSASigner(ec)
              : new RSASSASigner(
                  ((RSAKey) jwk).toPrivateKey(), Set.of(AllowWeakRSAKey.getInstance()));
      jws.sign(signer);
      return jws.serialize();
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
  }
}
