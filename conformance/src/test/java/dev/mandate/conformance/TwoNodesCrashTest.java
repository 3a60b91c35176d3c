package dev.mandate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// `kill -9` of one of two nodes under load, and a database that goes away: what was answered is
/// charged once, the other node goes on, and nothing needs a hand to come back.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Order(1)
class TwoNodesCrashTest {
  private static final int CAP = 1_000;
  private static final int CALLERS = 8;

  /// Answers to wait for under load: each node has its part of them.
  private static final int SOME = 200;

  private final TwoNodes nodes = new TwoNodes();
  private final Provider provider = new Provider();
  private final App app = App.publicApp(nodes);
  private final Llm llm = new Llm(nodes);
  private final Person member = Person.of(nodes, "member");

  /// Which is killed.
  enum Node {
    FIRST,
    SECOND;

    void kill(TwoNodes nodes) {
      switch (this) {
        case FIRST -> nodes.first().killHard();
        case SECOND -> nodes.second().killHard();
      }
    }

    void restart(TwoNodes nodes) {
      switch (this) {
        case FIRST -> nodes.restartFirst();
        case SECOND -> nodes.restartSecond();
      }
    }
  }

  @BeforeEach
  void bothAreReady() {
    for (DemoServer node : List.of(nodes.first(), nodes.second())) {
      assertThat(isReady(node)).isTrue();
    }
  }

  @AfterAll
  void end() {
    nodes.close();
    provider.close();
  }

  @ParameterizedTest
  @EnumSource
  void killingOneOfTwoNodesUnderLoadLosesNothing(Node node) throws Exception {
    App.Tokens spender = give(1_000_000);
    App.Tokens capped = give(CAP);
    App.Tokens revoked = give(1_000_000);
    assertThat(app.revoke(revoked.access()).status()).isEqualTo(200);
    App.Tokens rotated = App.tokens(app.refresh(spender.refresh()));
    Load load = new Load(llm, spender);
    Load small = new Load(llm, capped);
    takeOver(load);
    try (load;
        small) {
      small.by(CALLERS / 2, 20);
      load.by(CALLERS, 1);
      load.awaitMore(SOME);
      node.kill(nodes);
      // The other node goes on.
      load.awaitMore(SOME);
    }
    assertThat(load.refused()).as("no call is refused wrongly").isEmpty();
    // A caller has one call at a time, and a node that is dying may accept one more of it.
    assertThat(load.broken()).isLessThanOrEqualTo(2 * CALLERS);

    node.restart(nodes);
    load.isChargedOnce(MainJobTest.spent(nodes, spender));
    assertThat(llm.chat(rotated.bearer(), "hi").status()).isEqualTo(200);
    assertThat(llm.chat(revoked.bearer(), "hi").json().at("/error/code").asText())
        .isEqualTo("mandate_revoked");
    for (int i = 0; i < 2; i++) {
      assertThat(member.browser().open(nodes.uri("/mandates")).forms())
          .as("the person stays signed in")
          .noneMatch(form -> form.names().contains("password"));
    }
    assertThat(app.refresh(rotated.refresh()).status()).isEqualTo(200);
    spendTheRest(capped, small);
  }

  /// Both nodes call the provider that no node takes with it.
  private void takeOver(Load load) {
    provider.takeOver(nodes);
    App.Tokens other = give(1_000_000);
    load.awaitHere(
        "calls to the other provider",
        () -> Provider.isOf(llm.chat(other.bearer(), "hi")) && bothCall(other));
  }

  private boolean bothCall(App.Tokens tokens) {
    String path = llm.openai("/chat/completions").getPath();
    return List.of(nodes.first(), nodes.second()).stream()
        .allMatch(
            node ->
                Provider.isOf(
                    Http.postJson(
                        node.own(path), llm.chatBody("hi", ""), "authorization", tokens.bearer())));
  }

  /// What the dead node had borrowed comes back: the cap is reached, and not passed.
  private void spendTheRest(App.Tokens capped, Load small) throws Exception {
    int most = CAP - small.broken();
    try (small) {
      small.by(CALLERS, 1);
      small.awaitHere("end of the cap", () -> small.answered() >= most);
      // And no call more.
      int refused = refused(small);
      small.awaitHere("refusals", () -> refused(small) > refused + 2 * CALLERS);
    }
    assertThat(small.answered()).isBetween(most, CAP);
    assertThat(small.refused()).containsOnlyKeys("429 budget_exhausted");
    JsonNode spent = MainJobTest.spent(nodes, capped);
    small.isChargedOnce(spent);
    assertThat(spent.path("requests").asInt()).isLessThanOrEqualTo(CAP);
  }

  @Test
  void aDatabaseThatGoesAwayLosesAndDoublesNothing() throws Exception {
    App.Tokens spender = give(1_000_000);
    Load load = new Load(llm, spender);
    try (load) {
      load.by(CALLERS / 2, 2);
      load.awaitMore(SOME);
      Postgres.cut(nodes.database());
      try {
        // Nobody is served for long who might have been revoked.
        load.awaitHere("refusals", () -> refused(load) > 2 * CALLERS);
        assertThat(isReady(nodes.first())).isFalse();
        assertThat(isReady(nodes.second())).isFalse();
      } finally {
        Postgres.mend(nodes.database());
      }
      load.awaitHere("ready nodes", () -> isReady(nodes.first()) && isReady(nodes.second()));
      // Service resumes by itself.
      load.awaitMore(SOME);
    }
    assertThat(load.broken()).as("every call is answered, if only with a refusal").isZero();
    assertThat(load.refused().keySet()).allMatch(refusal -> refusal.startsWith("503 "));
    load.isChargedOnce(MainJobTest.spent(nodes, spender));
  }

  private static int refused(Load load) {
    return load.refused().values().stream().mapToInt(Number::intValue).sum();
  }

  private static boolean isReady(DemoServer node) {
    return Http.get(node.own("/readyz")).status() == 200;
  }

  private App.Tokens give(int requests) {
    return member.give(
        app,
        app.ask(
            "[{\"type\":\"llm_access\",\"upstream\":\"openai\",\"limits\":{\"requests\":%d}}]"
                .formatted(requests)));
  }
}
