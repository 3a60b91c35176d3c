package dev.mandate.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.simulator.Counters.Tally;
import dev.mandate.simulator.PromptCache.Charge;
import dev.mandate.simulator.PromptCache.Trail;
import dev.mandate.simulator.SimulatedModel.Task;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.StreamSupport;

/// `POST /v1/messages`, whole or as named events, and `POST /v1/messages/count_tokens`.
final class AnthropicMessages implements EventStream.Script {
  /// The version that took the sampling parameters away.
  private static final String WITHOUT_SAMPLING = "2026-10-21";

  static final List<String> VERSIONS = List.of("2023-01-01", "2023-06-01", WITHOUT_SAMPLING);

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final JsonMapper JSON = new JsonMapper();

  private final Exchange exchange;
  private final String model;
  private final Charge charge;
  private final Answer answer;

  private AnthropicMessages(Exchange exchange, String model, Charge charge, Answer answer) {
    this.exchange = exchange;
    this.model = model;
    this.charge = charge;
    this.answer = answer;
  }

  static void create(Exchange exchange, PromptCache cache) {
    JsonNode body = exchange.body();
    SimulatedModel model = model(exchange);
    int limit = maxTokens(body.path("max_tokens"), model);
    JsonNode stream = body.path("stream");
    if (!stream.isMissingNode() && !stream.isBoolean()) {
      throw Refusal.invalid("stream: Input should be a valid boolean");
    }
    Trail trail = new Trail(exchange.keyLabel(), model.id());
    Prompt prompt = prompt(body, trail);
    if (prompt.tokens() > model.contextTokens()) {
      throw Refusal.invalid(
          "prompt is too long: %d tokens > %d maximum"
              .formatted(prompt.tokens(), model.contextTokens()));
    }
    exchange.obey(prompt.lastUserText(), model.id());
    List<String> stops =
        StreamSupport.stream(body.path("stop_sequences").spliterator(), false)
            .map(JsonNode::asText)
            .toList();
    Answer answer = Answer.to(prompt, exchange.directive(), limit, null, stops, exchange.rawBody());
    Charge charge = cache.charge(trail, prompt.tokens());
    new AnthropicMessages(exchange, model.id(), charge, answer)
        .send(stream.asBoolean(), exchange.tally(model));
  }

  static void count(Exchange exchange) {
    SimulatedModel model = model(exchange);
    Prompt prompt = prompt(exchange.body(), new Trail("", ""));
    exchange.obey(prompt.lastUserText(), model.id());
    exchange.answer(
        () -> {}, exchange.tally(model), NODES.objectNode().put("input_tokens", prompt.tokens()));
  }

  private void send(boolean stream, Tally tally) {
    if (stream) {
      exchange.afterDelay(
          0,
          () -> {
            tally.served(charge);
            EventStream.play(exchange, this, tally);
          });
      return;
    }
    exchange.answer(
        () -> {
          tally.served(charge);
          tally.generated(answer.tokens());
        },
        tally,
        whole());
  }

  // -- request

  private static SimulatedModel model(Exchange exchange) {
    if (WITHOUT_SAMPLING.equals(exchange.request().getHeader("anthropic-version"))) {
      for (String removed : List.of("temperature", "top_p", "top_k")) {
        if (exchange.body().has(removed)) {
          throw Refusal.invalid(removed + ": Extra inputs are not permitted");
        }
      }
    }
    JsonNode model = exchange.body().path("model");
    if (model.isMissingNode()) {
      throw Refusal.invalid("model: Field required");
    }
    if (!model.isTextual()) {
      throw Refusal.invalid("model: Input should be a valid string");
    }
    return exchange.model(model.asText(), Task.CHAT, "model: not a chat model");
  }

  private static int maxTokens(JsonNode maxTokens, SimulatedModel model) {
    if (maxTokens.isMissingNode()) {
      throw Refusal.invalid("max_tokens: Field required");
    }
    if (!maxTokens.isIntegralNumber()) {
      throw Refusal.invalid("max_tokens: Input should be a valid integer");
    }
    if (maxTokens.bigIntegerValue().signum() <= 0) {
      throw Refusal.invalid("max_tokens: Input should be greater than or equal to 1");
    }
    if (!maxTokens.canConvertToInt() || maxTokens.asInt() > model.maxOutputTokens()) {
      throw Refusal.invalid(
          "max_tokens: %s > %d, which is the maximum allowed number of output tokens for %s"
              .formatted(maxTokens.asText(), model.maxOutputTokens(), model.id()));
    }
    return maxTokens.asInt();
  }

