package dev.mandate.domain.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.vault.MasterRotation.Refused;
import dev.mandate.platform.crypto.Sealer;
import dev.mandate.storage.DatabaseUrl;
import dev.mandate.storage.Stores;
import dev.mandate.testing.Postgres;
import dev.mandate.testing.Tenants;
import dev.mandate.testing.TestClock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// All tenants' keys go under another master key, wherever the run is ended and whoever runs beside
/// it, and every sealed secret opens all the time.
class MasterRotationTest {
  private static final int TENANTS = 120;
  private static final String ROW = "credential/cred_1";
  private static final SecureRandom RANDOM = new SecureRandom();

  enum On {
    SQLITE,
    POSTGRESQL
  }

  @TempDir private Path folder;
  private final List<Stores> opened = new ArrayList<>();
  private final Map<TenantId, byte[]> sealed = new HashMap<>();
  private @Nullable DatabaseUrl url;

  @AfterEach
  void close() {
    opened.forEach(Stores::close);
  }

  private Stores open(On on) {
    if (on == On.POSTGRESQL && url == null) {
      url = Postgres.database();
    }
    Path own = folder.resolve("node" + opened.size());
    Stores stores = Stores.open(own, url, new ChangeFeed(), new TestClock());
    opened.add(stores);
    return stores;
  }

  private static byte[] key(String id) {
    byte[] key = new byte[Sealer.KEY_BYTES];
    key[0] = (byte) id.charAt(0);
    return key;
  }

  private static MasterKeys keys(String... ids) {
    Map<String, byte[]> keys = new HashMap<>();
    for (String id : ids) {
      keys.put(id, key(id));
    }
    return new LocalMasterKeys(keys, RANDOM);
  }

  private static Vault vault(Stores stores, MasterKeys masters) {
    return new Vault(masters, stores.tenantKeys(), RANDOM);
  }

  private static TenantId tenant(int i) {
    return new TenantId("t%03d".formatted(i));
  }

  /// Many tenants with a secret each, under the master key `main`.
  private void seal(Stores stores, int tenants) {
    Vault vault = vault(stores, keys("main"));
    for (int i = 0; i < tenants; i++) {
      stores.tenants().save(Tenants.tenant(tenant(i)));
      sealed.put(
          tenant(i),
          vault.seal(tenant(i), ROW, tenant(i).value().getBytes(StandardCharsets.UTF_8)));
    }
  }

  private void assertAllOpen(Stores stores, MasterKeys masters) {
    Vault vault = vault(stores, masters);
    sealed.forEach(
        (tenant, bytes) ->
            assertThat(vault.open(tenant, ROW, bytes)).asString().isEqualTo(tenant.value()));
  }

  private static MasterRotation rotation(Stores stores, MasterKeys masters) {
    return new MasterRotation(masters, stores.tenantKeys());
  }

  @ParameterizedTest
  @EnumSource(On.class)
  void afterItTheNewMasterKeyAloneOpensEverythingAndTheOldOneNothing(On on) {
    Stores stores = open(on);
    seal(stores, TENANTS);
    Vault serving = vault(stores, keys("main"));
    byte[] before = serving.seal(tenant(0), "credential/other", new byte[] {1});
    MasterRotation.Report report = rotation(stores, keys("main", "next")).rotate("next");
    assertThat(report.rewrapped()).isEqualTo(TENANTS);
    assertThat(report.remaining()).isZero();
    assertThat(report.unused()).containsExactly("main");
    assertAllOpen(stores, keys("next"));
    assertThatThrownBy(() -> assertAllOpen(stores, keys("main")))
        .isInstanceOf(MasterKeyMissing.class)
        .hasMessageContaining("there is no master key 'next' here, only [main]");
    // A vault that serves hears nothing of it.
    assertThat(serving.open(tenant(0), "credential/other", before)).containsExactly(1);
    TenantId late = new TenantId("late");
    stores.tenants().save(Tenants.tenant(late));
    vault(stores, keys("main", "next")).seal(late, ROW, new byte[1]);
    assertThat(Objects.requireNonNull(stores.tenantKeys().find(late)).masterKey())
        .isEqualTo("next");
    assertThat(rotation(stores, keys("main", "next")).rotate("next").rewrapped()).isZero();
    assertThat(rotation(stores, keys("main", "next")).rotate("main").rewrapped())
        .isEqualTo(TENANTS + 1);
  }

  /// Master keys that are gone after so many uses, as a process is that is killed.
  private record Failing(MasterKeys keys, AtomicInteger left) implements MasterKeys {
    private void count() {
      if (left.decrementAndGet() < 0) {
        throw new IllegalStateException("killed");
      }
    }

    @Override
    public SortedSet<String> ids() {
      return keys.ids();
    }

    @Override
    public String fingerprint(String id) {
      return keys.fingerprint(id);
    }

    @Override
    public byte[] wrap(String id, byte[] key, String context) {
      count();
      return keys.wrap(id, key, context);
    }

    @Override
    public byte[] unwrap(String id, byte[] wrapped, String context) {
      count();
      return keys.unwrap(id, wrapped, context);
    }
  }

