package dev.mandate.domain.providerstate;

import dev.mandate.platform.crypto.TokenHash;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/// Names a stored object in its tenant: derived from where it is, so that whoever has a provider's
/// id finds it, and of one length whatever a caller sends.
public record StoredObjectId(String value) {
  private static final String PREFIX = "obj_";
  private static final int BYTES = 20;

  public static StoredObjectId of(String upstream, ObjectKind kind, String providerId) {
    // Neither an upstream's name nor a kind has a line break.
    byte[] place =
        (upstream + "\n" + kind.wire() + "\n" + providerId).getBytes(StandardCharsets.UTF_8);
    return new StoredObjectId(PREFIX + HexFormat.of().formatHex(TokenHash.sha256(place), 0, BYTES));
  }

  @Override
  public String toString() {
    return value;
  }
}
