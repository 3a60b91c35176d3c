package dev.mandate.simulator;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.simulator.SimulatedModel.Vendor;
import dev.mandate.simulator.SimulatorConfig.Account;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A running simulated provider. The package's documentation lists what it serves, [Directive] the
/// knobs that a prompt can turn.
///
/// All its state belongs to the one event loop that accepts its connections.
public final class SimulatedProvider implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SimulatedProvider.class);

  /// Longer than the longest `delay` and `chunk_delay`.
  private static final Duration IDLE_TIMEOUT = Duration.ofMinutes(15);

  /// Members of OpenAI's that Mistral is known to refuse.
  private static final List<String> MISTRAL_FORBIDDEN =
      List.of("stream_options", "store", "max_completion_tokens", "service_tier", "user");

  private final Vertx vertx;
  private final SimulatorConfig config;
  private final List<Account> accounts;
  private final HttpServer server;
  private final Counters counters = new Counters();
  private final PromptCache promptCache = new PromptCache();
  private final OpenAiKept openAiKept = new OpenAiKept();
  private final @Nullable OpenAiAdmin admin;
  private long requests;
  private @Nullable Exchange last;

  private SimulatedProvider(Vertx vertx, SimulatorConfig config) {
    this.vertx = vertx;
    this.config = config;
    this.accounts = config.accounts();
    this.admin =
        config.administration() == null
            ? null
            : new OpenAiAdmin(config.administration(), config.clock());
    HttpServerOptions options =
        new HttpServerOptions()
            .setHandle100ContinueAutomatically(true)
            .setIdleTimeout((int) IDLE_TIMEOUT.toSeconds());
    this.server = vertx.createHttpServer(options).requestHandler(this::handle);
  }

  /// Listens, and returns when it does. Not to be called on an event loop.
  public static SimulatedProvider start(Vertx vertx, SimulatorConfig config) {
    SimulatedProvider provider = new SimulatedProvider(vertx, config);
    try {
      provider
          .server
          .listen(config.port(), config.host())
          .toCompletionStage()
          .toCompletableFuture()
          .join();
    } catch (CompletionException refused) {
      throw new IllegalStateException(
          "The simulated provider cannot listen on " + config.host() + ":" + config.port(),
          refused.getCause());
    }
    return provider;
  }

  public int port() {
    return server.actualPort();
  }

  /// The root of the listener: OpenAI's base URL is this + `/v1`, Anthropic's is this.
  public String baseUrl() {
    String host = config.host().contains(":") ? "[" + config.host() + "]" : config.host();
    return "http://" + host + ":" + port();
  }

  public List<SimulatedModel> models() {
    return config.models();
  }

  @Override
  public void close() {
    server.close().toCompletionStage().toCompletableFuture().join();
  }

  private void handle(HttpServerRequest request) {
    if (Exchange.path(request).startsWith("/sim/")) {
      control(request);
      return;
    }
    counters.arrived();
    Address address = Address.of(request);
    String id = "sim%012d".formatted(++requests);
    Exchange exchange = new Exchange(vertx, config, counters, request, address, id);
    last = exchange;
    Buffer body = Buffer.buffer();
    request.exceptionHandler(gone -> LOG.debug("request {} was cut off", id, gone));
    request.handler(
        bytes -> {
          if (body.length() + bytes.length() > config.maxBodyBytes()) {
            request.handler(null).endHandler(null);
            tooLarge(exchange);
          } else {
            body.appendBuffer(bytes);
          }
        });
    request.endHandler(
        _ -> {
          exchange.bodyArrived(body);
          dispatch(exchange);
        });
  }

  /// The rest of the body is not read: the connection ends with the answer.
  private void tooLarge(Exchange exchange) {
    exchange.response().putHeader("connection", "close");
    exchange.refuse(
        new Refusal(
            413,
            null,
            null,
            null,
            switch (exchange.vendor()) {
              case OPENAI -> "Maximum content size limit (" + config.maxBodyBytes() + ") exceeded";
              case ANTHROPIC, GEMINI, MISTRAL, BEDROCK -> "Request exceeds the maximum size";
            }));
  }

  private void dispatch(Exchange exchange) {
    try {
      switch (exchange.vendor()) {
        case OPENAI -> openAi(exchange);
        case ANTHROPIC -> anthropic(exchange);
        case GEMINI -> gemini(exchange);
        case MISTRAL -> mistral(exchange);
        case BEDROCK -> bedrock(exchange);
      }
    } catch (Refusal refusal) {
      exchange.refuse(refusal);
    } catch (RuntimeException bug) {
      LOG.error("The simulated provider failed on request {}", exchange.id(), bug);
      exchange.refuse(new Refusal(500, null, null, null, Refusal.serverError()));
    }
  }

  private void openAi(Exchange exchange) {
    Address address = exchange.address();
    boolean azure = address.azure();
    String apiKey = exchange.request().getHeader("api-key");
    String key = !azure ? exchange.bearer() : apiKey == null ? "" : apiKey;
    if (key.isEmpty()) {
      throw new Refusal(
          401,
          "invalid_request_error",
          null,
          null,
          "You didn't provide an API key. You need to provide your API key in an Authorization"
              + " header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).");
    }
    String path = exchange.path();
    boolean known = admit(exchange, Vendor.OPENAI, key);
    if (admin != null && OpenAiAdmin.isFor(path)) {
      admin.handle(exchange, known);
      return;
    }
    if (!known) {
      throw Refusal.wrongOpenAiKey(key);
    }
    if (address.dated() && exchange.request().getParam("api-version") == null) {
      throw new Refusal(404, null, "404", null, "Resource not found");
    }
    switch (path) {
      case "/v1/chat/completions" ->
          post(
              exchange,
              () -> {
                openAiKept.findFiles(exchange);
                OpenAiChat.handle(address.named(exchange));
              });
      case "/v1/responses" ->
          post(
              exchange,
              () -> {
                openAiKept.findFiles(exchange);
                OpenAiResponses.handle(exchange, openAiKept);
              });
      case "/v1/embeddings" ->
          post(exchange, () -> OpenAiEmbeddings.handle(address.named(exchange)));
      case "/v1/images/generations" ->
          post(exchange, () -> OpenAiImages.handle(address.named(exchange), 0));
      case "/v1/audio/speech" -> post(exchange, () -> OpenAiAudio.speak(address.named(exchange)));
      case "/v1/images/edits", "/v1/audio/transcriptions", "/v1/audio/translations" -> {
        requireMethod(exchange, HttpMethod.POST);
        Form form = Form.read(exchange);
        exchange.body(form.fields());
        Exchange named = address.named(exchange);
        if (path.endsWith("edits")) {
          OpenAiImages.handle(named, form.files());
        } else {
          OpenAiAudio.hear(named, form.fileBytes());
        }
      }
      default -> {
        if (!openAiKept.handle(exchange)) {
          models(exchange, path);
        }
      }
    }
  }

  private void bedrock(Exchange exchange) {
    Account known = null;
    for (Account account : accounts) {
      if (account.vendor() == Vendor.BEDROCK
          && BedrockKeys.admits(account.secret().reveal(), exchange)) {
        known = account;
      }
    }
    if (known == null) {
      throw new Refusal(
          403,
          "UnrecognizedClientException",
          null,
          null,
          "The security token included in the request is invalid.");
    }
    exchange.keyLabel(known.label());
    if (exchange.path().equals("/async-invoke")) {
      exchange.send(JsonNodeFactory.instance.objectNode());
    } else if (Bedrock.isServed(exchange.path())) {
      post(exchange, () -> Bedrock.converse(exchange));
    } else {
      throw new Refusal(404, "UnknownOperationException", null, null, "Unknown operation");
    }
  }

  private void mistral(Exchange exchange) {
    if (!admit(exchange, Vendor.MISTRAL, exchange.bearer())) {
      throw new Refusal(401, null, null, null, "Unauthorized");
    }
    String path = exchange.path();
    switch (path) {
      case "/v1/chat/completions" ->
          post(
              exchange,
              () -> {
                for (String unknown : MISTRAL_FORBIDDEN) {
                  if (exchange.body().has(unknown)) {
                    throw new Refusal(
                        422,
                        "invalid_request_error",
                        null,
                        null,
                        "extra_forbidden: body." + unknown + ": Extra inputs are not permitted");
                  }
                }
                OpenAiChat.handle(exchange);
              });
      case "/v1/embeddings" -> post(exchange, () -> OpenAiEmbeddings.handle(exchange));
      default -> models(exchange, path);
    }
  }

  private void gemini(Exchange exchange) {
    String header = exchange.request().getHeader("x-goog-api-key");
    if (header == null || !admit(exchange, Vendor.GEMINI, header)) {
      throw new Refusal(400, null, null, null, "API key not valid. Please pass a valid API key.");
    }
    String path = exchange.path();
    int at = path.lastIndexOf(':');
    if (at < 0) {
      throw new Refusal(404, null, null, null, "Not Found");
    }
    String model = path.substring(path.lastIndexOf('/') + 1, at);
    switch (path.substring(at + 1)) {
      case "generateContent" -> post(exchange, () -> Gemini.generate(exchange, model, false));
      case "streamGenerateContent" -> post(exchange, () -> Gemini.generate(exchange, model, true));
      case "countTokens" -> post(exchange, () -> Gemini.count(exchange, model));
      case "embedContent" -> post(exchange, () -> Gemini.embed(exchange, model, false));
      case "batchEmbedContents" -> post(exchange, () -> Gemini.embed(exchange, model, true));
      default -> throw new Refusal(404, null, null, null, "Not Found");
    }
  }

  /// The key comes as `x-api-key` or, as Anthropic's own SDKs send it since API version 2026-10-21,
  /// as a bearer token.
  private void anthropic(Exchange exchange) {
    String header = exchange.request().getHeader("x-api-key");
    String key = header == null ? exchange.bearer() : header;
    if (key.isEmpty()) {
      throw new Refusal(401, null, null, null, "x-api-key header is required");
    }
    if (!admit(exchange, Vendor.ANTHROPIC, key)) {
      String what = header == null ? "Invalid bearer token" : "invalid x-api-key";
      throw new Refusal(401, null, null, null, what);
    }
    String version = exchange.request().getHeader("anthropic-version");
    if (version == null) {
      throw Refusal.invalid("anthropic-version: header is required");
    }
    if (!AnthropicMessages.VERSIONS.contains(version)) {
      throw Refusal.invalid("anthropic-version: \"" + version + "\" is not a valid version");
    }
    String path = exchange.path();
    switch (path) {
      case "/v1/messages" -> post(exchange, () -> AnthropicMessages.create(exchange, promptCache));
      case "/v1/messages/count_tokens" -> post(exchange, () -> AnthropicMessages.count(exchange));
      default -> models(exchange, path);
    }
  }

  private boolean admit(Exchange exchange, Vendor vendor, String key) {
    Secret presented = Secret.of(key);
    for (Account account : accounts) {
      if (account.vendor() == vendor && account.secret().equals(presented)) {
        exchange.keyLabel(account.label());
        return true;
      }
    }
    String made = admin == null || vendor != Vendor.OPENAI ? null : admin.label(presented);
    if (made != null) {
      exchange.keyLabel(made);
    }
    return made != null;
  }

  private static void post(Exchange exchange, Runnable endpoint) {
    requireMethod(exchange, HttpMethod.POST);
    exchange.parseBody();
    endpoint.run();
  }

  private static void requireMethod(Exchange exchange, HttpMethod method) {
    HttpServerRequest request = exchange.request();
    if (!request.method().equals(method)) {
      throw new Refusal(
          405,
          null,
          null,
          null,
          "Not allowed to %s on %s.".formatted(request.method(), request.path()));
    }
  }

  private static void models(Exchange exchange, String path) {
    String list = "/v1/models";
    if (path.equals(list)) {
      requireMethod(exchange, HttpMethod.GET);
      exchange.send(modelList(exchange));
    } else if (path.startsWith(list + "/")) {
      requireMethod(exchange, HttpMethod.GET);
      exchange.send(describe(exchange.model(path.substring(list.length() + 1))));
    } else {
      String where = exchange.request().method() + " " + path;
      throw new Refusal(
          404,
          null,
          null,
          null,
          exchange.vendor() != Vendor.ANTHROPIC ? "Invalid URL (" + where + ")" : "Not Found");
    }
  }

  private static ObjectNode modelList(Exchange exchange) {
    List<SimulatedModel> models = exchange.models();
    ObjectNode list = JsonNodeFactory.instance.objectNode();
    if (exchange.vendor() != Vendor.ANTHROPIC) {
      list.put("object", "list");
    }
    ArrayNode data = list.putArray("data");
    models.forEach(model -> data.add(describe(model)));
    if (exchange.vendor() == Vendor.ANTHROPIC) {
      list.put("has_more", false);
      list.put("first_id", models.isEmpty() ? null : models.getFirst().id());
      list.put("last_id", models.isEmpty() ? null : models.getLast().id());
    }
    return list;
  }

  private static ObjectNode describe(SimulatedModel model) {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("id", model.id());
    return switch (model.vendor()) {
      case OPENAI, GEMINI, MISTRAL, BEDROCK ->
          json.put("object", "model").put("created", 1_754_425_777).put("owned_by", "system");
      case ANTHROPIC ->
          json.put("type", "model")
              .put("display_name", model.displayName())
              .put("created_at", "2025-09-29T00:00:00Z")
              .put("lifecycle", "active")
              .put("max_input_tokens", model.contextTokens())
              .put("max_tokens", model.maxOutputTokens())
              .putNull("capabilities")
              .putNull("deprecated_at")
              .putNull("retires_at")
              .putNull("line");
    };
  }

  /// `GET /sim/stats`, `GET /sim/last`, `POST /sim/reset`: for tests, so without a key.
  private void control(HttpServerRequest request) {
    request.response().putHeader("content-type", "application/json");
    String what = request.method() + " " + Exchange.path(request);
    switch (what) {
      case "GET /sim/stats" -> request.response().end(counters.toJson().toString());
      case "GET /sim/last" ->
          request.response().end(last == null ? "{}" : last.describe().toString());
      case "POST /sim/reset" -> {
        counters.reset();
        promptCache.clear();
        openAiKept.clear();
        last = null;
        request.response().end("{}");
      }
      default ->
          request
              .response()
              .setStatusCode(404)
              .end("{\"error\":\"expected GET /sim/stats, GET /sim/last or POST /sim/reset\"}");
    }
  }
}
