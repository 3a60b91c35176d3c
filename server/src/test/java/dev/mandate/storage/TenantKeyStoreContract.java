package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

abstract class TenantKeyStoreContract extends StoreContract {
  TenantKeyStoreContract(Opening opening) {
    super(opening);
  }

  @Test
  void ofRacingFirstKeysAllAreGivenTheOneThatIsStored() {
    assertThat(stores.tenantKeys().find(ACME)).isNull();
    List<byte[]> keys =
        race(RACERS, i -> stores.tenantKeys().insertFirst(ACME, new byte[] {(byte) i}));
    byte[] stored = stores.tenantKeys().find(ACME);
    assertThat(stored).isNotNull();
    assertThat(keys).allSatisfy(key -> assertThat(key).isEqualTo(stored));
  }
}
