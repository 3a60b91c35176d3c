package dev.mandate.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.simulator.Answer.Ending;
import dev.mandate.simulator.Counters.Tally;
import dev.mandate.simulator.PromptCache.Charge;
import dev.mandate.simulator.SimulatedModel.Task;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// `POST /v1/responses`, whole or as typed events with sequence numbers.
final class OpenAiResponses implements EventStream.Script {
  /// OpenAI's own minimum, which surprises whoever caps output by a small rest of a budget.
  private static final int MIN_OUTPUT_TOKENS = 16;

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final Exchange exchange;
  private final int promptTokens;
  private final Answer answer;
  private final long created;
  private int sequence;

  private OpenAiResponses(Exchange exchange, int promptTokens, Answer answer) {
    this.exchange = exchange;
    this.promptTokens = promptTokens;
    this.answer = answer;
    this.created = exchange.createdSeconds();
  }

  static void handle(Exchange exchange, OpenAiKept kept) {
    JsonNode body = exchange.body();
    SimulatedModel model =
        exchange.model(
            OpenAiParameters.model(body),
            Task.CHAT,
            "The requested model cannot be used with the Responses API.");
    int before = before(exchange, kept);
    int most = model.maxOutputTokens();
    int limit = OpenAiParameters.integer(body, "max_output_tokens", MIN_OUTPUT_TOKENS, most, most);
    boolean stream = OpenAiParameters.flag(body, "stream");
    Prompt prompt = prompt(body);
    OpenAiParameters.fits(prompt, model);
    exchange.obey(prompt.lastUserText(), model.id());
    JsonNode format = body.path("text").path("format");
    Answer answer =
        Answer.to(
            prompt, exchange.directive(), limit, schema(format), List.of(), exchange.rawBody());
    OpenAiResponses responses = new OpenAiResponses(exchange, prompt.tokens() + before, answer);
    if (body.path("store").asBoolean(true)) {
      responses.keep(kept);
    }
    responses.send(stream, exchange.tally(model));
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
          tally.generated(answer.tokens());
        },
        tally,
        ended());
  }

  // -- request

  /// How many tokens come before this prompt, from what the account keeps.
  private static int before(Exchange exchange, OpenAiKept kept) {
    JsonNode body = exchange.body();
    JsonNode previous = body.path("previous_response_id");
    ObjectNode earlier =
        previous.isTextual() ? kept.find(exchange, "responses", previous.asText()) : null;
    if (previous.isTextual() && earlier == null) {
      throw Refusal.invalid(
          "previous_response_not_found",
          "previous_response_id",
          "Previous response with id '" + previous.asText() + "' not found.");
    }
    JsonNode conversation = body.path("conversation");
    if (!conversation.isMissingNode() && !conversation.isNull()) {
      String id = conversation.path("id").asText(conversation.asText());
      if (kept.find(exchange, "conversations", id) == null) {
        throw new Refusal(404, null, null, null, "Conversation with id '" + id + "' not found.");
      }
    }
    return earlier == null ? 0 : earlier.path("usage").path("total_tokens").asInt();
  }

  private void keep(OpenAiKept kept) {
    JsonNode body = exchange.body();
    ObjectNode whole = ended();
    String id = whole.path("id").asText();
    kept.of(exchange, "responses").put(id, whole);
    JsonNode input = body.path("input");
    if (input.isTextual()) {
      ObjectNode message = NODES.objectNode().put("role", "user").put("content", input.asText());
      input = NODES.arrayNode().add(message);
    }
    kept.add(id, input);
    JsonNode conversation = body.path("conversation");
    if (!conversation.isMissingNode() && !conversation.isNull()) {
      kept.add(conversation.path("id").asText(conversation.asText()), input);
    }
  }

  private static Prompt prompt(JsonNode body) {
    Prompt prompt = new Prompt();
    if (body.path("instructions").isTextual()) {
      prompt.message("system");
      prompt.text("system", body.path("instructions").asText());
    }
    JsonNode input = body.path("input");
    if (input.isTextual()) {
      prompt.message("user");
      prompt.text("user", input.asText());
    } else if (input.isArray() && !input.isEmpty()) {
      for (int at = 0; at < input.size(); at++) {
        item(prompt, input.get(at), "input[" + at + "]");
      }
    } else {
      throw Refusal.invalid(
          "missing_required_parameter", "input", "Missing required parameter: 'input'.");
    }
    JsonNode tools = body.path("tools");
    prompt.tools(tools);
    for (JsonNode tool : tools) {
      if (tool.path("type").asText().equals("function")) {
        prompt.tool(tool.path("name").asText(), tool.path("parameters"));
      }
    }
    if (body.path("tool_choice").asText().equals("none")) {
      prompt.forbidTools();
    }
    return prompt;
  }

  private static void item(Prompt prompt, JsonNode item, String where) {
    switch (item.path("type").asText("message")) {
      case "message" -> {
        String role = item.path("role").asText();
        prompt.message(role);
        JsonNode content = item.path("content");
        if (content.isTextual()) {
          prompt.text(role, content.asText());
        }
        for (int at = 0; at < content.size(); at++) {
          part(prompt, role, content.get(at), where + ".content[" + at + "]");
        }
      }
      case "function_call" -> {
        prompt.message("assistant");
        prompt.text("assistant", item.path("name").asText());
        prompt.text("assistant", item.path("arguments").asText());
      }
      case "function_call_output" -> {
        prompt.message("tool");
        prompt.toolResult();
        JsonNode output = item.path("output");
        prompt.text("tool", output.isTextual() ? output.asText() : output.toString());
      }
      case "reasoning" -> prompt.message("assistant");
      default ->
          throw Refusal.invalid(
              "invalid_value", where, "Invalid value: '" + item.path("type").asText() + "'.");
    }
  }

  private static void part(Prompt prompt, String role, JsonNode part, String where) {
    switch (part.path("type").asText()) {
      case "input_text", "output_text" -> prompt.text(role, part.path("text").asText());
      case "refusal" -> prompt.text(role, part.path("refusal").asText());
      case "input_image" -> {
        if (!part.path("file_id").isTextual()) {
          OpenAiParameters.image(part.path("image_url"), where + ".image_url");
        }
        prompt.image();
      }
      case "input_file" -> {
        // What is in it does not matter here; that the account has it was checked.
      }
      default ->
          throw Refusal.invalid(
              "invalid_value",
              where,
              "Invalid value: '"
                  + part.path("type").asText()
                  + "'. Supported values are: 'input_text', 'input_image', 'output_text' and"
                  + " 'refusal'.");
    }
  }

  private static @Nullable JsonNode schema(JsonNode format) {
    return switch (format.path("type").asText()) {
      case "json_object" -> MissingNode.getInstance();
      case "json_schema" -> format.path("schema");
      default -> null;
    };
  }

  // -- response object

  private ObjectNode response(String status) {
    JsonNode body = exchange.body();
    ObjectNode json =
        NODES
            .objectNode()
            .put("id", "resp_" + exchange.id())
            .put("object", "response")
            .put("created_at", created)
            .put("status", status)
            .put("background", false)
            .putNull("error")
            .putNull("incomplete_details");
    asked(json, "instructions", NODES.nullNode());
    asked(json, "max_output_tokens", NODES.nullNode());
    asked(json, "max_tool_calls", NODES.nullNode());
    json.put("model", body.path("model").asText());
    json.putArray("output");
    asked(json, "parallel_tool_calls", NODES.booleanNode(true));
    asked(json, "previous_response_id", NODES.nullNode());
    json.putObject("reasoning").putNull("effort").putNull("summary");
    json.put("service_tier", status.equals("in_progress") ? "auto" : "default");
    asked(json, "store", NODES.booleanNode(true));
    asked(json, "temperature", NODES.numberNode(1.0));
    ObjectNode text = NODES.objectNode();
    text.putObject("format").put("type", "text");
    asked(json, "text", text.put("verbosity", "medium"));
    asked(json, "tool_choice", NODES.textNode("auto"));
    asked(json, "tools", NODES.arrayNode());
    asked(json, "top_logprobs", NODES.numberNode(0));
    asked(json, "top_p", NODES.numberNode(1.0));
    asked(json, "truncation", NODES.textNode("disabled"));
    json.putNull("usage");
    asked(json, "user", NODES.nullNode());
    asked(json, "metadata", NODES.objectNode());
    return json;
  }

  /// A parameter is shown as the request had it.
  private void asked(ObjectNode json, String name, JsonNode otherwise) {
    JsonNode value = exchange.body().path(name);
    json.set(name, value.isMissingNode() ? otherwise : value);
  }

  private ObjectNode ended() {
    boolean cut = answer.ending() == Ending.LENGTH;
    ObjectNode json = response(finalStatus());
    if (cut) {
      json.putObject("incomplete_details").put("reason", "max_output_tokens");
    }
    json.withArrayProperty("output").add(outputItem(finalStatus(), answer.text(), true));
    if (exchange.directive().usage()) {
      json.set("usage", usage());
    } else {
      json.remove("usage");
    }
    return json;
  }

  private String finalStatus() {
    return answer.ending() == Ending.LENGTH ? "incomplete" : "completed";
  }

  private ObjectNode usage() {
    ObjectNode usage = NODES.objectNode().put("input_tokens", promptTokens);
    usage.putObject("input_tokens_details").put("cached_tokens", 0).put("cache_write_tokens", 0);
    usage.put("output_tokens", answer.tokens());
    usage.putObject("output_tokens_details").put("reasoning_tokens", 0);
    return usage.put("total_tokens", promptTokens + answer.tokens());
  }

  private String itemId() {
    return (answer.toolName() == null ? "msg_" : "fc_") + exchange.id();
  }

  private ObjectNode outputItem(String status, String text, boolean withContent) {
    ObjectNode item = NODES.objectNode().put("id", itemId());
    if (answer.toolName() != null) {
      return item.put("type", "function_call")
          .put("status", status)
          .put("arguments", text)
          .put("call_id", "call_" + exchange.id())
          .put("name", answer.toolName());
    }
    item.put("type", "message").put("status", status);
    var content = item.putArray("content");
    if (withContent) {
      content.add(textPart(text));
    }
    return item.put("role", "assistant");
  }

  private static ObjectNode textPart(String text) {
    ObjectNode part = NODES.objectNode().put("type", "output_text");
    part.putArray("annotations");
    part.putArray("logprobs");
    return part.put("text", text);
  }

  // -- streamed answer

  @Override
  public String opening() {
    String events =
        event("response.created", json -> json.set("response", response("in_progress")))
            + event("response.in_progress", json -> json.set("response", response("in_progress")))
            + event(
                "response.output_item.added",
                json ->
                    json.put("output_index", 0).set("item", outputItem("in_progress", "", false)));
    return answer.toolName() != null
        ? events
        : events
            + event(
                "response.content_part.added", json -> inContent(json).set("part", textPart("")));
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
    String delta = answer.pieces().get(index).text();
    if (answer.toolName() != null) {
      return event(
          "response.function_call_arguments.delta", json -> inItem(json).put("delta", delta));
    }
    return event(
        "response.output_text.delta",
        json -> inContent(json).put("delta", delta).putArray("logprobs"));
  }

  @Override
  public String closing() {
    String done =
        answer.toolName() != null
            ? event(
                "response.function_call_arguments.done",
                json -> inItem(json).put("name", answer.toolName()).put("arguments", answer.text()))
            : event(
                    "response.output_text.done",
                    json -> inContent(json).put("text", answer.text()).putArray("logprobs"))
                + event(
                    "response.content_part.done",
                    json -> inContent(json).set("part", textPart(answer.text())));
    return done
        + event(
            "response.output_item.done",
            json ->
                json.put("output_index", 0)
                    .set("item", outputItem(finalStatus(), answer.text(), true)))
        + event("response." + finalStatus(), json -> json.set("response", ended()));
  }

  @Override
  public String failure() {
    ObjectNode failed = response("failed");
    failed.putObject("error").put("code", "server_error").put("message", Refusal.serverError());
    return event(
            "error",
            json ->
                json.put("code", "server_error")
                    .put("message", Refusal.serverError())
                    .putNull("param"))
        + event("response.failed", json -> json.set("response", failed));
  }

  private ObjectNode inItem(ObjectNode json) {
    return json.put("item_id", itemId()).put("output_index", 0);
  }

  private ObjectNode inContent(ObjectNode json) {
    return inItem(json).put("content_index", 0);
  }

  private String event(String type, Consumer<ObjectNode> members) {
    ObjectNode json = NODES.objectNode().put("type", type).put("sequence_number", sequence++);
    members.accept(json);
    return "event: " + type + "\ndata: " + json + "\n\n";
  }
}
