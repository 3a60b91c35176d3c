package dev.mandate.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.simulator.Counters.Tally;
import dev.mandate.simulator.PromptCache.Charge;
import dev.mandate.simulator.SimulatedModel.Task;
import dev.mandate.simulator.Tokens.Piece;
import java.util.List;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/// `POST /v1/chat/completions`, whole or as `chat.completion.chunk` events.
final class OpenAiChat implements EventStream.Script {
  /// OpenAI's own limit.
  private static final int MAX_CHOICES = 128;

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final Exchange exchange;
  private final String model;
  private final int choices;
  private final boolean includeUsage;
  private final int promptTokens;
  private final Answer answer;
  private final boolean mistral;

  private OpenAiChat(
      Exchange exchange,
      String model,
      int choices,
      boolean includeUsage,
      int promptTokens,
      Answer answer) {
    this.exchange = exchange;
    this.model = model;
    this.choices = choices;
    this.includeUsage = includeUsage;
    this.promptTokens = promptTokens;
    this.answer = answer;
    this.mistral = exchange.vendor() == SimulatedModel.Vendor.MISTRAL;
  }

  static void handle(Exchange exchange) {
    JsonNode body = exchange.body();
    SimulatedModel model =
        exchange.model(
            OpenAiParameters.model(body),
            Task.CHAT,
            "This is not a chat model and thus not supported in the v1/chat/completions endpoint.");
    int choices = OpenAiParameters.integer(body, "n", 1, MAX_CHOICES, 1);
    int most = model.maxOutputTokens();
    int limit =
        Math.min(
            OpenAiParameters.integer(body, "max_tokens", 1, most, most),
            OpenAiParameters.integer(body, "max_completion_tokens", 1, most, most));
    boolean stream = OpenAiParameters.flag(body, "stream");
    if (!stream && !absent(body.path("stream_options"))) {
      throw Refusal.invalid(
          null,
          "stream_options",
          "The 'stream_options' parameter is only allowed when 'stream' is enabled.");
    }
    Prompt prompt = prompt(body);
    OpenAiParameters.fits(prompt, model);
    exchange.obey(prompt.lastUserText(), model.id());
    Answer answer =
        Answer.to(
            prompt,
            exchange.directive(),
            limit,
            schema(body.path("response_format")),
            stops(body.path("stop")),
            exchange.rawBody());
    boolean includeUsage = body.path("stream_options").path("include_usage").asBoolean();
    OpenAiChat chat =
        new OpenAiChat(exchange, model.id(), choices, includeUsage, prompt.tokens(), answer);
    chat.send(stream, exchange.tally(model));
  }

  private void send(boolean stream, Tally tally) {
    if (stream) {
      exchange.afterDelay(
          0,
          () -> {
            tally.served(Charge.uncached(promptTokens));
            EventStream.play(exchange, this, tally);
          });
      return;
    }
    exchange.answer(
        () -> {
          tally.served(Charge.uncached(promptTokens));
          tally.generated(choices * answer.tokens());
        },
        tally,
        whole());
  }

  private static boolean absent(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }

  // -- request

  private static Prompt prompt(JsonNode body) {
    JsonNode messages = body.path("messages");
    if (absent(messages)) {
      throw Refusal.invalid(
          "missing_required_parameter", "messages", "Missing required parameter: 'messages'.");
    }
    if (!messages.isArray()) {
      throw Refusal.wrongType("messages", "an array of objects");
    }
    if (messages.isEmpty()) {
      throw Refusal.invalid(
          "empty_array",
          "messages",
          "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an"
              + " empty array instead.");
    }
    Prompt prompt = new Prompt();
    for (int at = 0; at < messages.size(); at++) {
      message(prompt, messages.get(at), "messages[" + at + "]");
    }
    JsonNode tools = body.path("tools");
    prompt.tools(tools);
    for (JsonNode tool : tools) {
      if (tool.path("type").asText().equals("function")) {
        JsonNode function = tool.path("function");
        prompt.tool(function.path("name").asText(), function.path("parameters"));
      }
    }
    if (body.path("tool_choice").asText().equals("none")) {
      prompt.forbidTools();
    }
    return prompt;
  }

  private static void message(Prompt prompt, JsonNode message, String where) {
    String role = message.path("role").asText();
    if (!List.of("system", "developer", "user", "assistant", "tool", "function").contains(role)) {
      throw Refusal.invalid(
          "invalid_value",
          where + ".role",
          "Invalid value: '"
              + role
              + "'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and"
              + " 'developer'.");
    }
    prompt.message(role);
    if (role.equals("tool") || role.equals("function")) {
      prompt.toolResult();
    }
    JsonNode content = message.path("content");
    if (content.isTextual()) {
      prompt.text(role, content.asText());
    } else if (content.isArray()) {
      for (int at = 0; at < content.size(); at++) {
        part(prompt, role, content.get(at), where + ".content[" + at + "]");
      }
    } else if (!absent(content) || !role.equals("assistant")) {
      throw Refusal.wrongType(where + ".content", "one of a string or array of objects");
    }
    for (JsonNode call : message.path("tool_calls")) {
      prompt.text(role, call.path("function").path("name").asText());
      prompt.text(role, call.path("function").path("arguments").asText());
    }
  }

  private static void part(Prompt prompt, String role, JsonNode part, String where) {
    switch (part.path("type").asText()) {
      case "text" -> prompt.text(role, part.path("text").asText());
      case "refusal" -> prompt.text(role, part.path("refusal").asText());
      case "file" -> {
        // What is in it does not matter here; that the account has it was checked.
      }
      case "image_url" -> {
        OpenAiParameters.image(part.path("image_url").path("url"), where + ".image_url.url");
        prompt.image();
      }
      default ->
          throw Refusal.invalid(
              "invalid_value",
              where + ".type",
              "Invalid value: '"
                  + part.path("type").asText()
                  + "'. Supported values are: 'text', 'image_url' and 'refusal'.");
    }
  }

