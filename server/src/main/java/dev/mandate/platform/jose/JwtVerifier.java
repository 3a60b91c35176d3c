package dev.mandate.platform.jose;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.platform.jose.InvalidJwt.Reason;
import dev.mandate.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Verifies JWTs in compact form against what we expect; nothing that a token says about itself is
/// believed before its signature holds, and its algorithm not even then (RFC 8725 §3).
public final class JwtVerifier {
  /// Of a whole token. Our own are below 4 KiB; a header field has at most a few times that.
  public static final int CHARACTERS_MAX = 16 * 1024;

  private static final int KID_CHARACTERS_MAX = 200;
  private static final Base64.Decoder BASE64URL = Base64.getUrlDecoder();

  private final InstantSource clock;
  private final Duration skew;

  /// @param skew by which another clock may differ from ours
  public JwtVerifier(InstantSource clock, Duration skew) {
    this.clock = clock;
    this.skew = skew;
  }

  /// @param typ expected (RFC 8725 §3.11)
  /// @param issuer expected, compared byte by byte
  /// @param keys finds the key of a `kid`
  /// @return the claims; `exp` is there and in the future, the others are the caller's to check
  /// @throws InvalidJwt at the first check that fails
  public JsonNode verify(
      String token, String typ, String issuer, Function<String, @Nullable VerifyingJwk> keys) {
    JsonNode claims = authentic(token, typ, issuer, keys);
    time(claims);
    return claims;
  }

  /// All checks of [#verify] but those of time: for a caller that compares `exp` itself, each time
  /// it uses what it kept.
  ///
  /// @throws InvalidJwt at the first check that fails
  public JsonNode authentic(
      String token, String typ, String issuer, Function<String, @Nullable VerifyingJwk> keys) {
    if (token.length() > CHARACTERS_MAX) {
      throw new InvalidJwt(Reason.TOO_LARGE, token.length() + " characters");
    }
    int first = token.indexOf('.');
    int second = token.indexOf('.', first + 1);
    if (first <= 0
        || second <= first + 1
        || second == token.length() - 1
        || token.indexOf('.', second + 1) >= 0) {
      throw new InvalidJwt(Reason.MALFORMED, "not three parts");
    }
    JsonNode header = part(token.substring(0, first));
    VerifyingJwk key = key(header, keys);
    type(header, typ);
    byte[] input = token.substring(0, second).getBytes(StandardCharsets.US_ASCII);
    if (!key.verifies(input, token.substring(second + 1))) {
      throw new InvalidJwt(Reason.BAD_SIGNATURE, "with key " + key.kid());
    }
    JsonNode claims = part(token.substring(first + 1, second));
    if (!issuer.equals(claims.path("iss").textValue())) {
      throw new InvalidJwt(Reason.WRONG_ISSUER, "expected " + issuer);
    }
    exp(claims);
    return claims;
  }

  private static VerifyingJwk key(JsonNode header, Function<String, @Nullable VerifyingJwk> keys) {
    // RFC 7515 §4.1.11: whoever does not understand a critical extension must refuse.
    if (header.has("crit")) {
      throw new InvalidJwt(Reason.MALFORMED, "critical extensions");
    }
    String kid = header.path("kid").textValue();
    VerifyingJwk key = kid == null || kid.length() > KID_CHARACTERS_MAX ? null : keys.apply(kid);
    if (key == null) {
      throw new InvalidJwt(Reason.UNKNOWN_KEY, "no key has this kid");
    }
    // RFC 8725 §3.1: the algorithm is the key's; a header that says another was made by someone
    // else.
    if (!key.algorithm().name().equals(header.path("alg").textValue())) {
      throw new InvalidJwt(Reason.WRONG_ALGORITHM, "expected " + key.algorithm());
    }
    return key;
  }

  /// RFC 7515 §4.1.9: `application/` may be left out; media types compare without case.
  private static void type(JsonNode header, String expected) {
    String typ = header.path("typ").textValue();
    String prefix = "application/";
    if (typ != null && typ.regionMatches(true, 0, prefix, 0, prefix.length())) {
      typ = typ.substring(prefix.length());
    }
    if (!expected.equalsIgnoreCase(typ)) {
      throw new InvalidJwt(Reason.WRONG_TYPE, "expected " + expected);
    }
  }

  private static long exp(JsonNode claims) {
    JsonNode exp = claims.path("exp");
    if (!exp.isIntegralNumber() || !exp.canConvertToLong()) {
      throw new InvalidJwt(Reason.MALFORMED, "exp is not a whole number");
    }
    return exp.longValue();
  }

  private void time(JsonNode claims) {
    Instant now = clock.instant();
    long exp = exp(claims);
    if (now.getEpochSecond() - skew.toSeconds() >= exp) {
      throw new InvalidJwt(Reason.EXPIRED, "at " + exp);
    }
    JsonNode nbf = claims.path("nbf");
    if (nbf.isMissingNode()) {
      return;
    }
    if (!nbf.isIntegralNumber() || !nbf.canConvertToLong()) {
      throw new InvalidJwt(Reason.MALFORMED, "nbf is not a whole number");
    }
    if (now.getEpochSecond() + skew.toSeconds() < nbf.longValue()) {
      throw new InvalidJwt(Reason.NOT_YET_VALID, "before " + nbf.longValue());
    }
  }

  private static JsonNode part(String encoded) {
    try {
      JsonNode node = Json.parse(BASE64URL.decode(encoded));
      if (!node.isObject()) {
        throw new InvalidJwt(Reason.MALFORMED, "a part is not an object");
      }
      return node;
    } catch (IllegalArgumentException | Json.MalformedJson _) {
      throw new InvalidJwt(Reason.MALFORMED, "a part is not base64url of JSON");
    }
  }
}
