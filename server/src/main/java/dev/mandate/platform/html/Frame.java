package dev.mandate.platform.html;

import org.jspecify.annotations.Nullable;

/// What the layout around every page needs.
///
/// @param root the path that links begin with
/// @param stylesheet its address
/// @param logo its address
/// @param script its address; null for a page without one
public record Frame(
    String title,
    String root,
    String stylesheet,
    String logo,
    @Nullable String script,
    @Nullable Visitor visitor) {}