  /// In the order in which Anthropic caches: tools, system, messages.
  private static Prompt prompt(JsonNode body, Trail trail) {
    JsonNode messages = body.path("messages");
    if (messages.isMissingNode()) {
      throw Refusal.invalid("messages: Field required");
    }
    if (!messages.isArray()) {
      throw Refusal.invalid("messages: Input should be a valid list");
    }
    if (messages.isEmpty()) {
      throw Refusal.invalid("messages: at least one message is required");
    }
    Prompt prompt = new Prompt();
    tools(prompt, body, trail);
    JsonNode system = body.path("system");
    if (!system.isMissingNode()) {
      prompt.message("system");
      content(prompt, "system", system, trail, "system");
    }
    for (int at = 0; at < messages.size(); at++) {
      JsonNode message = messages.get(at);
      String where = "messages." + at;
      String role = message.path("role").asText();
      if (!role.equals("user") && !role.equals("assistant")) {
        throw Refusal.invalid(where + ".role: Input should be 'user' or 'assistant'");
      }
      prompt.message(role);
      trail.block(role);
      content(prompt, role, message.path("content"), trail, where + ".content");
    }
    return prompt;
  }

  private static void tools(Prompt prompt, JsonNode body, Trail trail) {
    JsonNode tools = body.path("tools");
    prompt.tools(tools);
    for (JsonNode tool : tools) {
      if (tool.path("type").asText("custom").equals("custom")) {
        prompt.tool(tool.path("name").asText(), tool.path("input_schema"));
      }
    }
    trail.block(tools.toString());
    for (JsonNode tool : tools) {
      // Tools are counted as one text, so a mark on any of them covers them all.
      mark(prompt, tool, trail);
    }
    if (body.path("tool_choice").path("type").asText().equals("none")) {
      prompt.forbidTools();
    }
  }

  private static void mark(Prompt prompt, JsonNode block, Trail trail) {
    JsonNode control = block.path("cache_control");
    if (control.isObject()) {
      trail.breakpoint(prompt.tokens(), control.path("ttl").asText().equals("1h"));
    }
  }

  private static void content(
      Prompt prompt, String role, JsonNode content, Trail trail, String where) {
    if (content.isTextual()) {
      prompt.text(role, content.asText());
      trail.block(content.asText());
      return;
    }
    if (!content.isArray()) {
      throw Refusal.invalid(where + ": Input should be a valid string or list");
    }
    for (int at = 0; at < content.size(); at++) {
      JsonNode block = content.get(at);
      block(prompt, role, block, where + "." + at);
      ObjectNode unmarked = NODES.objectNode();
      block.properties().forEach(p -> unmarked.set(p.getKey(), p.getValue()));
      trail.block(unmarked.without("cache_control").toString());
      mark(prompt, block, trail);
    }
  }

  private static void block(Prompt prompt, String role, JsonNode block, String where) {
    switch (block.path("type").asText()) {
      case "text" -> prompt.text(role, block.path("text").asText());
      case "image" -> prompt.image();
      case "thinking", "redacted_thinking" -> {
        // Anthropic does not charge thinking of earlier turns.
      }
      case "tool_use" -> {
        prompt.text(role, block.path("name").asText());
        prompt.text(role, block.path("input").toString());
      }
      case "tool_result" -> {
        prompt.toolResult();
        toolResult(prompt, block.path("content"), where);
      }
      default ->
          throw Refusal.invalid(
              "%s: Input tag '%s' found using 'type' does not match any of the expected tags: 'image', 'redacted_thinking', 'text', 'thinking', 'tool_result', 'tool_use'"
                  .formatted(where, block.path("type").asText()));
    }
  }

  /// Its text is no user text: it carries no directive and asks for no tool.
  private static void toolResult(Prompt prompt, JsonNode content, String where) {
    if (content.isTextual()) {
      prompt.text("tool", content.asText());
      return;
    }
    for (int at = 0; at < content.size(); at++) {
      block(prompt, "tool", content.get(at), where + ".content." + at);
    }
  }

