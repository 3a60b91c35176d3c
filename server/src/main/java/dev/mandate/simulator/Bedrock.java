package dev.mandate.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.simulator.Counters.Tally;
import dev.mandate.simulator.PromptCache.Charge;
import dev.mandate.simulator.SimulatedModel.Task;
import io.vertx.core.buffer.Buffer;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;

/// Amazon Bedrock's `POST /model/{modelId}/converse` and `/converse-stream` ("Converse" and
/// "ConverseStream" of its API reference), the latter in Amazon's event stream encoding.
final class Bedrock implements EventStream.Script {
  static final String PREFIX = "/model/";
  private static final String STREAM = "/converse-stream";
  private static final String WHOLE = "/converse";
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final JsonMapper JSON = new JsonMapper();

  private final Exchange exchange;
  private final int promptTokens;
  private final Answer answer;

  private Bedrock(Exchange exchange, int promptTokens, Answer answer) {
    this.exchange = exchange;
    this.promptTokens = promptTokens;
    this.answer = answer;
  }

  static boolean isServed(String path) {
    return path.startsWith(PREFIX) && (path.endsWith(WHOLE) || path.endsWith(STREAM));
  }

  static void converse(Exchange exchange) {
    String path = exchange.path();
    boolean stream = path.endsWith(STREAM);
    String id =
        URLDecoder.decode(
            path.substring(PREFIX.length(), path.length() - (stream ? STREAM : WHOLE).length()),
            StandardCharsets.UTF_8);
    SimulatedModel model = exchange.model(id, Task.CHAT, "not a chat model");
    JsonNode body = exchange.body();
    int limit = body.path("inferenceConfig").path("maxTokens").asInt(model.maxOutputTokens());
    if (limit < 1 || limit > model.maxOutputTokens()) {
      throw Refusal.invalid("The maximum tokens you requested exceeds the model limit.");
    }
    Prompt prompt = prompt(body);
    exchange.obey(prompt.lastUserText(), id);
    Answer answer =
        Answer.to(prompt, exchange.directive(), limit, null, List.of(), exchange.rawBody());
    new Bedrock(exchange, prompt.tokens(), answer).send(stream, exchange.tally(model));
  }

  private void send(boolean stream, Tally tally) {
    if (stream) {
      exchange.afterDelay(
          0,
          () -> {
            tally.served(Charge.uncached(promptTokens));
            EventStream.play(exchange, "application/vnd.amazon.eventstream", this, tally);
          });
      return;
    }
    ObjectNode json = NODES.objectNode();
    ObjectNode block =
        json.putObject("output")
            .putObject("message")
            .put("role", "assistant")
            .putArray("content")
            .addObject();
    if (answer.toolName() == null) {
      block.put("text", answer.text());
    } else {
      ObjectNode use =
          block.putObject("toolUse").put("toolUseId", "tooluse_1").put("name", answer.toolName());
      try {
        use.set("input", JSON.readTree(answer.text()));
      } catch (JsonProcessingException cutOff) {
        use.putObject("input");
      }
    }
    json.put("stopReason", stopReason());
    if (exchange.directive().usage()) {
      json.set("usage", usage());
    }
    json.putObject("metrics").put("latencyMs", 12);
    exchange.answer(
        () -> {
          tally.served(Charge.uncached(promptTokens));
          tally.generated(answer.tokens());
        },
        tally,
        json);
  }

  private ObjectNode usage() {
    return NODES
        .objectNode()
        .put("inputTokens", promptTokens)
        .put("outputTokens", answer.tokens())
        .put("totalTokens", promptTokens + answer.tokens())
        .put("cacheReadInputTokens", 0)
        .put("cacheWriteInputTokens", 0);
  }

  private String stopReason() {
    return switch (answer.ending()) {
      case COMPLETE -> "end_turn";
      case LENGTH -> "max_tokens";
      case STOP_SEQUENCE -> "stop_sequence";
      case TOOL_CALL -> "tool_use";
    };
  }

