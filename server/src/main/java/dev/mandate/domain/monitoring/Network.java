package dev.mandate.domain.monitoring;

/// The network of an address, /24 of IPv4 and /48 of IPv6, as a number: it is found for each call,
/// and makes nothing that must be collected.
public final class Network {
  static final long UNKNOWN = 0;

  private static final long IPV6 = 1L << 48;
  private static final int IPV4_PARTS = 3;
  private static final int IPV6_PARTS = 3;

  private Network() {}

  /// @param address as `PeerAddress` spells it
  static long of(String address) {
    return address.indexOf(':') < 0 ? ofIpv4(address) : ofIpv6(address);
  }

  private static long ofIpv4(String address) {
    long network = 0;
    long part = 0;
    int parts = 0;
    for (int i = 0; i < address.length() && parts < IPV4_PARTS; i++) {
      char c = address.charAt(i);
      if (c == '.') {
        network = network << 8 | (part & 0xff);
        part = 0;
        parts++;
      } else if (c >= '0' && c <= '9') {
        part = part * 10 + (c - '0');
      } else {
        return UNKNOWN;
      }
    }
    return parts == IPV4_PARTS ? network : UNKNOWN;
  }

  private static long ofIpv6(String address) {
    long network = 0;
    long part = 0;
    int parts = 0;
    for (int i = 0; i < address.length() && parts < IPV6_PARTS; i++) {
      char c = address.charAt(i);
      if (c == ':') {
        network = network << 16 | (part & 0xffff);
        part = 0;
        parts++;
      } else {
        int digit = Character.digit(c, 16);
        if (digit < 0) {
          return UNKNOWN;
        }
        part = part << 4 | digit;
      }
    }
    return parts == IPV6_PARTS ? network | IPV6 : UNKNOWN;
  }

  /// The network of an address as people read it.
  ///
  /// @param address as `PeerAddress` spells it, or what this method gave
  public static String named(String address) {
    return text(of(address));
  }

  static String text(long network) {
    if (network == UNKNOWN) {
      return "unknown";
    }
    if ((network & IPV6) == 0) {
      return (network >> 16 & 0xff)
          + "."
          + (network >> 8 & 0xff)
          + "."
          + (network & 0xff)
          + ".0/24";
    }
    return part(network >> 32) + ":" + part(network >> 16) + ":" + part(network) + "::/48";
  }

  private static String part(long network) {
    return Long.toHexString(network & 0xffff);
  }
}
