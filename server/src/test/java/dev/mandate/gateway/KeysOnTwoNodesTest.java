package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.apikey.ApiKeys;
import dev.mandate.domain.apikey.KeyBounds;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.storage.DatabaseUrl;
import dev.mandate.testing.Postgres;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/// API keys on two gateways over one PostgreSQL database.
@Timeout(60)
@Isolated("measures time")
class KeysOnTwoNodesTest {
  /// Within which every node has heard of a revocation (design §7).
  private static final Duration HEARD = Duration.ofMillis(100);

  private static final int RUNS = 3;

  private static RawUpstream upstream;
  private static RunningGateway a;
  private static RunningGateway b;

  @BeforeAll
  static void start(@TempDir Path folder) {
    upstream = new RawUpstream();
    upstream.script = ApiKeysTest::answer;
    DatabaseUrl database = Postgres.database();
    a = new RunningGateway(folder.resolve("a"), database, upstream.url());
    b = new RunningGateway(folder.resolve("b"), database, upstream.url());
  }

  @AfterAll
  static void stop() throws IOException {
    a.close();
    b.close();
    upstream.close();
  }

  /// @param begunNanos when it was sent
  private record Outcome(long begunNanos, String code) {
    boolean isOk() {
      return code.equals("ok");
    }
  }

  private static Outcome call(RunningGateway at, ApiKeys.Shown key) {
    long begun = System.nanoTime();
    var response = at.chat(key.secret().reveal(), "");
    return new Outcome(begun, response.statusCode() == 200 ? "ok" : RunningGateway.code(response));
  }

  /// A pause of the whole machine, which the callers would share, is no fault of the nodes: one run
  /// has to do it.
  @Test
  void noCallThatBeginsLaterThanAHundredMillisecondsAfterARevocationIsAccepted() throws Exception {
    List<Outcome> late = acceptedLate("revoked-0");
    for (int run = 1; run < RUNS && !late.isEmpty(); run++) {
      late = acceptedLate("revoked-" + run);
    }
    assertThat(late).isEmpty();
  }

  private static List<Outcome> acceptedLate(String name) throws Exception {
    Mandate mandate = a.mandate(name, Limits.NONE);
    ApiKeys.Shown key = a.key(mandate, KeyBounds.NONE);
    Queue<Outcome> outcomes = new ConcurrentLinkedQueue<>();
    AtomicInteger refused = new AtomicInteger();
    List<Thread> callers = new ArrayList<>();
    for (RunningGateway node : List.of(a, b, a, b)) {
      callers.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    // On for a while after the first refusal: it must not come back to life.
                    long end = Long.MAX_VALUE;
                    while (System.nanoTime() < end) {
                      Outcome outcome = call(node, key);
                      outcomes.add(outcome);
                      if (!outcome.isOk() && end == Long.MAX_VALUE) {
                        end = System.nanoTime() + HEARD.multipliedBy(3).toNanos();
                      }
                    }
                    refused.incrementAndGet();
                  }));
    }
    RunningGateway.await(() -> outcomes.size() > 40);
    a.apiKeys.store().revoke(RunningGateway.TENANT, key.key().id(), a.clock.instant());
    long answered = System.nanoTime();
    for (Thread caller : callers) {
      caller.join();
    }
    assertThat(refused.get()).isEqualTo(4);
    assertThat(outcomes).filteredOn(Outcome::isOk).hasSizeGreaterThan(40);
    List<Outcome> after =
        outcomes.stream().filter(one -> one.begunNanos() - answered > HEARD.toNanos()).toList();
    assertThat(after).isNotEmpty().extracting(Outcome::code).isSubsetOf("ok", "api_key_revoked");
    return after.stream().filter(Outcome::isOk).toList();
  }

  @Test
  void aKeysBudgetIsHardOnBothNodesTogether() throws Exception {
    int limit = 20;
    Mandate mandate = a.mandate("spent", Limits.NONE);
    ApiKeys.Shown key =
        a.key(
            mandate,
            new KeyBounds(List.of(), new Limits((long) limit, null, null, null), List.of()));
    Queue<Outcome> outcomes = new ConcurrentLinkedQueue<>();
    List<Thread> callers = new ArrayList<>();
    for (RunningGateway node : List.of(a, b, a, b)) {
      callers.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    Outcome outcome;
                    do {
                      outcome = call(node, key);
                      outcomes.add(outcome);
                    } while (outcome.isOk());
                  }));
    }
    for (Thread caller : callers) {
      caller.join();
    }
    assertThat(outcomes).filteredOn(Outcome::isOk).hasSize(limit);
    assertThat(outcomes)
        .filteredOn(one -> !one.isOk())
        .allMatch(one -> one.code().equals("budget_exhausted"));
  }
}