  private static Prompt prompt(JsonNode body) {
    JsonNode messages = body.path("messages");
    if (!messages.isArray() || messages.isEmpty()) {
      throw Refusal.invalid("The value at messages is empty. Add values to messages.");
    }
    Prompt prompt = new Prompt();
    JsonNode tools = body.path("toolConfig").path("tools");
    prompt.tools(tools);
    for (JsonNode tool : tools) {
      JsonNode spec = tool.path("toolSpec");
      prompt.tool(spec.path("name").asText(), spec.path("inputSchema").path("json"));
    }
    for (JsonNode block : body.path("system")) {
      prompt.text("system", block.path("text").asText());
    }
    for (JsonNode message : messages) {
      String role = message.path("role").asText();
      prompt.message(role);
      for (JsonNode block : message.path("content")) {
        if (block.has("text")) {
          prompt.text(role, block.path("text").asText());
        } else if (block.has("image")) {
          prompt.image();
        } else if (block.has("toolResult")) {
          prompt.toolResult();
          prompt.text("tool", block.path("toolResult").path("content").toString());
        } else {
          prompt.text("assistant", block.toString());
        }
      }
    }
    return prompt;
  }

  // -- streamed: one event a line, its type before its JSON

  private static String event(String type, ObjectNode json) {
    return type + " " + json + "\n";
  }

  @Override
  public String opening() {
    return event("messageStart", NODES.objectNode().put("role", "assistant"))
        + (answer.toolName() == null ? "" : event("contentBlockStart", started(answer.toolName())));
  }

  private static ObjectNode started(String tool) {
    ObjectNode json = NODES.objectNode().put("contentBlockIndex", 0);
    json.putObject("start").putObject("toolUse").put("toolUseId", "tooluse_1").put("name", tool);
    return json;
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
  public String chunk(int index) {
    ObjectNode json = NODES.objectNode().put("contentBlockIndex", 0);
    String text = answer.pieces().get(index).text();
    if (answer.toolName() == null) {
      json.putObject("delta").put("text", text);
    } else {
      json.putObject("delta").putObject("toolUse").put("input", text);
    }
    return event("contentBlockDelta", json);
  }

  @Override
  public int tokens(int index) {
    return answer.pieces().get(index).tokens();
  }

  @Override
  public String closing() {
    ObjectNode metadata = NODES.objectNode();
    if (exchange.directive().usage()) {
      metadata.set("usage", usage());
    }
    metadata.putObject("metrics").put("latencyMs", 12);
    return event("contentBlockStop", NODES.objectNode().put("contentBlockIndex", 0))
        + event("messageStop", NODES.objectNode().put("stopReason", stopReason()))
        + event("metadata", metadata);
  }

  @Override
  public String failure() {
    return event(
        "!modelStreamErrorException", NODES.objectNode().put("message", "The stream failed."));
  }

  @Override
  public Buffer encoded(String events) {
    Buffer frames = Buffer.buffer();
    for (String line : events.split("\n", -1)) {
      int space = line.indexOf(' ');
      if (space > 0) {
        boolean failed = line.startsWith("!");
        frames.appendBuffer(
            frame(
                failed ? "exception" : "event",
                line.substring(failed ? 1 : 0, space),
                line.substring(space + 1).getBytes(StandardCharsets.UTF_8)));
      }
    }
    return frames;
  }

  private static Buffer frame(String kind, String type, byte[] payload) {
    Buffer headers = Buffer.buffer();
    new TreeMap<>(
            Map.of(
                ":" + kind + "-type",
                type,
                ":content-type",
                "application/json",
                ":message-type",
                kind))
        .forEach(
            (name, value) ->
                headers
                    .appendByte((byte) name.length())
                    .appendString(name)
                    .appendByte((byte) 7)
                    .appendShort((short) value.length())
                    .appendString(value));
    Buffer frame =
        Buffer.buffer()
            .appendInt(16 + headers.length() + payload.length)
            .appendInt(headers.length());
    frame.appendInt(crc(frame)).appendBuffer(headers).appendBytes(payload);
    return frame.appendInt(crc(frame));
  }

  private static int crc(Buffer bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes.getBytes());
    return (int) crc.getValue();
  }
}