  // -- whole answer

  private ObjectNode message() {
    return NODES
        .objectNode()
        .put("model", model)
        .put("id", "msg_" + exchange.id())
        .put("type", "message")
        .put("role", "assistant");
  }

  private ObjectNode whole() {
    ObjectNode json = message();
    json.putArray("content").add(block(answer.text()));
    json.put("stop_reason", stopReason()).put("stop_sequence", answer.stopSequence());
    if (exchange.directive().usage()) {
      json.set("usage", usage(answer.tokens()));
    }
    return json;
  }

  private ObjectNode block(String text) {
    if (answer.toolName() == null) {
      return NODES.objectNode().put("type", "text").put("text", text);
    }
    ObjectNode block = NODES.objectNode().put("type", "tool_use");
    block.put("id", "toolu_" + exchange.id()).put("name", answer.toolName());
    block.set("input", input(text));
    return block;
  }

  /// Arguments that `max_tokens` cut off are no JSON any more; Anthropic then shows what it has.
  private static JsonNode input(String arguments) {
    try {
      JsonNode input = JSON.readTree(arguments);
      return input.isObject() ? input : NODES.objectNode();
    } catch (JsonProcessingException cutOff) {
      return NODES.objectNode();
    }
  }

  private String stopReason() {
    return switch (answer.ending()) {
      case COMPLETE -> "end_turn";
      case LENGTH -> "max_tokens";
      case STOP_SEQUENCE -> "stop_sequence";
      case TOOL_CALL -> "tool_use";
    };
  }

  private ObjectNode usage(int outputTokens) {
    ObjectNode usage =
        NODES
            .objectNode()
            .put("input_tokens", charge.uncached())
            .put("cache_creation_input_tokens", charge.write())
            .put("cache_read_input_tokens", charge.read());
    usage
        .putObject("cache_creation")
        .put("ephemeral_5m_input_tokens", charge.write5m())
        .put("ephemeral_1h_input_tokens", charge.write1h());
    return usage.put("output_tokens", outputTokens).put("service_tier", "standard");
  }

  // -- streamed answer

  @Override
  public String opening() {
    ObjectNode message = message();
    message.putArray("content");
    message.putNull("stop_reason").putNull("stop_sequence");
    if (exchange.directive().usage()) {
      // A placeholder, as in the real stream: message_delta has the count.
      message.set("usage", usage(1));
    }
    return event("message_start", json -> json.set("message", message))
        + event("content_block_start", json -> json.put("index", 0).set("content_block", block("")))
        + event("ping", _ -> {});
  }

  @Override
  public int openingTokens() {
    return answer.tokensAhead();
  }

  @Override
  public int chunkCount() {
    return answer.pieces().size();
  }

  @Override
  public int tokens(int index) {
    return answer.pieces().get(index).tokens();
  }

  @Override
  public String chunk(int index) {
    String text = answer.pieces().get(index).text();
    ObjectNode delta =
        answer.toolName() == null
            ? NODES.objectNode().put("type", "text_delta").put("text", text)
            : NODES.objectNode().put("type", "input_json_delta").put("partial_json", text);
    return event("content_block_delta", json -> json.put("index", 0).set("delta", delta));
  }

  @Override
  public String closing() {
    return event("content_block_stop", json -> json.put("index", 0))
        + event(
            "message_delta",
            json -> {
              json.putObject("delta")
                  .put("stop_reason", stopReason())
                  .put("stop_sequence", answer.stopSequence());
              if (exchange.directive().usage()) {
                json.putObject("usage")
                    .put("input_tokens", charge.uncached())
                    .put("cache_creation_input_tokens", charge.write())
                    .put("cache_read_input_tokens", charge.read())
                    .put("output_tokens", answer.tokens());
              }
            })
        + event("message_stop", _ -> {});
  }

  @Override
  public String failure() {
    return event(
        "error",
        json ->
            json.putObject("error").put("type", "overloaded_error").put("message", "Overloaded"));
  }

  private static String event(String type, Consumer<ObjectNode> members) {
    ObjectNode json = NODES.objectNode().put("type", type);
    members.accept(json);
    return "event: " + type + "\ndata: " + json + "\n\n";
  }
}