  @ParameterizedTest
  @EnumSource(On.class)
  void whereverItIsEndedEverythingOpensAndTheNextRunGoesOn(On on) {
    Stores stores = open(on);
    seal(stores, TENANTS);
    MasterKeys both = keys("main", "next");
    int rewrapped = 0;
    int ended = 0;
    // Four uses a key: unwrap, wrap, unwrap what was wrapped, unwrap what was stored.
    for (int uses = 0; uses < 4 * TENANTS; uses += 37) {
      long before = stores.tenantKeys().counts().getOrDefault("next", 0L);
      Failing failing = new Failing(both, new AtomicInteger(uses));
      try {
        rotation(stores, failing).rotate("next");
      } catch (IllegalStateException e) {
        ended++;
      }
      rewrapped += (int) (stores.tenantKeys().counts().getOrDefault("next", 0L) - before);
      assertAllOpen(stores, both);
    }
    assertThat(ended).isGreaterThan(3);
    MasterRotation.Report rest = rotation(stores, both).rotate("next");
    assertThat(rewrapped + rest.rewrapped()).isEqualTo(TENANTS);
    assertThat(rest.remaining()).isZero();
    assertAllOpen(stores, keys("next"));
  }

  @ParameterizedTest
  @EnumSource(On.class)
  void twoAtOnceToOneMasterKeyShareTheWorkAndToTwoTheLaterOneWins(On on) throws Exception {
    Stores stores = open(on);
    seal(stores, TENANTS);
    MasterKeys all = keys("main", "next", "third");
    assertThat(race(stores, all, "next", "next")).hasSize(2);
    assertThat(stores.tenantKeys().counts()).isEqualTo(Map.of("next", (long) TENANTS));
    for (int round = 0; round < 3; round++) {
      List<MasterRotation.Report> done = race(stores, all, "third", "main");
      String inUse = stores.tenantKeys().inUse();
      assertThat(done).extracting(MasterRotation.Report::masterKey).contains(inUse);
      assertThat(rotation(stores, all).rotate(inUse).remaining()).isZero();
      assertAllOpen(stores, keys(inUse));
    }
  }

  private static List<MasterRotation.Report> race(Stores stores, MasterKeys all, String... to)
      throws Exception {
    CyclicBarrier start = new CyclicBarrier(to.length);
    List<MasterRotation.Report> reports = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<MasterRotation.@Nullable Report>> running = new ArrayList<>();
      for (String one : to) {
        running.add(
            threads.submit(
                () -> {
                  start.await();
                  try {
                    return rotation(stores, all).rotate(one);
                  } catch (Refused e) {
                    assertThat(e.why()).isEqualTo(Refused.Why.SUPERSEDED);
                    return null;
                  }
                }));
      }
      for (Future<MasterRotation.@Nullable Report> one : running) {
        MasterRotation.Report report = one.get();
        if (report != null) {
          reports.add(report);
        }
      }
    }
    return reports;
  }

  @ParameterizedTest
  @EnumSource(On.class)
  void aMasterKeyThatIsNotOnEveryNodeOrIsAnotherOneThereIsRefused(On on) {
    Stores stores = open(on);
    seal(stores, 2);
    assertRefused(stores, keys("main"), Refused.Why.UNKNOWN_KEY, "no master key 'next'");
    if (on == On.POSTGRESQL) {
      Stores other = open(on);
      MasterRotation.tell(keys("main"), other.tenantKeys());
      assertRefused(stores, keys("main", "next"), Refused.Why.NODE_LACKS_KEY, "has no master key");
      byte[] different = key("x");
      MasterRotation.tell(
          new LocalMasterKeys(Map.of("main", key("main"), "next", different), RANDOM),
          other.tenantKeys());
      assertRefused(
          stores, keys("main", "next"), Refused.Why.NODE_LACKS_KEY, "has another master key");
      MasterRotation.tell(keys("main", "next"), other.tenantKeys());
    }
    assertThat(stores.tenantKeys().inUse()).isEqualTo("main");
    assertThat(rotation(stores, keys("main", "next")).rotate("next").rewrapped()).isEqualTo(2);
  }

  private static void assertRefused(
      Stores stores, MasterKeys masters, Refused.Why why, String saying) {
    assertThatThrownBy(() -> rotation(stores, masters).rotate("next"))
        .isInstanceOfSatisfying(Refused.class, e -> assertThat(e.why()).isEqualTo(why))
        .hasMessageContaining(saying);
  }

  @ParameterizedTest
  @EnumSource(On.class)
  void aKeyThatItsMasterKeyDoesNotOpenEndsItAndStaysAsItIs(On on) {
    Stores stores = open(on);
    seal(stores, 2);
    MasterKeys wrong = new LocalMasterKeys(Map.of("main", key("x"), "next", key("next")), RANDOM);
    assertThatThrownBy(() -> rotation(stores, wrong).rotate("next"))
        .isInstanceOf(Sealer.SealBroken.class);
    assertAllOpen(stores, keys("main", "next"));
    assertThat(vault(stores, wrong).opens(tenant(0))).isFalse();
    assertThat(vault(stores, keys("main")).opens(tenant(0))).isTrue();
    assertThat(vault(stores, keys("main")).opens(new TenantId("nobody"))).isNull();
  }
}
