package dev.mandate.platform.jose;

import com.nimbusds.jose.JWSAlgorithm;

/// The signature algorithms that exist here (RFC 7518 §3.1). All are asymmetric: with no other kind
/// of key in the building, `none` and a public key taken for an HMAC secret have nowhere to happen.
public enum SignatureAlgorithm {
  ES256,
  RS256;

  JWSAlgorithm jws() {
    return JWSAlgorithm.parse(name());
  }
}
