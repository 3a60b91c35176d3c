package dev.mandate.domain.vault;

import java.util.SortedSet;

/// The master keys at hand, which wrap tenants' keys and never leave where they live: files, the
/// environment, or a key management service. docs/guides/vault.md says how each cloud's is put
/// behind this.
///
/// Called for a tenant's first seal after a start and for a rotation, never on a call's way: a
/// network round trip is fine.
public interface MasterKeys {
  /// The id of the key that a server with one key has.
  String MAIN = "main";

  /// The ids of all, looked up now: a key that was put there since is among them.
  SortedSet<String> ids();

  /// Tells this key from another one that somebody put under the same id elsewhere, such as a
  /// service's name for the key and its version. Says nothing of the key.
  ///
  /// @throws MasterKeyMissing when there is no such key
  String fingerprint(String id);

  /// Encrypts 32 bytes.
  ///
  /// @param context must be given again to unwrap; a service that takes no associated data must
  ///   bind it in another way
  /// @throws MasterKeyMissing when there is no such key
  byte[] wrap(String id, byte[] key, String context);

  /// @throws MasterKeyMissing when there is no such key
  /// @throws dev.mandate.platform.crypto.Sealer.SealBroken when it is another key's, was changed,
  ///   or belongs to another context
  byte[] unwrap(String id, byte[] wrapped, String context);
}
