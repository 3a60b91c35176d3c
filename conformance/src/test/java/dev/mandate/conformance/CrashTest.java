package dev.mandate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// `kill -9` under load: what was answered is booked, what was revoked stays revoked, and the
/// database starts again.
class CrashTest {
  private static final String OPENAI =
      "[{\"type\":\"llm_access\",\"upstream\":\"openai\",\"limits\":{\"requests\":100000}}]";

  @Test
  void nothingAcknowledgedIsLost() throws Exception {
    DemoServer server = DemoServer.startFresh();
    App app = App.publicApp(server);
    Llm llm = new Llm(server);
    Person member = Person.of(server, "member");
    App.Tokens spender = member.give(app, app.ask(OPENAI));
    App.Tokens revoked = member.give(app, app.ask(OPENAI));
    assertThat(app.revoke(revoked.access()).status()).isEqualTo(200);
    App.Tokens rotated = App.tokens(app.refresh(spender.refresh()));

    AtomicBoolean stop = new AtomicBoolean();
    AtomicInteger answered = new AtomicInteger();
    AtomicInteger sent = new AtomicInteger();
    try (ExecutorService load = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 16; i++) {
        load.execute(
            () -> {
              while (!stop.get()) {
                try {
                  sent.incrementAndGet();
                  if (llm.chat(spender.bearer(), "hi").status() == 200) {
                    answered.incrementAndGet();
                  }
                } catch (RuntimeException e) {
                  return;
                }
              }
            });
      }
      TimeUnit.SECONDS.sleep(2);
      server.killHard();
      stop.set(true);
    }
    assertThat(answered.get()).isPositive();

    try (DemoServer again = server.restart()) {
      Llm llmAgain = new Llm(again);
      JsonNode spent = MainJobTest.spent(again, spender);
      assertThat(spent.path("requests").asInt()).isBetween(answered.get(), sent.get());
      assertThat(spent.path("cost_micros").asLong()).isPositive();
      assertThat(llmAgain.chat(revoked.bearer(), "hi").json().at("/error/code").asText())
          .isEqualTo("mandate_revoked");
      assertThat(llmAgain.chat(rotated.bearer(), "hi").status()).isEqualTo(200);
      App appAgain = App.publicApp(again);
      assertThat(appAgain.refresh(rotated.refresh()).status()).isEqualTo(200);
      assertThat(Http.get(URI.create(again.issuer() + "/readyz")).status()).isEqualTo(200);
      assertThat(again.log()).doesNotContainIgnoringCase("malformed").doesNotContain("ERROR");
    }
  }
}
