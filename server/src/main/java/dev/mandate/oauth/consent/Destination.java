package dev.mandate.oauth.consent;

import dev.mandate.oauth.authorize.RedirectUris;
import java.net.URI;
import java.util.Set;

/// Where the answer goes, as the person should see it: the host decides who gets the code, whatever
/// the app calls itself.
///
/// @param name the host, or the scheme of an app's own
/// @param local an app on the person's device, of which a host says nothing
/// @param formSource the same as a CSP source for `form-action`
record Destination(String name, boolean local, String formSource) {
  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "[::1]", "localhost");

  static Destination of(String redirectUri) {
    URI uri = URI.create(redirectUri);
    String scheme = uri.getScheme();
    boolean web = scheme.equals("https") || scheme.equals("http");
    String source = RedirectUris.formSource(redirectUri);
    if (!web || uri.getHost() == null) {
      return new Destination(scheme + ":", true, source);
    }
    return new Destination(uri.getRawAuthority(), LOOPBACK.contains(uri.getHost()), source);
  }
}
