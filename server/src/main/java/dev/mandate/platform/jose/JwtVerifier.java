package dev.mandate.platform.jose;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.platform.jose.InvalidJwt.Reason;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Verifies JWTs in compact form against what we expect; nothing that a token says about itself is
/// believed before its signature holds, and its algorithm not even then (RFC 8725 §3).
public final class JwtVerifier {
  /// Of a whole token. Our own are below 4 KiB; a header field has at most a few times that.
  public static final int CHARACTERS_MAX = 16 * 1024;

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
    UnverifiedJwt jwt = UnverifiedJwt.parse(token);
    String kid = jwt.kid();
    VerifyingJwk key = kid == null ? null : keys.apply(kid);
    if (key == null) {
      throw new InvalidJwt(Reason.UNKNOWN_KEY, "no key has this kid");
    }
    JsonNode claims = jwt.verify(key, typ);
    if (!issuer.equals(claims.path("iss").textValue())) {
      throw new InvalidJwt(Reason.WRONG_ISSUER, "expected " + issuer);
    }
    exp(claims);
    return claims;
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
}
