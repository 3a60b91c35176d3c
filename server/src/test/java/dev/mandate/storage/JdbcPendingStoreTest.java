package dev.mandate.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.authorization.PendingAuthorization;
import dev.mandate.domain.authorization.PendingId;
import dev.mandate.domain.authorization.ResponseMode;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.testing.Clients;
import dev.mandate.testing.Tenants;
import dev.mandate.testing.TestClock;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JdbcPendingStoreTest {
  private static final int RACERS = 8;
  private static final PendingId ID = new PendingId("ask_1");
  private static final Instant END = TestClock.START.plus(Duration.ofMinutes(10));

  private Stores stores;

  @BeforeEach
  void open(@TempDir Path data) {
    stores = Stores.open(data, new ChangeFeed(), new TestClock());
    for (TenantId tenant : List.of(Tenants.ACME, Tenants.GLOBEX)) {
      stores.tenants().save(Tenants.tenant(tenant));
      stores.clients().save(Clients.app(tenant));
    }
  }

  @AfterEach
  void close() {
    stores.close();
  }

  private static PendingAuthorization pending(
      TenantId tenant, @Nullable String optional, @Nullable Instant since) {
    return new PendingAuthorization(
        tenant,
        ID,
        TokenHash.of(Secret.of("browser")),
        new ClientId("app"),
        Clients.REDIRECT_URI,
        optional != null,
        optional,
        ResponseMode.QUERY,
        "challenge",
        optional,
        new TreeSet<>(Set.of("openid")),
        List.of(
            LlmTerms.unbounded("anthropic"),
            new LlmTerms(
                "openai",
                Set.of("gpt-test"),
                Set.of(Capability.CHAT),
                new Limits(1L, null, 3L, 4L),
                Duration.ofDays(1))),
        List.of("https://one.example/", "https://two.example/"),
        optional,
        optional,
        since,
        TestClock.START,
        END);
  }

  @Test
  void whatWasInsertedIsFoundWhole() {
    PendingAuthorization full = pending(Tenants.ACME, "x", TestClock.START);
    PendingAuthorization bare = pending(Tenants.GLOBEX, null, null);
    stores.pendings().insert(full);
    stores.pendings().insert(bare);
    assertThat(stores.pendings().find(Tenants.ACME, ID, TestClock.START)).isEqualTo(full);
    assertThat(stores.pendings().find(Tenants.GLOBEX, ID, TestClock.START)).isEqualTo(bare);
    assertThat(stores.pendings().find(Tenants.ACME, new PendingId("ask_2"), TestClock.START))
        .isNull();
  }

  @Test
  void anotherTenantNeitherFindsNorAnswersIt() {
    stores.pendings().insert(pending(Tenants.ACME, null, null));
    assertThat(stores.pendings().find(Tenants.GLOBEX, ID, TestClock.START)).isNull();
    assertThat(stores.pendings().consume(Tenants.GLOBEX, ID, TestClock.START)).isFalse();
    assertThat(stores.pendings().find(Tenants.ACME, ID, TestClock.START)).isNotNull();
  }

  @Test
  void ofRacingAnswersExactlyOneCounts() throws Exception {
    stores.pendings().insert(pending(Tenants.ACME, null, null));
    Callable<Boolean> answer = () -> stores.pendings().consume(Tenants.ACME, ID, TestClock.START);
    try (ExecutorService racers = Executors.newFixedThreadPool(RACERS)) {
      List<Boolean> won =
          racers.invokeAll(Collections.nCopies(RACERS, answer)).stream()
              .map(Future::resultNow)
              .toList();
      assertThat(won).containsOnlyOnce(true);
    }
    assertThat(stores.pendings().find(Tenants.ACME, ID, TestClock.START)).isNull();
  }

  @Test
  void itEndsAtItsEndAndIsSweptAfterIt() {
    stores.pendings().insert(pending(Tenants.ACME, null, null));
    assertThat(stores.pendings().find(Tenants.ACME, ID, END.minusMillis(1))).isNotNull();
    assertThat(stores.pendings().find(Tenants.ACME, ID, END)).isNull();
    assertThat(stores.pendings().consume(Tenants.ACME, ID, END)).isFalse();
    assertThat(stores.housekeeping().sweep(END.plusMillis(1))).isEqualTo(1);
  }
}
