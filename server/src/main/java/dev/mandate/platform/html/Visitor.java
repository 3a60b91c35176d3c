package dev.mandate.platform.html;

/// Whom a page greets.
///
/// @param name for people
/// @param signOut proof for the sign-out form on every page
/// @param administers whether there are pages for administrators that they may open
public record Visitor(String name, String signOut, boolean administers) {}
