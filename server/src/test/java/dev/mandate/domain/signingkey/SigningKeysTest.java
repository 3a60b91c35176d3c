package dev.mandate.domain.signingkey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.vault.Vault;
import dev.mandate.platform.crypto.Sealer;
import dev.mandate.platform.jose.SignatureAlgorithm;
import dev.mandate.platform.jose.SigningJwk;
import dev.mandate.storage.Stores;
import dev.mandate.testing.Fixture;
import dev.mandate.testing.TestClock;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
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
    volatile boolean fails;

    @Override
    public List<Stored> all(TenantId tenant) {
      reads.incrementAndGet();
      if (fails) {
        throw new IllegalStateException("the store fails, as the test wants it");
      }
      return List.copyOf(rows);
    }

    @Override
    public boolean insertFirst(Stored key) {
      return rows.add(key);
    }

    @Override
    public boolean insertNext(Stored key, String kid) {
      return rows.add(key);
    }

    @Override
    public boolean retire(TenantId tenant, String kid) {
      return rows.removeIf(row -> row.kid().equals(kid));
    }
  }

  @Test
  void aKeyThatAnotherNodeMadeIsFoundAndMadeUpOnesCostOneLookUpASecond() {
    Rows rows = new Rows();
    AtomicLong nanos = new AtomicLong();
    Vault vault = new Vault(new byte[32], stores.tenantKeys(), new SecureRandom());
    SigningKeys here = new SigningKeys(rows, vault, KeyRotation.STANDARD, clock, nanos::get);
    here.load(TENANT);
    SigningJwk elsewhere = SigningJwk.generate(SignatureAlgorithm.ES256);
    rows.insertFirst(
        new SigningKeyStore.Stored(
            TENANT,
            elsewhere.kid(),
            "ES256",
            vault.seal(TENANT, "signing_key/" + elsewhere.kid(), elsewhere.serialize().utf8()),
            clock.instant(),
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

  // --- rotation

  private static final Duration PERIOD = KeyRotation.STANDARD.period();

  private static String kid(SigningKeys node) {
    return node.signer(TENANT, SignatureAlgorithm.ES256).kid();
  }

  private static List<String> published(SigningKeys node) {
    return node.jwkSet(TENANT).path("keys").findValuesAsText("kid");
  }

  @Test
  void aKeyIsPublishedBeforeItSignsAndGoesAfterTheLastTokenOfItsPredecessor() {
    SigningKeys node = keys(new byte[32]);
    String first = kid(node);
    assertThat(published(node)).hasSize(2).contains(first);

    clock.advance(PERIOD.minus(KeyRotation.AHEAD).minusSeconds(1));
    assertThat(kid(node)).isEqualTo(first);
    assertThat(published(node)).hasSize(2);

    clock.advance(Duration.ofSeconds(1));
    assertThat(kid(node)).as("published, and not in use").isEqualTo(first);
    assertThat(published(node)).hasSize(4);

    clock.advance(KeyRotation.AHEAD.minusMillis(1));
    assertThat(kid(node)).isEqualTo(first);
    clock.advance(Duration.ofMillis(1));
    String second = kid(node);
    assertThat(second).isNotEqualTo(first);
    assertThat(node.verifier(TENANT, first)).isNotNull();

    clock.advance(KeyRotation.BEHIND.minusMillis(1));
    assertThat(published(node)).hasSize(4);
    assertThat(node.verifier(TENANT, first)).isNotNull();
    clock.advance(Duration.ofMillis(1));
    assertThat(published(node)).hasSize(2).contains(second).doesNotContain(first);
    assertThat(node.verifier(TENANT, first)).as("what is not published is not accepted").isNull();
    assertThat(stores.signingKeys().all(TENANT)).hasSize(2);
  }

  @Test
  void aTenantThatWasAsleepForYearsPublishesANewKeyForADayBeforeItSigns() {
    SigningKeys node = keys(new byte[32]);
    String first = kid(node);
    clock.advance(Duration.ofDays(1_000));
    assertThat(kid(node)).isEqualTo(first);
    assertThat(published(node)).hasSize(4);
    clock.advance(KeyRotation.AHEAD);
    assertThat(kid(node)).isNotEqualTo(first);
  }

  @Test
  void nodesThatRotateAtOnceAgreeOnOneKeyOfEachAlgorithm() throws Exception {
    List<SigningKeys> nodes = List.of(keys(new byte[32]), keys(new byte[32]), keys(new byte[32]));
    nodes.forEach(node -> node.load(TENANT));
    clock.advance(PERIOD.minus(KeyRotation.AHEAD));
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      for (var run :
          threads.invokeAll(
              nodes.stream().map(node -> Executors.callable(() -> node.load(TENANT))).toList())) {
        run.get();
      }
    }
    assertThat(stores.signingKeys().all(TENANT)).hasSize(4);
    clock.advance(KeyRotation.AHEAD);
    assertThat(nodes.stream().map(SigningKeysTest::kid).distinct()).hasSize(1);
  }

  /// Two nodes sign without pause while keys come and go; each must know every token of the other
  /// at once, and whoever has a key set of five minutes ago must know it too.
  @Test
  void noTokenIsEverStrangeToAnotherNodeWhileKeysRotate() throws Exception {
    SigningKeys[] nodes = {keys(new byte[32]), keys(new byte[32])};
    int rotations = 0;
    List<String> cached = published(nodes[0]);
    String before = kid(nodes[0]);
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      for (int step = 0; step < 600; step++) {
        int turn = step;
        List<String> signed = new ArrayList<>();
        for (var run :
            threads.invokeAll(
                List.<Callable<String>>of(() -> kid(nodes[0]), () -> kid(nodes[1])))) {
          signed.add(run.get());
        }
        for (String one : signed) {
          assertThat(nodes[0].verifier(TENANT, one)).as("step " + turn).isNotNull();
          assertThat(nodes[1].verifier(TENANT, one)).as("step " + turn).isNotNull();
          assertThat(cached).as("step " + turn).contains(one);
        }
        cached = published(nodes[step % 2]);
        String now = kid(nodes[0]);
        rotations += now.equals(before) ? 0 : 1;
        before = now;
        clock.advance(Duration.ofHours(12));
      }
    }
    assertThat(rotations).isGreaterThanOrEqualTo(3);
  }

  @Test
  void aStoreThatFailsDoesNotFailAVerification() {
    Rows rows = new Rows();
    AtomicLong nanos = new AtomicLong();
    Vault vault = new Vault(new byte[32], stores.tenantKeys(), new SecureRandom());
    SigningKeys node = new SigningKeys(rows, vault, KeyRotation.STANDARD, clock, nanos::get);
    String kid = kid(node);
    rows.fails = true;
    nanos.addAndGet(SigningKeys.FRESH.toNanos());
    assertThat(node.verifier(TENANT, kid)).isNotNull();
    int reads = rows.reads.get();
    assertThat(node.verifier(TENANT, kid)).isNotNull();
    assertThat(rows.reads).as("and is not asked again at once").hasValue(reads);
    rows.fails = false;
    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    assertThat(node.verifier(TENANT, kid)).isNotNull();
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
