package dev.mandate.platform.http;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/// Spells an IP address in the one way that [java.net.InetAddress#getHostAddress] has, IPv6 in
/// full: what is compared and counted by must not have two spellings.
public final class PeerAddress {
  private PeerAddress() {}

  /// Null when this is not an IP address.
  public static @Nullable String canonical(String text) {
    try {
      return InetAddress.ofLiteral(text).getHostAddress();
    } catch (IllegalArgumentException _) {
      // A name or garbage: the answer is "no", and looking names up is not wanted here.
      return null;
    }
  }

  /// An entry of `X-Forwarded-For`, to which some proxies add the port. Null when it holds no IP
  /// address.
  static @Nullable String forwarded(String entry) {
    String text = entry.strip();
    if (text.isEmpty()) {
      return null;
    }
    int bracket = text.indexOf(']');
    if (text.startsWith("[") && bracket > 0) {
      return canonical(text.substring(1, bracket));
    }
    int colon = text.indexOf(':');
    boolean withPort = colon > 0 && text.indexOf(':', colon + 1) < 0;
    return canonical(withPort ? text.substring(0, colon) : text);
  }
}
