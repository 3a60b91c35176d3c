package dev.mandate.storage;

import static dev.mandate.testing.Tenants.ACME;
import static dev.mandate.testing.Tenants.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.vault.TenantKeyStore.Holder;
import dev.mandate.domain.vault.TenantKeyStore.Rewrap;
import dev.mandate.domain.vault.TenantKeyStore.Wrapped;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

abstract class TenantKeyStoreContract extends StoreContract {
  TenantKeyStoreContract(Opening opening) {
    super(opening);
  }

  private static Wrapped wrapped(TenantId tenant, String masterKey, int bytes) {
    return new Wrapped(tenant, masterKey, new byte[] {(byte) bytes});
  }

  private Wrapped stored(TenantId tenant) {
    return Objects.requireNonNull(stores.tenantKeys().find(tenant));
  }

  @Test
  void ofRacingFirstKeysAllAreGivenTheOneThatIsStored() {
    assertThat(stores.tenantKeys().find(ACME)).isNull();
    List<byte[]> keys =
        race(
            RACERS,
            i ->
                Objects.requireNonNull(stores.tenantKeys().insertFirst(wrapped(ACME, "main", i)))
                    .bytes());
    byte[] stored = stored(ACME).bytes();
    assertThat(keys).allSatisfy(key -> assertThat(key).isEqualTo(stored));
  }

  @Test
  void aKeyUnderAMasterKeyThatIsNotInUseIsNotStored() {
    stores.tenantKeys().use("next");
    assertThat(stores.tenantKeys().insertFirst(wrapped(ACME, "main", 1))).isNull();
    assertThat(stores.tenantKeys().find(ACME)).isNull();
    assertThat(stores.tenantKeys().insertFirst(wrapped(ACME, "next", 1))).isNotNull();
  }

  @Test
  void whileAnotherMasterKeyIsPutIntoUseNoFirstKeyIsUnderTheOldOneUnseen() {
    for (int round = 0; round < 10; round++) {
      String next = "next-" + round;
      String before = stores.tenantKeys().inUse();
      TenantId tenant = new TenantId("t" + round);
      stores.tenants().save(dev.mandate.testing.Tenants.tenant(tenant));
      List<Boolean> afterUse =
          race(
              2,
              i -> {
                if (i == 0) {
                  stores.tenantKeys().insertFirst(wrapped(tenant, before, 1));
                  return true;
                }
                stores.tenantKeys().use(next);
                // Either it is stored by now and seen, or it never will be.
                return stores.tenantKeys().notUnder(next, null, 100).stream()
                    .anyMatch(key -> key.tenant().equals(tenant));
              });
      assertThat(stores.tenantKeys().find(tenant) != null).isEqualTo(afterUse.get(1));
    }
  }

  @Test
  void onlyAKeyThatStillIsWhatItWasIsWrappedAnew() {
    stores.tenantKeys().insertFirst(wrapped(ACME, "main", 1));
    stores.tenantKeys().insertFirst(wrapped(GLOBEX, "main", 2));
    stores.tenantKeys().use("next");
    assertThat(stores.tenantKeys().notUnder("next", null, 10))
        .extracting(Wrapped::tenant)
        .containsExactly(ACME, GLOBEX);
    assertThat(stores.tenantKeys().notUnder("next", ACME, 10)).hasSize(1);
    Rewrap stale = new Rewrap(wrapped(ACME, "main", 9), wrapped(ACME, "next", 3));
    Rewrap good = new Rewrap(stored(GLOBEX), wrapped(GLOBEX, "next", 4));
    assertThat(stores.tenantKeys().rewrap(List.of(stale, good))).isOne();
    assertThat(stored(ACME).bytes()).containsExactly(1);
    assertThat(stored(GLOBEX).bytes()).containsExactly(4);
    assertThat(stores.tenantKeys().counts()).isEqualTo(Map.of("main", 1L, "next", 1L));
  }

  @Test
  void nothingIsWrappedByAMasterKeyThatIsNotInUseAnyMore() {
    stores.tenantKeys().insertFirst(wrapped(ACME, "main", 1));
    stores.tenantKeys().use("next");
    stores.tenantKeys().use("third");
    Rewrap late = new Rewrap(stored(ACME), wrapped(ACME, "next", 3));
    assertThat(stores.tenantKeys().rewrap(List.of(late))).isEqualTo(-1);
    assertThat(stored(ACME).masterKey()).isEqualTo("main");
  }

  @Test
  void aNodeSaysWhichMasterKeysItHas() {
    stores.tenantKeys().hold(Map.of("main", "f1", "next", "f2"));
    stores.tenantKeys().hold(Map.of("next", "f2"));
    Holder self = stores.tenantKeys().holders().getFirst();
    assertThat(self.node()).isEqualTo(stores.node().id());
    assertThat(self.fingerprints()).isEqualTo(Map.of("next", "f2"));
    assertThat(stores.tenantKeys().holders()).hasSize(1);
  }
}
