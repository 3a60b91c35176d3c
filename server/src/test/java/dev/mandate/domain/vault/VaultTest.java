package dev.mandate.domain.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.vault.TenantKeyStore.Wrapped;
import dev.mandate.platform.crypto.Sealer;
import dev.mandate.storage.Stores;
import dev.mandate.testing.Tenants;
import dev.mandate.testing.TestClock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What whoever can write to the database, and has no master key, gets by moving bytes about.
class VaultTest {
  private static final byte[] MASTER = new byte[32];
  private static final byte[] SECRET = "sk-live".getBytes(StandardCharsets.UTF_8);

  private final SecureRandom random = new SecureRandom();
  private final TestClock clock = new TestClock();

  private Stores open(Path folder) {
    Stores stores = Stores.open(folder, new ChangeFeed(), clock);
    stores.tenants().save(Tenants.tenant(Tenants.ACME));
    stores.tenants().save(Tenants.tenant(Tenants.GLOBEX));
    return stores;
  }

  @Test
  void aSecretThatIsMovedToAnotherRowOrTenantDoesNotOpen(@TempDir Path folder) {
    try (Stores stores = open(folder)) {
      Vault vault = new Vault(MASTER, stores.tenantKeys(), random);
      byte[] sealed = vault.seal(Tenants.ACME, "credential/cred_1", SECRET);
      assertThat(vault.open(Tenants.ACME, "credential/cred_1", sealed)).isEqualTo(SECRET);
      assertThatThrownBy(() -> vault.open(Tenants.ACME, "credential/cred_2", sealed))
          .isInstanceOf(Sealer.SealBroken.class);
      assertThatThrownBy(() -> vault.open(Tenants.GLOBEX, "credential/cred_1", sealed))
          .isInstanceOf(Sealer.SealBroken.class);
    }
  }

  /// With the key it would open all that the other tenant has sealed.
  @Test
  void theKeyOfATenantIsNoKeyOfAnother(@TempDir Path folder) {
    try (Stores stores = open(folder)) {
      Vault vault = new Vault(MASTER, stores.tenantKeys(), random);
      vault.seal(Tenants.ACME, "credential/cred_1", SECRET);
      Wrapped own = Objects.requireNonNull(stores.tenantKeys().find(Tenants.ACME));
      stores.tenantKeys().insertFirst(new Wrapped(Tenants.GLOBEX, own.masterKey(), own.bytes()));
      assertThat(vault.opens(Tenants.GLOBEX)).isFalse();
      assertThatThrownBy(() -> vault.seal(Tenants.GLOBEX, "credential/cred_1", SECRET))
          .isInstanceOf(Sealer.SealBroken.class);
    }
  }
}
