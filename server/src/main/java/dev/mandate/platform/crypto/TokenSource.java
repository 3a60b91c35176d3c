package dev.mandate.platform.crypto;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Base64;

/// Where unguessable values and identifiers come from.
public final class TokenSource {
  private static final char[] CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz".toCharArray();
  private static final int TOKEN_BYTES = 32;

  private final SecureRandom random;
  private final InstantSource clock;

  public TokenSource(SecureRandom random, InstantSource clock) {
    this.random = random;
    this.clock = clock;
  }

  /// A new token of 256 bits in base64url (43 characters).
  public Secret token() {
    return Secret.of(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes(TOKEN_BYTES)));
  }

  public byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  /// A new identifier: `prefix_` and 26 characters, 48 bits of milliseconds and 80 random ones (the
  /// ULID layout), so that identifiers sort by age. Not a secret: never accept one as proof of
  /// anything.
  public String id(String prefix) {
    byte[] tail = bytes(10);
    char[] out = new char[26];
    long millis = clock.millis();
    for (int i = 9; i >= 0; i--) {
      out[i] = CROCKFORD[(int) (millis & 31)];
      millis >>>= 5;
    }
    int at = 10;
    for (int half = 0; half < 10; half += 5) {
      long bits = 0;
      for (int i = 0; i < 5; i++) {
        bits = bits << 8 | (tail[half + i] & 0xff);
      }
      for (int shift = 35; shift >= 0; shift -= 5) {
        out[at++] = CROCKFORD[(int) (bits >>> shift & 31)];
      }
    }
    return prefix + "_" + new String(out);
  }
}
