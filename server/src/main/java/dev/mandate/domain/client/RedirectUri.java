package dev.mandate.domain.client;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which redirect URIs a client may register; whoever registers one asks here.
public final class RedirectUri {
  public static final int CHARACTERS_MAX = 2000;

  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "[::1]", "localhost");
  private static final Set<String> NO_SCHEMES =
      Set.of("javascript", "data", "vbscript", "file", "blob", "about");

  private RedirectUri() {}

  /// RFC 6749 §3.1.2: absolute, without a fragment; OAuth 2.1: https, or http on loopback, or an
  /// app's own scheme (RFC 8252 §7.1). They are compared exactly, so a wildcard would only look
  /// like one.
  ///
  /// @return what is wrong, after "the redirect URI"; null when nothing is
  public static @Nullable String wrongWith(String text) {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      return "is not a URI";
    }
    String scheme = uri.getScheme();
    if (scheme == null) {
      return "is not absolute";
    }
    if (uri.getRawFragment() != null) {
      return "has a fragment";
    }
    if (text.indexOf('*') >= 0) {
      return "has a wildcard, expected one exact address";
    }
    if (NO_SCHEMES.contains(scheme.toLowerCase(Locale.ROOT))) {
      return "has a scheme that browsers run or read themselves";
    }
    boolean web = scheme.equalsIgnoreCase("https") || scheme.equalsIgnoreCase("http");
    if (web && (uri.getHost() == null || uri.getRawUserInfo() != null)) {
      return "needs a host, and no user before it";
    }
    return scheme.equalsIgnoreCase("http") && !LOOPBACK.contains(uri.getHost())
        ? "is http, expected https (http is for loopback only)"
        : null;
  }
}
