package dev.mandate.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.simulator.Counters.Tally;
import dev.mandate.simulator.SimulatedModel.Task;
import dev.mandate.simulator.SimulatedModel.Vendor;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// One request to the simulated provider and the way to answer it.
final class Exchange {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
  private static final Set<String> CREDENTIAL_HEADERS =
      Set.of(
          "authorization",
          "proxy-authorization",
          "x-api-key",
          "api-key",
          "x-goog-api-key",
          "cookie");
  private static final int SHOWN_OF_CREDENTIAL = 4;

  private final Vertx vertx;
  private final SimulatorConfig config;
  private final Counters counters;
  private final HttpServerRequest request;
  private final Address address;
  private final Vendor vendor;
  private final String id;
  private final long startNanos = System.nanoTime();
  private byte[] rawBytes = {};
  private String rawBody = "";
  private JsonNode body = MissingNode.getInstance();
  private String keyLabel = "unknown";
  private Directive directive = Directive.NONE;

  Exchange(
      Vertx vertx,
      SimulatorConfig config,
      Counters counters,
      HttpServerRequest request,
      Address address,
      String id) {
    this.vertx = vertx;
    this.config = config;
    this.counters = counters;
    this.request = request;
    this.address = address;
    this.vendor = address.vendor();
    this.id = id;
  }

  Vertx vertx() {
    return vertx;
  }

  HttpServerRequest request() {
    return request;
  }

  HttpServerResponse response() {
    return request.response();
  }

  Address address() {
    return address;
  }

  /// As the vendor's own, wherever it is served here.
  String path() {
    return address.path();
  }

  /// `*` and the like have none.
  static String path(HttpServerRequest request) {
    String path = request.path();
    return path == null ? "" : path;
  }

  Vendor vendor() {
    return vendor;
  }

  /// Unique among the requests of this simulator.
  String id() {
    return id;
  }

  Directive directive() {
    return directive;
  }

  /// The body as it arrived.
  String rawBody() {
    return rawBody;
  }

  byte[] rawBytes() {
    return rawBytes;
  }

  /// What a form says takes the place of the body.
  void body(ObjectNode fields) {
    body = fields;
  }

  JsonNode body() {
    return body;
  }

  long createdSeconds() {
    return config.clock().instant().getEpochSecond();
  }

  void keyLabel(String label) {
    keyLabel = label;
  }

  /// The account that the caller's key belongs to.
  String keyLabel() {
    return keyLabel;
  }

  void bodyArrived(Buffer bytes) {
    rawBytes = bytes.getBytes();
    rawBody = bytes.toString(StandardCharsets.UTF_8);
  }

  void parseBody() {
    try {
      body = JSON.readTree(rawBody);
    } catch (JsonProcessingException malformed) {
      throw notJson();
    }
    if (!body.isObject()) {
      throw notJson();
    }
  }

  private Refusal notJson() {
    return Refusal.invalid(
        switch (vendor) {
          case OPENAI ->
              "We could not parse the JSON body of your request. (HINT: This likely means you"
                  + " aren't using your HTTP library correctly. The OpenAI API expects a JSON"
                  + " payload, but what was sent was not valid JSON.)";
          case ANTHROPIC, MISTRAL, BEDROCK -> "The request body is not valid JSON.";
          case GEMINI -> "Invalid JSON payload received. Unexpected token.";
        });
  }

  /// Reads the directive of the prompt and refuses if it asks for that.
  void obey(String lastUserText, String model) {
    directive = Directive.in(lastUserText);
    if (directive.status() > 0) {
      throw Refusal.asked(vendor, directive.status(), model, bearer());
    }
  }

  /// What follows `Bearer` in the request, or nothing.
  String bearer() {
    String value = request.getHeader("authorization");
    String scheme = "bearer ";
    return value != null && value.toLowerCase(Locale.ROOT).startsWith(scheme)
        ? value.substring(scheme.length()).strip()
        : "";
  }

  List<SimulatedModel> models() {
    return config.models().stream().filter(m -> m.vendor() == vendor).toList();
  }

  SimulatedModel model(String model) {
    for (SimulatedModel candidate : config.models()) {
      if (candidate.vendor() == vendor && candidate.id().equals(model)) {
        return candidate;
      }
    }
    throw Refusal.modelNotFound(vendor, model);
  }

  SimulatedModel model(String model, Task task, String refusal) {
    SimulatedModel found = model(model);
    if (found.task() != task) {
      throw Refusal.invalid(null, "model", refusal);
    }
    return found;
  }

  Tally tally(SimulatedModel model) {
    return counters.of(keyLabel, model);
  }

  /// Runs after the directive's delay.
  void afterDelay(int moreMillis, Runnable action) {
    int millis = directive.delay() + moreMillis;
    if (millis == 0) {
      action.run();
    } else {
      vertx.setTimer(millis, _ -> action.run());
    }
  }

  /// Bills and sends a whole answer. Who left meanwhile is billed all the same, as providers do.
  void answer(Runnable bill, Tally tally, ObjectNode answer) {
    answer(bill, tally, "application/json", Buffer.buffer(answer.toString()));
  }

