package dev.mandate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;

/// `kill -9` under load: what was answered is booked, what was revoked stays revoked, and the
/// database starts again.
class CrashTest {
  private static final String OPENAI =
      "[{\"type\":\"llm_access\",\"upstream\":\"openai\",\"limits\":{\"requests\":100000}}]";
  private static final int CALLERS = 16;
  private static final int ANSWERED = 500;

  /// What is killed.
  DemoServer fresh() {
    return DemoServer.fresh();
  }

  @Test
  void nothingAcknowledgedIsLostOrChargedTwice() throws Exception {
    DemoServer server = fresh();
    App app = App.publicApp(server);
    Person member = Person.of(server, "member");
    App.Tokens spender = member.give(app, app.ask(OPENAI));
    App.Tokens revoked = member.give(app, app.ask(OPENAI));
    assertThat(app.revoke(revoked.access()).status()).isEqualTo(200);
    App.Tokens rotated = App.tokens(app.refresh(spender.refresh()));

    Load load = new Load(new Llm(server), spender);
    try (load) {
      load.by(CALLERS, 0);
      load.awaitMore(ANSWERED);
      server.killHard();
    }
    assertThat(load.refused()).isEmpty();
    // One call of each that was open, and one more that a dying server may have accepted.
    assertThat(load.broken()).isLessThanOrEqualTo(2 * CALLERS);

    DemoServer again = server.restart();
    try {
      load.isChargedOnce(MainJobTest.spent(again, spender));
      Llm llm = new Llm(again);
      assertThat(llm.chat(revoked.bearer(), "hi").json().at("/error/code").asText())
          .isEqualTo("mandate_revoked");
      assertThat(llm.chat(rotated.bearer(), "hi").status()).isEqualTo(200);
      assertThat(App.publicApp(again).refresh(rotated.refresh()).status()).isEqualTo(200);
      assertThat(Http.get(URI.create(again.issuer() + "/readyz")).status()).isEqualTo(200);
      assertThat(again.log()).doesNotContainIgnoringCase("malformed").doesNotContain("ERROR");
    } finally {
      again.killHard();
    }
  }
}
