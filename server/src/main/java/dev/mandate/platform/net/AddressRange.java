package dev.mandate.platform.net;

import java.net.InetAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A range of IP addresses in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3): an address with nothing
/// behind its prefix. One range has one spelling, so that what is compared, shown and stored is the
/// same.
public final class AddressRange {
  private static final int IPV4_BYTES = 4;
  private static final int CHARACTERS_MAX = 64;

  private final byte[] network;
  private final int bits;

  private AddressRange(byte[] network, int bits) {
    this.network = network;
    this.bits = bits;
  }

  /// Not a range, or one that could be read in two ways.
  public static final class InvalidRange extends RuntimeException {
    InvalidRange(String message) {
      super(message, null, false, false);
    }
  }

  /// @param text `192.0.2.0/24`, `2001:db8::/32`, or a single address
  /// @throws InvalidRange naming what is expected
  public static AddressRange parse(String text) {
    if (text.length() > CHARACTERS_MAX) {
      throw invalid("a range of addresses has at most " + CHARACTERS_MAX + " characters");
    }
    int slash = text.indexOf('/');
    byte[] address = literal(slash < 0 ? text : text.substring(0, slash));
    if (address == null) {
      throw invalid("'" + text + "' is no range, expected such as 192.0.2.0/24 or 2001:db8::/32");
    }
    int most = address.length * Byte.SIZE;
    String prefix = slash < 0 ? String.valueOf(most) : text.substring(slash + 1);
    if (!prefix.matches("0|[1-9][0-9]{0,2}") || Integer.parseInt(prefix) > most) {
      throw invalid("'" + text + "' has no prefix length of 0 to " + most + " behind its slash");
    }
    AddressRange range =
        new AddressRange(masked(address, Integer.parseInt(prefix)), Integer.parseInt(prefix));
    if (!Arrays.equals(range.network, address)) {
      // A slip of the pen, or more than was meant: it is not ours to guess which.
      throw invalid("'" + text + "' has bits behind its prefix, expected " + range);
    }
    return range;
  }

  private static InvalidRange invalid(String message) {
    return new InvalidRange(message);
  }

  /// Null for anything but a plain address: no name, zone, short form, or IPv4 inside IPv6, whose
  /// prefix length would count from another end.
  private static byte @Nullable [] literal(String text) {
    boolean six = text.indexOf(':') >= 0;
    if (!text.matches(six ? "[0-9A-Fa-f:]+" : "[0-9]+(\\.[0-9]+){3}")) {
      return null;
    }
    try {
      InetAddress address = InetAddress.ofLiteral(text);
      byte[] bytes = address.getAddress();
      boolean plain = six ? bytes.length > IPV4_BYTES : address.getHostAddress().equals(text);
      return plain ? bytes : null;
    } catch (IllegalArgumentException _) {
      // Whatever is wrong with it, it is no address.
      return null;
    }
  }

  private static byte[] masked(byte[] address, int bits) {
    byte[] masked = address.clone();
    for (int i = 0; i < masked.length; i++) {
      int kept = Math.clamp(bits - i * (long) Byte.SIZE, 0, Byte.SIZE);
      masked[i] &= (byte) (0xff << (Byte.SIZE - kept));
    }
    return masked;
  }

  /// @param address a literal; anything else is in no range
  public boolean holds(String address) {
    try {
      byte[] bytes = InetAddress.ofLiteral(address).getAddress();
      return bytes.length == network.length && Arrays.equals(masked(bytes, bits), network);
    } catch (IllegalArgumentException _) {
      // A peer without an address: let in by no list.
      return false;
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AddressRange that
        && bits == that.bits
        && Arrays.equals(network, that.network);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(network) + bits;
  }

  /// The one spelling; IPv6 as RFC 5952 §4 has it.
  @Override
  public String toString() {
    return (network.length == IPV4_BYTES ? dotted() : shortened()) + "/" + bits;
  }

  private String dotted() {
    StringBuilder text = new StringBuilder();
    for (byte part : network) {
      text.append(text.isEmpty() ? "" : ".").append(part & 0xff);
    }
    return text.toString();
  }

  private String shortened() {
    int[] groups = new int[network.length / 2];
    for (int i = 0; i < groups.length; i++) {
      groups[i] = (network[2 * i] & 0xff) << Byte.SIZE | (network[2 * i + 1] & 0xff);
    }
    int from = 0;
    int length = 0;
    for (int i = 0; i < groups.length; i++) {
      int end = i;
      while (end < groups.length && groups[end] == 0) {
        end++;
      }
      if (end - i > length) {
        from = i;
        length = end - i;
      }
    }
    // RFC 5952 §4.2.2: a single group of zeros is not shortened.
    return length < 2
        ? joined(groups, 0, groups.length)
        : joined(groups, 0, from) + "::" + joined(groups, from + length, groups.length);
  }

  private static String joined(int[] groups, int from, int to) {
    StringBuilder text = new StringBuilder();
    for (int i = from; i < to; i++) {
      text.append(text.isEmpty() ? "" : ":").append(Integer.toHexString(groups[i]));
    }
    return text.toString();
  }
}
