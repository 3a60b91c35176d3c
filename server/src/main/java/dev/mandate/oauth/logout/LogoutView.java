package dev.mandate.oauth.logout;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the sign-out page shows.
///
/// @param app that asks; null when nobody says which
/// @param name of the person; null when nobody is signed in any more
/// @param fields to be posted with the answer
public record LogoutView(
    @Nullable String app, @Nullable String name, String csrf, Map<String, String> fields) {}
