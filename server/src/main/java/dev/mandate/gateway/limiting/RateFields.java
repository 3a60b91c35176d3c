package dev.mandate.gateway.limiting;

import dev.mandate.domain.ratelimit.RateLimiter.Reading;
import dev.mandate.domain.ratelimit.RateUnit;
import dev.mandate.domain.upstream.Provider;
import io.vertx.core.http.HttpServerResponse;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;

/// The header fields that say how rate limits stand: `RateLimit` and `RateLimit-Policy`
/// (draft-ietf-httpapi-ratelimit-headers-10), and those of the provider whose SDK reads the answer,
/// with our values. What the provider says of its own limits never gets here.
public final class RateFields {
  private static final long WINDOW_SECONDS = 60;
  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final long MILLIS_PER_SECOND = 1_000;

  /// All of them, for pages in browsers.
  public static final List<String> NAMES =
      List.of(
          "ratelimit",
          "ratelimit-policy",
          "x-ratelimit-limit-requests",
          "x-ratelimit-remaining-requests",
          "x-ratelimit-reset-requests",
          "x-ratelimit-limit-tokens",
          "x-ratelimit-remaining-tokens",
          "x-ratelimit-reset-tokens",
          "anthropic-ratelimit-requests-limit",
          "anthropic-ratelimit-requests-remaining",
          "anthropic-ratelimit-requests-reset",
          "anthropic-ratelimit-tokens-limit",
          "anthropic-ratelimit-tokens-remaining",
          "anthropic-ratelimit-tokens-reset");

  private RateFields() {}

  static void write(
      List<Reading> readings, Provider provider, InstantSource clock, HttpServerResponse response) {
    if (readings.isEmpty()) {
      return;
    }
    StringBuilder policies = new StringBuilder();
    StringBuilder states = new StringBuilder();
    for (Reading one : readings) {
      policy(policies, one);
      state(states, one);
      switch (provider.api()) {
        case OPENAI -> openAi(one, response);
        case ANTHROPIC -> anthropic(one, clock, response);
        case GEMINI -> {
          // Google's API has no fields for this.
        }
      }
    }
    response.putHeader("ratelimit-policy", policies.toString());
    response.putHeader("ratelimit", states.toString());
  }

  /// §3: a List of Items, each a String that names the policy. `w` is for what a window counts;
  /// calls under way have none (§3.1.3).
  private static void policy(StringBuilder out, Reading one) {
    named(out, one).append(";q=").append(one.limit());
    switch (one.unit()) {
      case REQUESTS -> out.append(";w=").append(WINDOW_SECONDS);
      case TOKENS -> out.append(";qu=\"tokens\";w=").append(WINDOW_SECONDS);
      case CALLS -> out.append(";qu=\"concurrent-requests\"");
    }
  }

  private static void state(StringBuilder out, Reading one) {
    named(out, one).append(";r=").append(one.remaining());
    if (one.unit() != RateUnit.CALLS) {
      out.append(";t=").append(Math.ceilDiv(millis(one), MILLIS_PER_SECOND));
    }
  }

  /// Names of ours: the caller's model is not repeated in a field.
  private static StringBuilder named(StringBuilder out, Reading one) {
    return out.append(out.isEmpty() ? "\"" : ", \"")
        .append(one.holder().wire())
        .append(one.model() == null ? "-" : "-model-")
        .append(one.unit().name().toLowerCase(Locale.ROOT))
        .append('"');
  }

  private static void openAi(Reading one, HttpServerResponse response) {
    String unit =
        switch (one.unit()) {
          case REQUESTS -> "requests";
          case TOKENS -> "tokens";
          case CALLS -> null;
        };
    if (unit != null) {
      response.putHeader("x-ratelimit-limit-" + unit, Long.toString(one.limit()));
      response.putHeader("x-ratelimit-remaining-" + unit, Long.toString(one.remaining()));
      response.putHeader("x-ratelimit-reset-" + unit, duration(millis(one)));
    }
  }

  private static void anthropic(Reading one, InstantSource clock, HttpServerResponse response) {
    String unit =
        switch (one.unit()) {
          case REQUESTS -> "requests";
          case TOKENS -> "tokens";
          case CALLS -> null;
        };
    if (unit != null) {
      String name = "anthropic-ratelimit-" + unit;
      response.putHeader(name + "-limit", Long.toString(one.limit()));
      response.putHeader(name + "-remaining", Long.toString(one.remaining()));
      response.putHeader(
          name + "-reset",
          clock
              .instant()
              .plusMillis(millis(one) + MILLIS_PER_SECOND - 1)
              .truncatedTo(ChronoUnit.SECONDS)
              .toString());
    }
  }

  private static long millis(Reading one) {
    return Math.ceilDiv(one.resetNanos(), NANOS_PER_MILLI);
  }

  /// As OpenAI spells it: `120ms`, `6.5s`, `1m30s`.
  static String duration(long millis) {
    if (millis < MILLIS_PER_SECOND) {
      return millis + "ms";
    }
    long minutes = millis / MILLIS_PER_SECOND / WINDOW_SECONDS;
    long rest = millis - minutes * WINDOW_SECONDS * MILLIS_PER_SECOND;
    String seconds =
        rest / MILLIS_PER_SECOND + (rest % MILLIS_PER_SECOND == 0 ? "" : fraction(rest));
    return (minutes == 0 ? "" : minutes + "m") + seconds + "s";
  }

  private static String fraction(long millis) {
    return String.format(Locale.ROOT, ".%03d", millis % MILLIS_PER_SECOND);
  }
}
