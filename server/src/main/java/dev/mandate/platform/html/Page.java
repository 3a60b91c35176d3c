package dev.mandate.platform.html;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One page, ready to be drawn.
///
/// @param template below `src/main/jte`, without its ending
/// @param title of the window, without the product's name
/// @param root the path that links begin with, empty or without a trailing slash
/// @param visitor null for a page that greets nobody
/// @param view what the template shows
/// @param formTargets CSP sources besides our own that a form may end at after its redirects
/// @param script the asset that the page runs; null for the others, which run none
public record Page(
    String template,
    String title,
    String root,
    @Nullable Visitor visitor,
    Object view,
    List<String> formTargets,
    @Nullable String script) {
  public Page {
    formTargets = List.copyOf(formTargets);
  }

  public static Page of(String template, String title, String root, Object view) {
    return new Page(template, title, root, null, view, List.of(), null);
  }

  public Page greeting(Visitor greeted) {
    return new Page(template, title, root, greeted, view, formTargets, script);
  }

  /// Browsers apply `form-action` to the redirect after a form too, so the target has to be named.
  public Page leadingTo(String source) {
    List<String> targets = new ArrayList<>(formTargets);
    targets.add(source);
    return new Page(template, title, root, visitor, view, targets, script);
  }

  /// The same with a script of ours.
  public Page running(String asset) {
    return new Page(template, title, root, visitor, view, formTargets, asset);
  }
}
