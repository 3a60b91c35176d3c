package dev.mandate.domain.signingkey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.credential.Vault;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.Sealer;
import dev.mandate.platform.jose.SignatureAlgorithm;
import dev.mandate.platform.jose.SigningJwk;
import dev.mandate.storage.Stores;
import dev.mandate.testing.Fixture;
import dev.mandate.testing.TestClock;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
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

  /// Everything that one reads and the other writes.
  private static final class Rows implements SigningKeyStore {
    final List<Stored> rows = new CopyOnWriteArrayList<>();
    final AtomicInteger reads = new AtomicInteger();

    @Override
    public List<Stored> all(TenantId tenant) {
      reads.incrementAndGet();
      return List.copyOf(rows);
    }

    @Override
    public boolean insertFirst(Stored key) {
      return rows.add(key);
    }
  }

  @Test
  void aKeyThatAnotherNodeMadeIsFoundAndMadeUpOnesCostOneLookUpASecond() {
    Rows rows = new Rows();
    AtomicLong nanos = new AtomicLong();
    Vault vault = new Vault(new byte[32], stores.tenantKeys(), new SecureRandom());
    SigningKeys here = new SigningKeys(rows, vault, clock, nanos::get);
    here.load(TENANT);
    SigningJwk elsewhere = SigningJwk.generate(SignatureAlgorithm.ES256);
    rows.insertFirst(
        new SigningKeyStore.Stored(
            TENANT,
            elsewhere.kid(),
            "ES256",
            vault.seal(TENANT, "signing_key/" + elsewhere.kid(), elsewhere.serialize().utf8()),
            clock.instant()));
    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    assertThat(here.verifier(TENANT, elsewhere.kid())).isNotNull();
    int reads = rows.reads.get();
    for (int i = 0; i < 100; i++) {
      assertThat(here.verifier(TENANT, "made-up-" + i)).isNull();
    }
    assertThat(rows.reads).hasValue(reads);
    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    assertThat(here.verifier(TENANT, "made-up")).isNull();
    assertThat(rows.reads).hasValueGreaterThan(reads);
  }

  @Test
  void anotherMasterKeyOpensNone() {
    keys(new byte[32]).load(TENANT);
    byte[] other = new byte[32];
    other[0] = 1;
    assertThatThrownBy(() -> keys(other).load(TENANT)).isInstanceOf(Sealer.SealBroken.class);
  }
}
