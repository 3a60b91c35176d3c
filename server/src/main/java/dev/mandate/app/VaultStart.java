package dev.mandate.app;

import dev.mandate.domain.vault.MasterKeyMissing;
import dev.mandate.domain.vault.MasterKeys;
import dev.mandate.domain.vault.MasterRotation;
import dev.mandate.domain.vault.TenantKeyStore;
import dev.mandate.domain.vault.Vault;
import dev.mandate.platform.crypto.Sealer;
import java.security.SecureRandom;
import java.util.SortedSet;

/// Opens the vault at the start: finds the master key that is in use, and tells the other nodes
/// which ones are here.
final class VaultStart {
  private VaultStart() {}

  /// @throws StartRefused when the master key in use is not here, or is another one
  static Vault open(MasterKeys masters, TenantKeyStore keys, SecureRandom random) {
    SortedSet<String> here = masters.ids();
    String inUse = keys.inUse();
    if (!here.contains(inUse)) {
      if (!keys.counts().isEmpty()) {
        throw new StartRefused(String.valueOf(new MasterKeyMissing(inUse, here).getMessage()));
      }
      // Nothing is wrapped yet: the first start, on a folder of keys.
      if (here.size() != 1) {
        throw new StartRefused(
            "there are the master keys %s, and none is in use yet; start with one".formatted(here));
      }
      keys.use(here.first());
    }
    MasterRotation.tell(masters, keys);
    return new Vault(masters, keys, random);
  }

  /// Why the vault refuses, in a line for whoever starts the server.
  static StartRefused refusal(RuntimeException e) {
    return new StartRefused(
        switch (e) {
          case Sealer.SealBroken broken ->
              broken.getMessage() + "; start with the right master key, or see mandate restore";
          default -> String.valueOf(e.getMessage());
        });
  }
}
