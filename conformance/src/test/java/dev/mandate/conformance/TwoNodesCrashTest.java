package dev.mandate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// `kill -9` of one of two nodes under load, and a database that goes away: what was answered is
/// charged once, the other node goes on, and nothing needs a hand to come back.
class TwoNodesCrashTest {
  private static final int CAP = 2_000;
  private static final long BACK_WITHIN = TimeUnit.SECONDS.toNanos(60);

  /// Calls of one mandate by several callers until they are told to stop.
  private static final class Load {
    final AtomicBoolean stop = new AtomicBoolean();
    final AtomicInteger answered = new AtomicInteger();

    /// Calls whose connection broke: they may have been charged.
    final AtomicInteger broken = new AtomicInteger();

    final Map<String, AtomicInteger> refused = new ConcurrentHashMap<>();
    private final Llm llm;
    private final App.Tokens tokens;

    Load(Llm llm, App.Tokens tokens) {
      this.llm = llm;
      this.tokens = tokens;
    }

    void by(ExecutorService threads, int callers, int pauseMillis) {
      for (int i = 0; i < callers; i++) {
        threads.execute(
            () -> {
              while (!stop.get()) {
                call();
                pause(pauseMillis);
              }
            });
      }
    }

    private void call() {
      try {
        Http.Answer answer = llm.chat(tokens.bearer(), "hi");
        if (answer.status() == 200) {
          answered.incrementAndGet();
        } else {
          refused
              .computeIfAbsent(
                  answer.status() + " " + answer.json().at("/error/code").asText(),
                  _ -> new AtomicInteger())
              .incrementAndGet();
        }
      } catch (UncheckedIOException e) {
        broken.incrementAndGet();
      }
    }
  }

  @Test
  void killingOneOfTwoNodesUnderLoadLosesNothing() throws Exception {
    try (TwoNodes nodes = new TwoNodes()) {
      App app = App.publicApp(nodes);
      Llm llm = new Llm(nodes);
      Person member = Person.of(nodes, "member");
      App.Tokens spender = give(member, app, 1_000_000);
      App.Tokens capped = give(member, app, CAP);
      App.Tokens revoked = give(member, app, 1_000_000);
      assertThat(app.revoke(revoked.access()).status()).isEqualTo(200);
      App.Tokens rotated = App.tokens(app.refresh(spender.refresh()));
      Load load = new Load(llm, spender);
      Load small = new Load(llm, capped);
      int before;
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        load.by(threads, 8, 1);
        small.by(threads, 4, 20);
        TimeUnit.SECONDS.sleep(2);
        nodes.second().killHard();
        before = load.answered.get();
        TimeUnit.SECONDS.sleep(2);
        load.stop.set(true);
        small.stop.set(true);
      }
      assertThat(load.answered.get()).as("the other node goes on").isGreaterThan(before);
      assertThat(load.refused).as("no call is refused wrongly").isEmpty();
      // A caller has one call at a time, and a node that is dying may accept one more of it.
      assertThat(load.broken.get()).isLessThanOrEqualTo(2 * 8);
      assertThat(llm.chat(rotated.bearer(), "hi").status()).isEqualTo(200);
      load.answered.incrementAndGet();

      nodes.restartSecond();
      assertCharged(nodes, spender, load);
      assertThat(llm.chat(revoked.bearer(), "hi").json().at("/error/code").asText())
          .isEqualTo("mandate_revoked");
      for (int i = 0; i < 2; i++) {
        assertThat(member.browser().open(nodes.uri("/mandates")).forms())
            .as("the person stays signed in")
            .noneMatch(form -> form.names().contains("password"));
      }
      assertThat(app.refresh(rotated.refresh()).status()).isEqualTo(200);
      spendTheRest(nodes, capped, small);
    }
  }

  /// What the dead node had borrowed comes back: the cap is reached, and not passed.
  private static void spendTheRest(TwoNodes nodes, App.Tokens capped, Load small) throws Exception {
    long deadline = System.nanoTime() + BACK_WITHIN;
    int most = CAP - small.broken.get();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      small.stop.set(false);
      small.by(threads, 8, 1);
      while (small.answered.get() < most && System.nanoTime() < deadline) {
        pause(50);
      }
      TimeUnit.MILLISECONDS.sleep(300);
      small.stop.set(true);
    }
    assertThat(small.answered.get()).isBetween(most, CAP);
    assertThat(small.refused).containsOnlyKeys("429 budget_exhausted");
    assertCharged(nodes, capped, small);
    assertThat(MainJobTest.spent(nodes, capped).path("requests").asInt()).isLessThanOrEqualTo(CAP);
  }

  private static void assertCharged(TwoNodes nodes, App.Tokens tokens, Load load) {
    JsonNode spent = MainJobTest.spent(nodes, tokens);
    assertThat(spent.path("requests").asInt())
        .isBetween(load.answered.get(), load.answered.get() + load.broken.get());
    assertThat(spent.path("cost_micros").asLong()).isPositive();
  }

  @Test
  void aDatabaseThatGoesAwayLosesAndDoublesNothing() throws Exception {
    try (TwoNodes nodes = new TwoNodes()) {
      App app = App.publicApp(nodes);
      Llm llm = new Llm(nodes);
      Person member = Person.of(nodes, "member");
      App.Tokens spender = give(member, app, 1_000_000);
      Load load = new Load(llm, spender);
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        load.by(threads, 4, 2);
        TimeUnit.SECONDS.sleep(1);
        Postgres.cut(nodes.database());
        try {
          TimeUnit.SECONDS.sleep(8);
          assertThat(Http.get(nodes.first().own("/readyz")).status()).isEqualTo(503);
        } finally {
          Postgres.mend(nodes.database());
        }
        awaitReady(nodes);
        int back = load.answered.get();
        TimeUnit.SECONDS.sleep(1);
        load.stop.set(true);
        assertThat(load.answered.get()).as("service resumes by itself").isGreaterThan(back);
      }
      assertThat(load.broken.get()).as("every call is answered, if only with a refusal").isZero();
      assertThat(load.refused.keySet()).allMatch(refusal -> refusal.startsWith("503 "));
      assertCharged(nodes, spender, load);
    }
  }

  private static void awaitReady(TwoNodes nodes) {
    long deadline = System.nanoTime() + BACK_WITHIN;
    for (DemoServer node : List.of(nodes.first(), nodes.second())) {
      while (Http.get(node.own("/readyz")).status() != 200) {
        assertThat(System.nanoTime()).as("ready again").isLessThan(deadline);
        pause(100);
      }
    }
  }

  private static App.Tokens give(Person member, App app, int requests) {
    return member.give(
        app,
        app.ask(
            "[{\"type\":\"llm_access\",\"upstream\":\"openai\",\"limits\":{\"requests\":%d}}]"
                .formatted(requests)));
  }

  private static void pause(int millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
