package dev.mandate.oauth.authorize;

import java.time.Duration;

/// How authorization requests may come.
///
/// @param requirePushed whether all of them must be pushed (RFC 9126 §5,
///   `require_pushed_authorization_requests`)
/// @param pushedLifetime in which a browser must bring a pushed one; at most [#PUSHED_LIFETIME_MAX]
public record AuthorizeConfig(boolean requirePushed, Duration pushedLifetime) {
  /// A redirect needs seconds. RFC 9126 §2.2 leaves the number to us.
  public static final Duration PUSHED_LIFETIME_MAX = Duration.ofSeconds(90);

  public static final AuthorizeConfig STANDARD = new AuthorizeConfig(false, Duration.ofSeconds(60));

  public AuthorizeConfig {
    if (pushedLifetime.compareTo(Duration.ofSeconds(5)) < 0
        || pushedLifetime.compareTo(PUSHED_LIFETIME_MAX) > 0) {
      throw new IllegalArgumentException(
          "pushed-lifetime is " + pushedLifetime + ", expected 5 to 90 seconds");
    }
  }
}
