package dev.mandate.oauth.signin;

import java.time.Duration;

/// How often a password may be guessed.
///
/// @param attemptsPerAccount in one window; forgotten after a success
/// @param attemptsPerAddress in one window; larger, since many people share an address
/// @param window begins with the first attempt
public record SignInConfig(int attemptsPerAccount, int attemptsPerAddress, Duration window) {
  public static final SignInConfig STANDARD = new SignInConfig(10, 300, Duration.ofMinutes(10));
}
