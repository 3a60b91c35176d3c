package dev.mandate.oauth.device;

import org.jspecify.annotations.Nullable;

/// What the page shows that a person types a device's code into, and then the same with what the
/// code is for.
///
/// @param code as it was typed, or found
/// @param error what is wrong with it
/// @param app the client's name once a request was found; null before
/// @param address from which the device asked
/// @param asked how long ago, in words
public record DeviceView(
    String organisation,
    String username,
    String csrf,
    String signOut,
    String code,
    @Nullable String error,
    @Nullable String app,
    String address,
    String asked) {}
