package dev.mandate.platform.html;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Ends a request with a page that says why.
public final class PageRefusal extends RuntimeException {
  private final int status;
  private final String title;
  private final @Nullable Duration retryAfter;

  /// @param title a short sentence
  /// @param message fit for the person in front of the browser: what is wrong, and what to do
  public PageRefusal(int status, String title, String message) {
    this(status, title, message, null);
  }

  /// @param retryAfter when the same may be tried again; null where waiting doesn't help
  public PageRefusal(int status, String title, String message, @Nullable Duration retryAfter) {
    super(message);
    this.status = status;
    this.title = title;
    this.retryAfter = retryAfter;
  }

  public static PageRefusal notFound(String message) {
    return new PageRefusal(404, "Not found", message);
  }

  public int status() {
    return status;
  }

  public String title() {
    return title;
  }

  public @Nullable Duration retryAfter() {
    return retryAfter;
  }
}