  void answer(Runnable bill, Tally tally, String contentType, Buffer answer) {
    afterDelay(
        directive.ttfb(),
        () -> {
          bill.run();
          if (response().closed()) {
            tally.undelivered();
          } else {
            send(contentType, answer);
          }
        });
  }

  void send(ObjectNode answer) {
    send("application/json", Buffer.buffer(answer.toString()));
  }

  private void send(String contentType, Buffer bytes) {
    putHeaders(contentType);
    if (directive.drop()) {
      response()
          .putHeader("content-length", Integer.toString(bytes.length()))
          .write(bytes.slice(0, bytes.length() / 2))
          .onComplete(_ -> response().reset());
    } else {
      response().end(bytes);
    }
  }

  void refuse(Refusal refusal) {
    counters.refused(refusal.status);
    afterDelay(
        0,
        () -> {
          if (!response().closed()) {
            response().setStatusCode(refusal.status);
            putHeaders("application/json");
            if (vendor == Vendor.BEDROCK) {
              response().putHeader("x-amzn-errortype", refusal.awsType());
            }
            response().end(refusal.body(vendor, "req_" + id).toString());
          }
        });
  }

  /// What the provider's edge adds to every answer; much of it is nobody else's business.
  void putHeaders(String contentType) {
    HttpServerResponse response = response();
    response.putHeader("content-type", contentType);
    if (directive.retryAfter() >= 0) {
      response.putHeader("retry-after", Integer.toString(directive.retryAfter()));
    }
    switch (vendor) {
      case OPENAI -> {
        long millis = (System.nanoTime() - startNanos) / 1_000_000;
        OPENAI_HEADERS.forEach(response::putHeader);
        response
            .putHeader("x-request-id", "req_" + id)
            .putHeader("openai-processing-ms", Long.toString(millis));
      }
      case ANTHROPIC -> {
        ANTHROPIC_HEADERS.forEach(response::putHeader);
        response.putHeader("request-id", "req_" + id);
      }
      case GEMINI -> response.putHeader("server-timing", "gfet4t7; dur=12");
      case BEDROCK -> response.putHeader("x-amzn-requestid", id);
      case MISTRAL ->
          response
              .putHeader("mistral-correlation-id", id)
              .putHeader("x-ratelimit-limit-req-minute", "60")
              .putHeader("x-ratelimit-remaining-req-minute", "59");
    }
    response.putHeader("set-cookie", COOKIES);
  }

  private static final List<String> COOKIES =
      List.of(
          "__cf_bm=simulated; path=/; HttpOnly; Secure; SameSite=None",
          "_cfuvid=simulated; path=/; HttpOnly; Secure; SameSite=None");

  private static final Map<String, String> OPENAI_HEADERS =
      Map.of(
          "openai-organization", "org-simulated",
          "openai-project", "proj_simulated",
          "openai-version", "2020-10-01",
          "x-ratelimit-limit-requests", "500",
          "x-ratelimit-limit-tokens", "200000",
          "x-ratelimit-remaining-requests", "499",
          "x-ratelimit-remaining-tokens", "199000",
          "x-ratelimit-reset-requests", "120ms",
          "x-ratelimit-reset-tokens", "300ms",
          "cf-cache-status", "DYNAMIC");

  private static final Map<String, String> ANTHROPIC_HEADERS =
      Map.of(
          "anthropic-organization-id", "00000000-0000-4000-8000-00000000051a",
          "anthropic-ratelimit-requests-limit", "50",
          "anthropic-ratelimit-requests-remaining", "49",
          "anthropic-ratelimit-requests-reset", "2030-01-01T00:00:00Z",
          "anthropic-ratelimit-input-tokens-limit", "30000",
          "anthropic-ratelimit-input-tokens-remaining", "29000",
          "anthropic-ratelimit-output-tokens-limit", "8000",
          "anthropic-ratelimit-output-tokens-remaining", "7900",
          "via", "1.1 google",
          "cf-cache-status", "DYNAMIC");

  /// The request as it arrived, credentials masked.
  ObjectNode describe() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("method", request.method().name())
        .put("uri", request.uri())
        .put("provider", vendor.name().toLowerCase(Locale.ROOT))
        .put("key_label", keyLabel);
    ObjectNode headers = json.putObject("headers");
    for (Map.Entry<String, String> header : request.headers()) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      String value =
          CREDENTIAL_HEADERS.contains(name) ? masked(header.getValue()) : header.getValue();
      headers.withArrayProperty(name).add(value);
    }
    return json.put("body", rawBody);
  }

  /// Keeps the scheme and, of a value long enough to spare them, the last characters.
  private static String masked(String value) {
    int space = value.indexOf(' ');
    String scheme = space < 0 ? "" : value.substring(0, space + 1);
    String credential = value.substring(scheme.length());
    return scheme
        + "***"
        + (credential.length() < 4 * SHOWN_OF_CREDENTIAL
            ? ""
            : credential.substring(credential.length() - SHOWN_OF_CREDENTIAL));
  }
}
