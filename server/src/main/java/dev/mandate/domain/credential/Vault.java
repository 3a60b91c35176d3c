package dev.mandate.domain.credential;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.Sealer;
import java.security.SecureRandom;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Seals and opens what may not lie in the database in the clear: envelope encryption, AES-256-GCM,
/// a key per tenant wrapped by the master key, the row's identity as associated data.
public final class Vault {
  private final Sealer master;
  private final TenantKeyStore keys;
  private final SecureRandom random;
  private final Map<TenantId, Sealer> open = new ConcurrentHashMap<>();

  /// @param masterKey 32 bytes
  public Vault(byte[] masterKey, TenantKeyStore keys, SecureRandom random) {
    this.master = new Sealer(masterKey, random);
    this.keys = keys;
    this.random = random;
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

  private Sealer sealer(TenantId tenant) {
    return open.computeIfAbsent(tenant, this::unwrap);
  }

  private Sealer unwrap(TenantId tenant) {
    String row = identity(tenant, "tenant_key");
    byte[] wrapped = keys.find(tenant);
    if (wrapped == null) {
      byte[] fresh = new byte[Sealer.KEY_BYTES];
      random.nextBytes(fresh);
      wrapped = keys.insertFirst(tenant, master.seal(fresh, row));
    }
    return new Sealer(master.open(wrapped, row), random);
  }

  private static String identity(TenantId tenant, String row) {
    return tenant.value() + "/" + row;
  }
}
