package dev.mandate.admin;

import static dev.mandate.domain.upstream.ResilienceJson.ATTEMPTS_MAX;
import static dev.mandate.domain.upstream.ResilienceJson.CALL;
import static dev.mandate.domain.upstream.ResilienceJson.CALLS_MAX;
import static dev.mandate.domain.upstream.ResilienceJson.CALLS_MIN;
import static dev.mandate.domain.upstream.ResilienceJson.CONNECT;
import static dev.mandate.domain.upstream.ResilienceJson.CONNECTIONS_MAX;
import static dev.mandate.domain.upstream.ResilienceJson.FAILURES;
import static dev.mandate.domain.upstream.ResilienceJson.FALLBACKS;
import static dev.mandate.domain.upstream.ResilienceJson.FIRST_BYTE;
import static dev.mandate.domain.upstream.ResilienceJson.HTTP2;
import static dev.mandate.domain.upstream.ResilienceJson.IDLE;
import static dev.mandate.domain.upstream.ResilienceJson.OPEN;
import static dev.mandate.domain.upstream.ResilienceJson.OTHER_CREDENTIALS;
import static dev.mandate.domain.upstream.ResilienceJson.PROBE;
import static dev.mandate.domain.upstream.ResilienceJson.QUEUE_MAX;
import static dev.mandate.domain.upstream.ResilienceJson.QUEUE_TIMEOUT;
import static dev.mandate.domain.upstream.ResilienceJson.WINDOW;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Problem;
import dev.mandate.admin.operation.Schema;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Resilience;
import dev.mandate.domain.upstream.Resilience.Breaker;
import dev.mandate.domain.upstream.Resilience.Capacity;
import dev.mandate.domain.upstream.Resilience.Cause;
import dev.mandate.domain.upstream.Resilience.Fallback;
import dev.mandate.domain.upstream.Resilience.Timeouts;
import dev.mandate.domain.upstream.ResilienceJson;
import dev.mandate.domain.upstream.Upstream;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// How an upstream's failures are dealt with, in the admin API.
final class ResilienceSchema {
  private static final String MEMBER = "resilience";

  private static final Schema RENAMED =
      Schema.body("RenamedModel", "What a model is called at a fallback.")
          .with("model", Schema.text().describe("As callers send it here."))
          .with("there", Schema.text().describe("In the fallback's catalogue."));

  private static final Schema FALLBACK =
      Schema.body("Fallback", "Who is asked instead; only within the caller's own mandate.")
          .with("upstream", Schema.text().describe("An upstream of the tenant with the same API."))
          .maybe(
              "models",
              Schema.array(RENAMED, Fallback.MODELS_MAX)
                  .describe("What models are called there; others keep their name."))
          .maybe(
              "causes",
              Schema.set(Schema.oneOf(Cause.wires()), Cause.values().length)
                  .atLeast(1)
                  .describe("When; in all these cases when absent."));

  static final Schema RESILIENCE =
      bounds(
              timeouts(
                  Schema.body(
                      "Resilience",
                      "How calls deal with failures. What is absent has its default.")))
          .maybe(
              ATTEMPTS_MAX,
              Schema.integer(1, Resilience.ATTEMPTS_MAX)
                  .describe("Connections that a call tries; only ones on which nothing was sent.")
                  .byDefault(Resilience.DEFAULT.attemptsMax()))
          .maybe(
              OTHER_CREDENTIALS,
              Schema.flag()
                  .describe("Whether a call that is answered 429 tries one other credential.")
                  .byDefault(Resilience.DEFAULT.otherCredentials()))
          .maybe(
              PROBE,
              Schema.integer(Resilience.PROBE_MIN.toSeconds(), Resilience.PROBE_MAX.toSeconds())
                  .describe("How often the provider's models are listed; never when absent."))
          .maybe(
              FALLBACKS,
              Schema.array(FALLBACK, Resilience.FALLBACKS_MAX).describe("Who is asked, in order."));

  private ResilienceSchema() {}

  private static Schema timeouts(Schema schema) {
    Schema wait = duration(Timeouts.MIN, Timeouts.MAX);
    return schema
        .maybe(CONNECT, wait.describe("Until a connection stands; the server's when absent."))
        .maybe(FIRST_BYTE, wait.describe("Until the answer begins; the server's when absent."))
        .maybe(IDLE, wait.describe("Between two bytes of it; the server's when absent."))
        .maybe(CALL, wait.describe("From the first attempt to the last byte; none when absent."));
  }

  private static Schema bounds(Schema schema) {
    Capacity capacity = Resilience.DEFAULT.capacity();
    Breaker breaker = Resilience.DEFAULT.breaker();
    return schema
        .maybe(
            CONNECTIONS_MAX,
            Schema.integer(1, Capacity.CONNECTIONS_MAX)
                .describe("Open at a time from one event loop; the server's when absent."))
        .maybe(
            CALLS_MAX,
            Schema.integer(1, Capacity.CALLS_MAX)
                .describe("Under way at a time on one node; not bounded when absent."))
        .maybe(
            QUEUE_MAX,
            Schema.integer(0, Capacity.QUEUE_MAX)
                .describe("Calls beyond `calls_max` that wait; others are refused.")
                .byDefault(capacity.queueMax()))
        .maybe(
            QUEUE_TIMEOUT,
            duration(Capacity.QUEUE_TIMEOUT_MIN, Capacity.QUEUE_TIMEOUT_MAX)
                .describe("How long they wait at most.")
                .byDefault(capacity.queueTimeout().toMillis()))
        .maybe(
            HTTP2,
            Schema.flag()
                .describe("Whether HTTP/2 is spoken where TLS offers it.")
                .byDefault(capacity.http2()))
        .maybe(
            FAILURES,
            Schema.integer(0, 100)
                .describe("Share of failed calls that opens the circuit; 0 for never.")
                .byDefault(breaker.failuresPercent()))
        .maybe(
            CALLS_MIN,
            Schema.integer(1, Breaker.CALLS_MIN_MAX)
                .describe("Of so many in the window at least.")
                .byDefault(breaker.callsMin()))
        .maybe(
            WINDOW,
            duration(Breaker.WINDOW_MIN, Breaker.WINDOW_MAX)
                .describe("Over which calls are counted.")
                .byDefault(breaker.window().toMillis()))
        .maybe(
            OPEN,
            duration(Breaker.OPEN_MIN, Breaker.OPEN_MAX)
                .describe("How long nothing is sent, before single calls try it.")
                .byDefault(breaker.open().toMillis()));
  }

  private static Schema duration(Duration min, Duration max) {
    return Schema.integer(min.toMillis(), max.toMillis());
  }

  /// @param find an upstream of the tenant
  static Resilience read(
      ObjectNode body, String id, Provider provider, Function<String, @Nullable Upstream> find) {
    Resilience read;
    try {
      read = ResilienceJson.read(body.path(MEMBER));
    } catch (IllegalArgumentException e) {
      throw Problem.member("/" + MEMBER, String.valueOf(e.getMessage()));
    }
    List<Fallback> fallbacks = read.fallbacks();
    for (int i = 0; i < fallbacks.size(); i++) {
      String pointer = "/" + MEMBER + "/" + FALLBACKS + "/" + i + "/upstream";
      String name = fallbacks.get(i).upstream();
      Upstream there = name.equals(id) ? null : find.apply(name);
      if (there == null) {
        throw Problem.member(pointer, "is not another upstream of the tenant");
      }
      if (there.provider().api() != provider.api()) {
        throw Problem.member(pointer, "speaks another API than this upstream");
      }
    }
    return read;
  }
}
