package dev.mandate.platform.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.platform.json.Json;
import dev.mandate.platform.observe.RequestFacts;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a client sends can neither end a log line nor begin one, in either format.
class LogTest {
  private static final LoggerContext CONTEXT = new LoggerContext();

  private static ILoggingEvent event(
      String message, @Nullable Throwable thrown, Object... arguments) {
    return new LoggingEvent(
        LogTest.class.getName(),
        CONTEXT.getLogger("dev.mandate.Test"),
        Level.WARN,
        message,
        thrown,
        arguments);
  }

  private static String text(ILoggingEvent event) {
    return new String(new TextLines().encode(event), StandardCharsets.UTF_8);
  }

  private static String json(ILoggingEvent event) {
    return new String(new JsonLines().encode(event), StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"\n", "\r\n", "\r", "\u0085", "\u2028", "\u001b[2K", "\u0000", "\u202e", "\u007f"})
  void controlCharactersAreTakenOut(String evil) {
    String sent = "x" + evil + "12:00:00.000 ERROR Server: all is lost";
    for (String out :
        new String[] {
          text(event("refused {}", null, sent)), json(event("refused {}", null, sent))
        }) {
      assertThat(out).endsWith("\n").contains("x?");
      assertThat(out.substring(0, out.length() - 1))
          .doesNotContain(evil)
          .hasSameSizeAs(out.lines().findFirst().orElseThrow());
    }
  }

  @Test
  void aForgedLineInAnExceptionsMessageStaysBehindTheBar() {
    IllegalStateException thrown =
        new IllegalStateException("bad\n12:00:00.000 INFO Server: forged");
    assertThat(text(event("failed", thrown)).lines().skip(1)).allMatch(l -> l.startsWith("  | "));
    String json = json(event("failed", thrown));
    assertThat(json.lines()).hasSize(1);
    assertThat(Json.parse(json).path("stack").asText()).contains("forged").contains("LogTest");
  }

  @Test
  void longTextIsCut() {
    String sent = "x".repeat(1_000_000);
    assertThat(json(event("refused {}", null, sent))).hasSizeLessThan(3_000).contains("…");
  }

  @Test
  void aLineOfARequestCarriesItsId() {
    AtomicReference<String> line = new AtomicReference<>("");
    RequestFacts facts = RequestFacts.unwatched("req_1").tenant("acme").client("app");
    facts.whileRunning(() -> line.set(json(event("refused", null))));
    JsonNode json = Json.parse(line.get());
    assertThat(json.path("request_id").asText()).isEqualTo("req_1");
    assertThat(json.path("tenant").asText()).isEqualTo("acme");
    assertThat(json.path("client_id").asText()).isEqualTo("app");
    assertThat(json.path("message").asText()).isEqualTo("refused");
    assertThat(Json.parse(json(event("later", null))).has("request_id")).isFalse();
    assertThat(Json.parse(json(event("given", null, facts))).path("request_id").asText())
        .isEqualTo("req_1");
  }

  @Test
  void aHostileFieldIsCleanedToo() {
    RequestFacts facts = RequestFacts.unwatched("req_1").client("a\nb" + "c".repeat(1_000));
    JsonNode json = Json.parse(json(event("given", null, facts)));
    assertThat(json.path("client_id").asText()).startsWith("a?b").hasSizeLessThan(300);
    assertThat(text(event("given", null, facts)).lines()).hasSize(1);
  }
}
