package dev.mandate.domain.token;

import java.time.Duration;

/// How long what we issue lives. Nothing outlives its mandate, whatever stands here.
///
/// @param accessTokenLifetime at most [#ACCESS_TOKEN_LIFETIME_MAX]; bounds how long a verifier that
///   cannot hear revocations believes a revoked token
/// @param idTokenLifetime in which a client must accept a sign-in
/// @param refreshTokenLifetime of an unused refresh token; each rotation starts it anew
/// @param codeLifetime at most [#CODE_LIFETIME_MAX]
/// @param clockSkew by which another node's clock may differ from ours
public record TokenConfig(
    Duration accessTokenLifetime,
    Duration idTokenLifetime,
    Duration refreshTokenLifetime,
    Duration codeLifetime,
    Duration clockSkew) {
  public static final Duration ACCESS_TOKEN_LIFETIME_MAX = Duration.ofMinutes(15);

  /// RFC 6749 §4.1.2 recommends ten minutes at most; a browser's redirect needs far less.
  public static final Duration CODE_LIFETIME_MAX = Duration.ofMinutes(10);

  public static final Duration CLOCK_SKEW_MAX = Duration.ofSeconds(30);

  public static final TokenConfig DEFAULT =
      new TokenConfig(
          Duration.ofMinutes(10),
          Duration.ofMinutes(10),
          Duration.ofDays(30),
          Duration.ofSeconds(60),
          Duration.ofSeconds(5));

  public TokenConfig {
    within("access-token-lifetime", accessTokenLifetime, ACCESS_TOKEN_LIFETIME_MAX);
    within("id-token-lifetime", idTokenLifetime, Duration.ofHours(1));
    within("refresh-token-lifetime", refreshTokenLifetime, Duration.ofDays(366));
    within("code-lifetime", codeLifetime, CODE_LIFETIME_MAX);
    if (clockSkew.isNegative() || clockSkew.compareTo(CLOCK_SKEW_MAX) > 0) {
      throw new IllegalArgumentException(
          "clock-skew is " + clockSkew + ", expected 0 to " + CLOCK_SKEW_MAX);
    }
  }

  private static void within(String name, Duration value, Duration max) {
    if (value.compareTo(Duration.ofSeconds(1)) < 0 || value.compareTo(max) > 0) {
      throw new IllegalArgumentException(name + " is " + value + ", expected a second to " + max);
    }
  }
}
