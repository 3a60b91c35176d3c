package dev.mandate.app;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.vault.LocalMasterKeys;
import dev.mandate.domain.vault.MasterKeys;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.storage.Stores;
import dev.mandate.testing.Tenants;
import dev.mandate.testing.TestClock;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Master keys with which a server does not start.
class MasterKeyStartTest {
  private static final SecureRandom RANDOM = new SecureRandom();

  private static MasterKeys keys(String... ids) {
    Map<String, byte[]> keys = new HashMap<>();
    for (String id : ids) {
      keys.put(id, new byte[32]);
    }
    return new LocalMasterKeys(keys, RANDOM);
  }

  @Test
  void aDevelopmentKeyIsRefused() {
    Secret key = Secret.of("development-" + Base64.getEncoder().encodeToString(new byte[32]));
    assertThatThrownBy(() -> MasterKey.decode(key, "a file"))
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("a development key of the demo");
  }

  /// It would make new keys under the one that it has, and serve half.
  @Test
  void aServerWithoutTheKeyInUseIsRefusedAsSoonAsItWrapsSomething(@TempDir Path folder) {
    try (Stores stores = Stores.open(folder, new ChangeFeed(), new TestClock())) {
      stores.tenants().save(Tenants.tenant(Tenants.ACME));
      assertThatThrownBy(() -> VaultStart.open(keys("a", "b"), stores.tenantKeys(), RANDOM))
          .isInstanceOf(StartRefused.class)
          .hasMessageContaining("start with one");
      VaultStart.open(keys("a"), stores.tenantKeys(), RANDOM)
          .seal(Tenants.ACME, "row", new byte[1]);
      assertThatThrownBy(() -> VaultStart.open(keys("b"), stores.tenantKeys(), RANDOM))
          .isInstanceOf(StartRefused.class)
          .hasMessageContaining("there is no master key 'a' here");
    }
  }
}
