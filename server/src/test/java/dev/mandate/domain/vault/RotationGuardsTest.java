package dev.mandate.domain.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.vault.TenantKeyStore.Wrapped;
import dev.mandate.storage.Stores;
import dev.mandate.testing.Tenants;
import dev.mandate.testing.TestClock;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What ends a rotation of the master key before it can lose a tenant's key.
class RotationGuardsTest {
  private static final String NEXT = "next";
  private static final byte[] NEXT_KEY = {
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    27, 28, 29, 30, 31, 32
  };

  private final SecureRandom random = new SecureRandom();
  private final AtomicLong nanos = new AtomicLong();
  private final LocalMasterKeys sound =
      new LocalMasterKeys(Map.of(MasterKeys.MAIN, new byte[32], NEXT, NEXT_KEY), random);
  private Stores stores;

  @BeforeEach
  void start(@TempDir Path folder) {
    stores = Stores.open(folder, new ChangeFeed(), new TestClock());
    stores.tenants().save(Tenants.tenant(Tenants.ACME));
    new Vault(sound, stores.tenantKeys(), random).seal(Tenants.ACME, "row", new byte[1]);
  }

  @AfterEach
  void stop() {
    stores.close();
  }

  private Wrapped stored() {
    return Objects.requireNonNull(stores.tenantKeys().find(Tenants.ACME));
  }

  /// Each look at the time is a second later, so that nothing goes on for long.
  private MasterRotation rotation(MasterKeys masters) {
    return new MasterRotation(
        masters, stores.tenantKeys(), () -> nanos.addAndGet(Duration.ofSeconds(1).toNanos()));
  }

  /// Does something to what is wrapped by the new master key.
  private record Meddling(
      MasterKeys sound, UnaryOperator<byte[]> wrapping, UnaryOperator<byte[]> opening)
      implements MasterKeys {
    @Override
    public SortedSet<String> ids() {
      return sound.ids();
    }

    @Override
    public String fingerprint(String id) {
      return sound.fingerprint(id);
    }

    @Override
    public byte[] wrap(String id, byte[] key, String context) {
      byte[] wrapped = sound.wrap(id, key, context);
      return id.equals(NEXT) ? wrapping.apply(wrapped) : wrapped;
    }

    @Override
    public byte[] unwrap(String id, byte[] wrapped, String context) {
      byte[] key = sound.unwrap(id, wrapped, context);
      return id.equals(NEXT) ? opening.apply(key) : key;
    }
  }

  @Test
  void aKeyThatWouldOpenToAnotherIsNotStored() {
    Wrapped before = stored();
    MasterKeys broken =
        new Meddling(
            sound,
            wrapped -> wrapped,
            key -> {
              key[0] ^= 1;
              return key;
            });
    assertThatThrownBy(() -> rotation(broken).rotate(NEXT))
        .hasMessageContaining("its old master key is still needed");
    assertThat(stored().masterKey()).isEqualTo(before.masterKey());
    assertThat(stored().bytes()).isEqualTo(before.bytes());
  }

  @Test
  void whoIsOvertakenByAnotherRotationEndsAndSaysSo() {
    MasterKeys overtaken =
        new Meddling(
            sound,
            wrapped -> {
              stores.tenantKeys().use(MasterKeys.MAIN);
              return wrapped;
            },
            key -> key);
    assertThatThrownBy(() -> rotation(overtaken).rotate(NEXT))
        .isInstanceOfSatisfying(
            MasterRotation.Refused.class,
            refused -> assertThat(refused.why()).isEqualTo(MasterRotation.Refused.Why.SUPERSEDED));
    assertThat(stored().masterKey()).isEqualTo(MasterKeys.MAIN);
  }
}
