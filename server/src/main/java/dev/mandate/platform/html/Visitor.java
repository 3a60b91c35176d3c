package dev.mandate.platform.html;

/// Whom a page greets.
///
/// @param name for people
/// @param signOut proof for the sign-out form on every page
public record Visitor(String name, String signOut) {}
