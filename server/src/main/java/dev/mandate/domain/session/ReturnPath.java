package dev.mandate.domain.session;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A page of ours to come back to, below the issuer's root.
///
/// Only plain segments of letters, digits, `_` and `-`: with neither `//`, `\`, `:`, `%`, `?` nor a
/// dot, nothing that any browser would read as another host can be said in it.
public record ReturnPath(String value) {
  /// The parameter and form field that carries one.
  public static final String FIELD = "return";

  private static final int CHARACTERS_MAX = 200;
  private static final Pattern PLAIN = Pattern.compile("(?:/[A-Za-z0-9_-]+)+");

  /// Where a browser goes that names no place, or none of ours.
  public static final ReturnPath HOME = new ReturnPath("/mandates");

  public ReturnPath {
    if (!isPlain(value)) {
      throw new IllegalArgumentException("a return path has plain segments only");
    }
  }

  private static boolean isPlain(String value) {
    return value.length() <= CHARACTERS_MAX && PLAIN.matcher(value).matches();
  }

  /// What a browser sent, or [#HOME] when that is nothing or not a plain path.
  public static ReturnPath of(@Nullable String sent) {
    return sent != null && isPlain(sent) ? new ReturnPath(sent) : HOME;
  }
}
