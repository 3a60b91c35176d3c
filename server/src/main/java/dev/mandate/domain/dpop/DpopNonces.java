package dev.mandate.domain.dpop;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.Sealer;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/// Nonces that every node can tell from guesses without having kept them: the second in which one
/// was given out, and a MAC over it under a key that the nodes share (RFC 9449 §8).
public final class DpopNonces {
  /// For which a nonce is good: as long can a proof lie about before it is used.
  public static final Duration LIFETIME = Duration.ofSeconds(30);

  /// By which the clock of the node that gave it out may be ahead of this one's.
  public static final Duration SKEW = Duration.ofSeconds(5);

  private static final int TAG_BYTES = 16;
  private static final int CHARACTERS = 32;
  private static final String PURPOSE = "mandate dpop nonce ";

  private final byte[] key;
  private final InstantSource clock;

  /// @param key uniform, 32 bytes, the same on all nodes
  public DpopNonces(byte[] key, InstantSource clock) {
    this.key = key.clone();
    this.clock = clock;
  }

  /// One that is good from now on.
  public String next(TenantId tenant) {
    long second = clock.instant().getEpochSecond();
    byte[] nonce =
        ByteBuffer.allocate(Long.BYTES + TAG_BYTES)
            .putLong(second)
            .put(tag(tenant, second))
            .array();
    return Base64.getUrlEncoder().withoutPadding().encodeToString(nonce);
  }

  /// Until when this nonce is good; null when it is not one of ours, of another tenant, or too old.
  @Nullable Instant goodUntil(TenantId tenant, String nonce) {
    if (nonce.length() != CHARACTERS) {
      return null;
    }
    ByteBuffer bytes;
    try {
      bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(nonce));
    } catch (IllegalArgumentException _) {
      return null;
    }
    long second = bytes.getLong();
    byte[] tag = new byte[TAG_BYTES];
    bytes.get(tag);
    if (!MessageDigest.isEqual(tag, tag(tenant, second))) {
      return null;
    }
    // Only what the tag vouches for is taken for a time.
    Instant at = Instant.ofEpochSecond(second);
    Instant until = at.plus(LIFETIME);
    Instant now = clock.instant();
    return at.isAfter(now.plus(SKEW)) || !now.isBefore(until) ? null : until;
  }

  private byte[] tag(TenantId tenant, long second) {
    return Arrays.copyOf(Sealer.derive(key, PURPOSE + second + " " + tenant.value()), TAG_BYTES);
  }
}
