package dev.mandate.domain.upstream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.upstream.Resilience.Breaker;
import dev.mandate.domain.upstream.Resilience.Capacity;
import dev.mandate.domain.upstream.Resilience.Cause;
import dev.mandate.domain.upstream.Resilience.Fallback;
import dev.mandate.domain.upstream.Resilience.Timeouts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// An [Resilience] as JSON, in the store and in the admin API. What is absent has its default.
public final class ResilienceJson {
  public static final String CONNECT = "connect_timeout_ms";
  public static final String FIRST_BYTE = "first_byte_timeout_ms";
  public static final String IDLE = "idle_timeout_ms";
  public static final String CALL = "call_timeout_ms";
  public static final String CONNECTIONS_MAX = "connections_max";
  public static final String CALLS_MAX = "calls_max";
  public static final String QUEUE_MAX = "queue_max";
  public static final String QUEUE_TIMEOUT = "queue_timeout_ms";
  public static final String HTTP2 = "http2";
  public static final String ATTEMPTS_MAX = "attempts_max";
  public static final String FAILURES = "circuit_failures_percent";
  public static final String CALLS_MIN = "circuit_calls_min";
  public static final String WINDOW = "circuit_window_ms";
  public static final String OPEN = "circuit_open_ms";
  public static final String OTHER_CREDENTIALS = "other_credentials";
  public static final String PROBE = "probe_seconds";
  public static final String FALLBACKS = "fallbacks";

  private ResilienceJson() {}

  /// @throws IllegalArgumentException for a value out of its bounds
  public static Resilience read(JsonNode node) {
    Resilience byDefault = Resilience.DEFAULT;
    Capacity capacity = byDefault.capacity();
    Breaker breaker = byDefault.breaker();
    Integer probe = number(node, PROBE);
    return new Resilience(
        new Timeouts(
            millis(node, CONNECT),
            millis(node, FIRST_BYTE),
            millis(node, IDLE),
            millis(node, CALL)),
        new Capacity(
            number(node, CONNECTIONS_MAX),
            number(node, CALLS_MAX),
            node.path(QUEUE_MAX).asInt(capacity.queueMax()),
            millis(node, QUEUE_TIMEOUT, capacity.queueTimeout()),
            node.path(HTTP2).asBoolean(capacity.http2())),
        new Breaker(
            node.path(FAILURES).asInt(breaker.failuresPercent()),
            node.path(CALLS_MIN).asInt(breaker.callsMin()),
            millis(node, WINDOW, breaker.window()),
            millis(node, OPEN, breaker.open())),
        node.path(ATTEMPTS_MAX).asInt(byDefault.attemptsMax()),
        node.path(OTHER_CREDENTIALS).asBoolean(byDefault.otherCredentials()),
        probe == null ? null : Duration.ofSeconds(probe),
        fallbacks(node.path(FALLBACKS)));
  }

  private static List<Fallback> fallbacks(JsonNode array) {
    List<Fallback> fallbacks = new ArrayList<>();
    for (JsonNode node : array) {
      Map<String, String> models = new TreeMap<>();
      for (JsonNode pair : node.path("models")) {
        models.put(pair.required("model").asText(), pair.required("there").asText());
      }
      Set<Cause> on = EnumSet.noneOf(Cause.class);
      if (node.has("causes")) {
        node.path("causes").forEach(cause -> on.add(Cause.ofWire(cause.asText())));
      } else {
        on.addAll(EnumSet.allOf(Cause.class));
      }
      fallbacks.add(new Fallback(node.required("upstream").asText(), models, on));
    }
    return fallbacks;
  }

  private static @Nullable Integer number(JsonNode node, String member) {
    return node.hasNonNull(member) ? node.get(member).asInt() : null;
  }

  private static @Nullable Duration millis(JsonNode node, String member) {
    return node.hasNonNull(member) ? Duration.ofMillis(node.get(member).asLong()) : null;
  }

  private static Duration millis(JsonNode node, String member, Duration byDefault) {
    return Duration.ofMillis(node.path(member).asLong(byDefault.toMillis()));
  }

  public static ObjectNode write(Resilience resilience, ObjectNode node) {
    Timeouts timeouts = resilience.timeouts();
    put(node, CONNECT, timeouts.connect());
    put(node, FIRST_BYTE, timeouts.firstByte());
    put(node, IDLE, timeouts.idle());
    put(node, CALL, timeouts.call());
    Capacity capacity = resilience.capacity();
    if (capacity.connectionsMax() != null) {
      node.put(CONNECTIONS_MAX, capacity.connectionsMax());
    }
    if (capacity.callsMax() != null) {
      node.put(CALLS_MAX, capacity.callsMax());
    }
    node.put(QUEUE_MAX, capacity.queueMax());
    put(node, QUEUE_TIMEOUT, capacity.queueTimeout());
    node.put(HTTP2, capacity.http2())
        .put(ATTEMPTS_MAX, resilience.attemptsMax())
        .put(FAILURES, resilience.breaker().failuresPercent())
        .put(CALLS_MIN, resilience.breaker().callsMin());
    put(node, WINDOW, resilience.breaker().window());
    put(node, OPEN, resilience.breaker().open());
    node.put(OTHER_CREDENTIALS, resilience.otherCredentials());
    if (resilience.probe() != null) {
      node.put(PROBE, resilience.probe().toSeconds());
    }
    ArrayNode fallbacks = node.putArray(FALLBACKS);
    for (Fallback fallback : resilience.fallbacks()) {
      ObjectNode one = fallbacks.addObject().put("upstream", fallback.upstream());
      ArrayNode models = one.putArray("models");
      fallback
          .models()
          .forEach((here, there) -> models.addObject().put("model", here).put("there", there));
      ArrayNode causes = one.putArray("causes");
      fallback.causes().forEach(cause -> causes.add(cause.wire()));
    }
    return node;
  }

  private static void put(ObjectNode node, String member, @Nullable Duration value) {
    if (value != null) {
      node.put(member, value.toMillis());
    }
  }
}
