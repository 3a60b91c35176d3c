package dev.mandate.oauth.signin;

import org.jspecify.annotations.Nullable;

/// What the sign-in page shows.
///
/// @param organisation whose people sign in here
/// @param back where to go afterwards
/// @param username to be shown again after a refusal
/// @param error null before the first attempt
public record SignInView(
    String organisation, String back, String csrf, String username, @Nullable String error) {}
