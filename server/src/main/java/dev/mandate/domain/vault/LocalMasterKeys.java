package dev.mandate.domain.vault;

import dev.mandate.platform.crypto.Sealer;
import java.security.SecureRandom;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// Master keys in memory, by id.
public final class LocalMasterKeys implements MasterKeys {
  private static final int FINGERPRINT_BYTES = 8;

  private final SecureRandom random;
  private final SortedMap<String, byte[]> keys = new TreeMap<>();

  /// @param keys 32 bytes each
  public LocalMasterKeys(Map<String, byte[]> keys, SecureRandom random) {
    this.random = random;
    this.keys.putAll(keys);
  }

  /// One, called [#MAIN].
  public static LocalMasterKeys of(byte[] key, SecureRandom random) {
    return new LocalMasterKeys(Map.of(MAIN, key), random);
  }

  /// What can be told about a key without telling the key.
  public static String fingerprint(byte[] key) {
    return HexFormat.of()
        .formatHex(Sealer.derive(key, "mandate master key fingerprint"), 0, FINGERPRINT_BYTES);
  }

  @Override
  public SortedSet<String> ids() {
    return Collections.unmodifiableSortedSet(new TreeSet<>(keys.keySet()));
  }

  @Override
  public String fingerprint(String id) {
    return fingerprint(key(id));
  }

  @Override
  public byte[] wrap(String id, byte[] key, String context) {
    return new Sealer(key(id), random).seal(key, context);
  }

  @Override
  public byte[] unwrap(String id, byte[] wrapped, String context) {
    return new Sealer(key(id), random).open(wrapped, context);
  }

  private byte[] key(String id) {
    byte[] key = keys.get(id);
    if (key == null) {
      throw new MasterKeyMissing(id, keys.keySet());
    }
    return key;
  }
}
