package dev.mandate.domain.signingkey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.credential.Vault;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.Sealer;
import dev.mandate.platform.jose.SignatureAlgorithm;
import dev.mandate.storage.Stores;
import dev.mandate.testing.Fixture;
import dev.mandate.testing.TestClock;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SigningKeysTest {
  private static final TenantId TENANT = TenantId.DEFAULT;

  private final TestClock clock = new TestClock();
  private Stores stores;

  @BeforeEach
  void open(@TempDir Path folder) {
    stores = Stores.open(folder, new ChangeFeed(), clock);
    new Fixture(stores, clock).save();
  }

  @AfterEach
  void close() {
    stores.close();
  }

  /// Another node, or the same one after a restart.
  private SigningKeys keys(byte[] masterKey) {
    Vault vault = new Vault(masterKey, stores.tenantKeys(), new SecureRandom());
    return new SigningKeys(stores.signingKeys(), vault, clock);
  }

  @Test
  void keysAreMadeOnceAndFoundAgain() {
    SigningKeys first = keys(new byte[32]);
    String kid = first.signer(TENANT, SignatureAlgorithm.ES256).kid();
    SigningKeys second = keys(new byte[32]);
    assertThat(second.signer(TENANT, SignatureAlgorithm.ES256).kid()).isEqualTo(kid);
    assertThat(second.verifier(TENANT, kid)).isNotNull();
    assertThat(second.verifier(TENANT, "other")).isNull();
    assertThat(second.jwkSet(TENANT)).isEqualTo(first.jwkSet(TENANT));
    assertThat(stores.signingKeys().all(TENANT)).hasSize(2);
  }

  @Test
  void nodesThatRaceAgreeOnTheKeys() throws Exception {
    List<SigningKeys> nodes = List.of(keys(new byte[32]), keys(new byte[32]), keys(new byte[32]));
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      for (var run :
          threads.invokeAll(
              nodes.stream().map(node -> Executors.callable(() -> node.load(TENANT))).toList())) {
        run.get();
      }
    }
    for (SignatureAlgorithm algorithm : SignatureAlgorithm.values()) {
      assertThat(nodes.stream().map(node -> node.signer(TENANT, algorithm).kid()).distinct())
          .hasSize(1);
    }
    assertThat(stores.signingKeys().all(TENANT)).hasSize(2);
  }

  @Test
  void anotherMasterKeyOpensNone() {
    keys(new byte[32]).load(TENANT);
    byte[] other = new byte[32];
    other[0] = 1;
    assertThatThrownBy(() -> keys(other).load(TENANT)).isInstanceOf(Sealer.SealBroken.class);
  }
}