  private static @Nullable JsonNode schema(JsonNode format) {
    return switch (format.path("type").asText()) {
      case "json_object" -> MissingNode.getInstance();
      case "json_schema" -> format.path("json_schema").path("schema");
      default -> null;
    };
  }

  private static List<String> stops(JsonNode stop) {
    return stop.isTextual()
        ? List.of(stop.asText())
        : StreamSupport.stream(stop.spliterator(), false).map(JsonNode::asText).toList();
  }

  // -- whole answer

  private ObjectNode whole() {
    ObjectNode json = head("chat.completion");
    ArrayNode list = json.putArray("choices");
    for (int index = 0; index < choices; index++) {
      ObjectNode choice = list.addObject().put("index", index);
      ObjectNode message = choice.putObject("message").put("role", "assistant");
      if (answer.toolName() == null) {
        message.put("content", answer.text());
      } else {
        message.putNull("content");
      }
      message.putNull("refusal").putArray("annotations");
      if (answer.toolName() != null) {
        toolCall(message.putArray("tool_calls").addObject(), index, answer.text());
      }
      choice.putNull("logprobs").put("finish_reason", finishReason());
    }
    if (exchange.directive().usage()) {
      json.set("usage", usage());
    }
    return json;
  }

  private ObjectNode head(String object) {
    return NODES
        .objectNode()
        .put("id", "chatcmpl-" + exchange.id())
        .put("object", object)
        .put("created", exchange.createdSeconds())
        .put("model", model)
        .put("service_tier", "default")
        .putNull("system_fingerprint");
  }

  private void toolCall(ObjectNode call, int choice, String arguments) {
    call.put("id", "call_" + exchange.id() + "_" + choice).put("type", "function");
    call.putObject("function").put("name", answer.toolName()).put("arguments", arguments);
  }

  private String finishReason() {
    return switch (answer.ending()) {
      case COMPLETE, STOP_SEQUENCE -> "stop";
      case LENGTH -> "length";
      case TOOL_CALL -> "tool_calls";
    };
  }

  private ObjectNode usage() {
    int completion = choices * answer.tokens();
    ObjectNode usage =
        NODES
            .objectNode()
            .put("prompt_tokens", promptTokens)
            .put("completion_tokens", completion)
            .put("total_tokens", promptTokens + completion);
    usage
        .putObject("prompt_tokens_details")
        .put("cached_tokens", 0)
        .put("cache_write_tokens", 0)
        .put("audio_tokens", 0);
    usage
        .putObject("completion_tokens_details")
        .put("reasoning_tokens", 0)
        .put("audio_tokens", 0)
        .put("accepted_prediction_tokens", 0)
        .put("rejected_prediction_tokens", 0);
    return usage;
  }

  // -- streamed answer: each choice's first chunk, all pieces in turn, each choice's last chunk

  @Override
  public String opening() {
    StringBuilder events = new StringBuilder();
    for (int index = 0; index < choices; index++) {
      ObjectNode delta = NODES.objectNode().put("role", "assistant");
      if (answer.toolName() == null) {
        delta.put("content", "");
      } else {
        delta.putNull("content");
        toolCall(delta.putArray("tool_calls").addObject().put("index", 0), index, "");
      }
      delta.putNull("refusal");
      events.append(event(index, delta, null));
    }
    return events.toString();
  }

  @Override
  public int openingTokens() {
    return choices * answer.tokensAhead();
  }

  @Override
  public int chunkCount() {
    return choices * answer.pieces().size();
  }

  private Piece piece(int index) {
    return answer.pieces().get(index / choices);
  }

  @Override
  public int tokens(int index) {
    return piece(index).tokens();
  }

  @Override
  public String chunk(int index) {
    ObjectNode delta = NODES.objectNode();
    String text = piece(index).text();
    if (answer.toolName() == null) {
      delta.put("content", text);
    } else {
      ObjectNode call = delta.putArray("tool_calls").addObject().put("index", 0);
      call.putObject("function").put("arguments", text);
    }
    return event(index % choices, delta, null);
  }

  @Override
  public String closing() {
    StringBuilder events = new StringBuilder();
    for (int index = 0; index < choices; index++) {
      events.append(event(index, NODES.objectNode(), finishReason()));
    }
    if (mistral) {
      return events.append("data: [DONE]\n\n").toString();
    }
    if (includeUsage && exchange.directive().usage()) {
      ObjectNode last = head("chat.completion.chunk");
      last.putArray("choices");
      last.set("usage", usage());
      events.append("data: ").append(last).append("\n\n");
    }
    return events.append("data: [DONE]\n\n").toString();
  }

  @Override
  public String failure() {
    Refusal failure = new Refusal(500, null, null, null, Refusal.serverError());
    return "data: " + failure.body(exchange.vendor(), exchange.id()) + "\n\n";
  }

  private String event(int index, ObjectNode delta, @Nullable String finishReason) {
    ObjectNode chunk = head("chat.completion.chunk");
    ObjectNode choice = chunk.putArray("choices").addObject().put("index", index);
    choice.set("delta", delta);
    choice.putNull("logprobs").put("finish_reason", finishReason);
    if (includeUsage) {
      chunk.putNull("usage");
    }
    // Mistral's usage is in the last chunk that says something, asked for or not.
    if (mistral && finishReason != null && index == choices - 1 && exchange.directive().usage()) {
      chunk.set("usage", usage());
    }
    return "data: " + chunk + "\n\n";
  }
}
