package dev.mandate.platform.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/// Tells addresses of the public internet from those that mean something only where we run
/// (loopback, private networks, link-local with the metadata services of clouds, and all that IANA
/// keeps for special purposes: RFC 6890 and its registries).
public final class PublicAddress {
  private static final int IPV4_BYTES = 4;

  private static final List<Block> SPECIAL =
      List.of(
          Block.of("0.0.0.0", 8),
          Block.of("10.0.0.0", 8),
          Block.of("100.64.0.0", 10),
          Block.of("127.0.0.0", 8),
          Block.of("169.254.0.0", 16),
          Block.of("172.16.0.0", 12),
          Block.of("192.0.0.0", 24),
          Block.of("192.0.2.0", 24),
          Block.of("192.88.99.0", 24),
          Block.of("192.168.0.0", 16),
          Block.of("198.18.0.0", 15),
          Block.of("198.51.100.0", 24),
          Block.of("203.0.113.0", 24),
          Block.of("224.0.0.0", 4),
          Block.of("240.0.0.0", 4));

  /// Of IPv6 only what is given out as global unicast counts; of that, not what is kept for special
  /// purposes.
  private static final Block GLOBAL = Block.of("2000::", 3);

  private static final List<Block> SPECIAL_GLOBAL =
      List.of(
          Block.of("2001::", 23),
          Block.of("2001:db8::", 32),
          // 6to4 carries an IPv4 address, which would have to be judged in its place.
          Block.of("2002::", 16),
          Block.of("3fff::", 20));

  private PublicAddress() {}

  public static boolean isPublic(InetAddress address) {
    byte[] bytes = address.getAddress();
    return bytes.length == IPV4_BYTES
        ? SPECIAL.stream().noneMatch(block -> block.holds(bytes))
        : GLOBAL.holds(bytes) && SPECIAL_GLOBAL.stream().noneMatch(block -> block.holds(bytes));
  }

  private record Block(byte[] network, int bits) {
    static Block of(String literal, int bits) {
      try {
        return new Block(InetAddress.getByName(literal).getAddress(), bits);
      } catch (UnknownHostException e) {
        throw new IllegalStateException(literal + " is not an address", e);
      }
    }

    boolean holds(byte[] address) {
      if (address.length != network.length) {
        return false;
      }
      for (int bit = 0; bit < bits; bit++) {
        int mask = 0x80 >>> (bit % Byte.SIZE);
        if ((address[bit / Byte.SIZE] & mask) != (network[bit / Byte.SIZE] & mask)) {
          return false;
        }
      }
      return true;
    }
  }
}
