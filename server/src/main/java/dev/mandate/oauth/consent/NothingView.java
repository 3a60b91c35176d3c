package dev.mandate.oauth.consent;

import java.util.List;

/// What the page shows that explains why nothing can be given.
///
/// @param asked what was asked for, in words
public record NothingView(
    String app,
    String username,
    String organisation,
    List<String> asked,
    String action,
    String csrf,
    String back,
    String signOut) {}
