package dev.mandate.cli.admin;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/// Writes parts of URLs.
final class Urls {
  private Urls() {}

  /// A path segment or a query value, everything that isn't plain escaped.
  static String segment(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
