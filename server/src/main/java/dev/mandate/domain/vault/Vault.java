package dev.mandate.domain.vault;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.vault.TenantKeyStore.Wrapped;
import dev.mandate.platform.crypto.Sealer;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Seals and opens what may not lie in the database in the clear: envelope encryption, AES-256-GCM,
/// a key per tenant wrapped by a master key, the row's identity as associated data.
///
/// A tenant's key is unwrapped once and kept in memory: which master key wraps it may change while
/// calls go on ([MasterRotation]).
public final class Vault {
  /// How often the master key in use may change while a tenant's first key is made.
  private static final int ATTEMPTS_MAX = 10;

  private final MasterKeys masters;
  private final TenantKeyStore keys;
  private final SecureRandom random;
  private final Map<TenantId, Sealer> open = new ConcurrentHashMap<>();

  public Vault(MasterKeys masters, TenantKeyStore keys, SecureRandom random) {
    this.masters = masters;
    this.keys = keys;
    this.random = random;
  }

  /// With one master key.
  ///
  /// @param masterKey 32 bytes
  public Vault(byte[] masterKey, TenantKeyStore keys, SecureRandom random) {
    this(LocalMasterKeys.of(masterKey, random), keys, random);
  }

  /// @param row the table and the id of the row that will hold the bytes, such as
  ///   `credential/cred_…`
  public byte[] seal(TenantId tenant, String row, byte[] plain) {
    return sealer(tenant).seal(plain, identity(tenant, row));
  }

  /// @throws Sealer.SealBroken under another master key, or for another row
  public byte[] open(TenantId tenant, String row, byte[] sealed) {
    return sealer(tenant).open(sealed, identity(tenant, row));
  }

  /// A key of its own for this purpose, the same on all nodes; it outlives the master key.
  public byte[] derive(TenantId tenant, String purpose) {
    return sealer(tenant).derive(purpose);
  }

  private Sealer sealer(TenantId tenant) {
    return open.computeIfAbsent(tenant, this::unwrap);
  }

  private Sealer unwrap(TenantId tenant) {
    Wrapped wrapped = keys.find(tenant);
    for (int i = 0; wrapped == null && i < ATTEMPTS_MAX; i++) {
      wrapped = keys.insertFirst(fresh(tenant));
    }
    if (wrapped == null) {
      throw new IllegalStateException("the master key in use changed again and again");
    }
    return new Sealer(masters.unwrap(wrapped.masterKey(), wrapped.bytes(), row(tenant)), random);
  }

  private Wrapped fresh(TenantId tenant) {
    byte[] key = new byte[Sealer.KEY_BYTES];
    random.nextBytes(key);
    try {
      String master = keys.inUse();
      return new Wrapped(tenant, master, masters.wrap(master, key, row(tenant)));
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }

  /// Whether the tenant's key opens with the master keys at hand; null when it has none yet.
  public @Nullable Boolean opens(TenantId tenant) {
    Wrapped wrapped = keys.find(tenant);
    if (wrapped == null) {
      return null;
    }
    try {
      Arrays.fill(masters.unwrap(wrapped.masterKey(), wrapped.bytes(), row(tenant)), (byte) 0);
      return true;
    } catch (Sealer.SealBroken | MasterKeyMissing e) {
      return false;
    }
  }

  /// What a tenant's wrapped key is bound to.
  static String row(TenantId tenant) {
    return identity(tenant, "tenant_key");
  }

  private static String identity(TenantId tenant, String row) {
    return tenant.value() + "/" + row;
  }
}
