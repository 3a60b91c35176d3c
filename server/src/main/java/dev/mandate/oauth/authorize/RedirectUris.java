package dev.mandate.oauth.authorize;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Compares redirect URIs.
public final class RedirectUris {
  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "[::1]", "localhost");
  private static final int CHARACTERS_MAX = 2000;

  private RedirectUris() {}

  /// Byte for byte; where the registered one is loopback `http`, on any port (RFC 8252 §7.3):
  /// everything else in it must be the same, so both are compared with their ports taken out.
  static boolean isRegistered(Set<String> registered, String sent) {
    if (sent.length() > CHARACTERS_MAX) {
      return false;
    }
    if (registered.contains(sent)) {
      return true;
    }
    String portless = withoutLoopbackPort(sent);
    return portless != null
        && registered.stream().anyMatch(one -> portless.equals(withoutLoopbackPort(one)));
  }

  /// Null when this is not a plain loopback URI.
  private static @Nullable String withoutLoopbackPort(String text) {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      // Not a URI, hence none that could be registered: the answer is "no", not a failure.
      return null;
    }
    if (!"http".equals(uri.getScheme())
        || !isLoopback(uri)
        || uri.getRawUserInfo() != null
        || uri.getRawFragment() != null) {
      return null;
    }
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    return "http://" + uri.getHost() + uri.getRawPath() + query;
  }

  /// Whether it is a page on the web, rather than an app's own scheme.
  static boolean isWeb(String registered) {
    URI uri = URI.create(registered);
    return uri.getHost() != null
        && ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()));
  }

  /// As a source of a CSP's `form-action`: browsers hold the redirect after a form against it too.
  public static String formSource(String registered) {
    URI uri = URI.create(registered);
    // CSP has no notation for an IPv6 address: there the scheme alone must do, as for an app's own.
    return !isWeb(registered) || uri.getHost().startsWith("[")
        ? uri.getScheme() + ":"
        : uri.getScheme() + "://" + uri.getRawAuthority();
  }

  static boolean isLoopback(URI uri) {
    return uri.getHost() != null && LOOPBACK.contains(uri.getHost());
  }
}
