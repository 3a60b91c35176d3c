package dev.mandate.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.simulator.Counters.Tally;
import dev.mandate.simulator.PromptCache.Charge;
import dev.mandate.simulator.SimulatedModel.Task;
import java.util.ArrayList;
import java.util.List;

/// `POST /v1beta/models/{model}:generateContent`, `:streamGenerateContent` (events, or one array
/// without `alt=sse`), `:countTokens`, `:embedContent` and `:batchEmbedContents`. Thoughts count
/// against `maxOutputTokens`, as measured of the real one.
final class Gemini implements EventStream.Script {
  private static final int MAX_CANDIDATES = 8;
  private static final int DIMENSIONS = 8;
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final JsonMapper JSON = new JsonMapper();

  private final Exchange exchange;
  private final String model;
  private final int candidates;
  private final int promptTokens;
  private final int thoughts;
  private final Answer answer;
  private final boolean events;
  private int shown;

  private Gemini(
      Exchange exchange,
      String model,
      int candidates,
      int promptTokens,
      int thoughts,
      Answer answer) {
    this.exchange = exchange;
    this.model = model;
    this.candidates = candidates;
    this.promptTokens = promptTokens;
    this.thoughts = thoughts;
    this.answer = answer;
    this.events = "sse".equals(exchange.request().getParam("alt"));
  }

  static void generate(Exchange exchange, String name, boolean stream) {
    SimulatedModel model = exchange.model(name, Task.CHAT, "not a chat model");
    JsonNode config = either(exchange.body(), "generationConfig", "generation_config");
    int most = model.maxOutputTokens();
    int limit = either(config, "maxOutputTokens", "max_output_tokens").asInt(most);
    int candidates = either(config, "candidateCount", "candidate_count").asInt(1);
    if (limit < 1 || limit > most || candidates < 1 || candidates > MAX_CANDIDATES) {
      throw Refusal.invalid("Request contains an invalid argument.");
    }
    Prompt prompt = prompt(exchange.body());
    exchange.obey(prompt.lastUserText(), name);
    int thoughts = Math.min(limit, exchange.directive().thoughts());
    Answer answer =
        Answer.to(
            prompt, exchange.directive(), limit - thoughts, null, List.of(), exchange.rawBody());
    Gemini gemini = new Gemini(exchange, name, candidates, prompt.tokens(), thoughts, answer);
    gemini.send(stream, exchange.tally(model));
  }

  static void count(Exchange exchange, String name) {
    SimulatedModel model = exchange.model(name);
    Prompt prompt = prompt(exchange.body());
    exchange.obey(prompt.lastUserText(), name);
    exchange.answer(
        () -> {}, exchange.tally(model), NODES.objectNode().put("totalTokens", prompt.tokens()));
  }

  static void embed(Exchange exchange, String name, boolean batch) {
    SimulatedModel model = exchange.model(name, Task.EMBEDDING, "not an embedding model");
    List<JsonNode> contents = new ArrayList<>();
    if (batch) {
      exchange.body().path("requests").forEach(request -> contents.add(request.path("content")));
    } else {
      contents.add(exchange.body().path("content"));
    }
    int tokens = 0;
    ObjectNode json = NODES.objectNode();
    ArrayNode list = NODES.arrayNode();
    for (JsonNode content : contents) {
      String text = content.path("parts").path(0).path("text").asText();
      exchange.obey(text, name);
      tokens += Tokens.count(text);
      ArrayNode values = list.addObject().putArray("values");
      for (int i = 0; i < DIMENSIONS; i++) {
        values.add((float) Math.sin(text.hashCode() + i));
      }
    }
    json.set(batch ? "embeddings" : "embedding", batch ? list : list.path(0));
    if (exchange.directive().usage()) {
      json.putObject("usageMetadata").put("promptTokenCount", tokens);
    }
    Tally tally = exchange.tally(model);
    int charged = tokens;
    exchange.answer(() -> tally.served(Charge.uncached(charged)), tally, json);
  }

  private void send(boolean stream, Tally tally) {
    if (stream) {
      exchange.afterDelay(
          0,
          () -> {
            tally.served(Charge.uncached(promptTokens));
            String type = events ? "text/event-stream" : "application/json; charset=UTF-8";
            EventStream.play(exchange, type, this, tally);
          });
      return;
    }
    exchange.answer(
        () -> {
          tally.served(Charge.uncached(promptTokens));
          tally.generated(candidates * (thoughts + answer.tokens()));
        },
        tally,
        response(part(answer.text()), answer.tokens(), true));
  }

  // -- request

  private static JsonNode either(JsonNode object, String camel, String snake) {
    return object.has(camel) ? object.path(camel) : object.path(snake);
  }

  private static Prompt prompt(JsonNode body) {
    JsonNode contents = body.path("contents");
    if (!contents.isArray() || contents.isEmpty()) {
      throw Refusal.invalid("* GenerateContentRequest.contents: contents is not specified");
    }
    Prompt prompt = new Prompt();
    JsonNode tools = body.path("tools");
    prompt.tools(tools);
    for (JsonNode tool : tools) {
      for (JsonNode function : either(tool, "functionDeclarations", "function_declarations")) {
        prompt.tool(function.path("name").asText(), function.path("parameters"));
      }
    }
    content(prompt, "system", either(body, "systemInstruction", "system_instruction"));
    for (JsonNode content : contents) {
      content(prompt, content.path("role").asText("user"), content);
    }
    return prompt;
  }

  private static void content(Prompt prompt, String role, JsonNode content) {
    if (content.isMissingNode()) {
      return;
    }
    prompt.message(role);
    for (JsonNode part : content.path("parts")) {
      if (part.has("text")) {
        prompt.text(role, part.path("text").asText());
      } else if (part.has("inlineData") || part.has("inline_data")) {
        prompt.image();
      } else if (part.has("functionResponse")) {
        prompt.toolResult();
        prompt.text("tool", part.path("functionResponse").path("response").toString());
      } else if (part.has("functionCall")) {
        prompt.text(role, part.path("functionCall").toString());
      } else {
        throw Refusal.invalid("Unable to submit request because it must have a text parameter");
      }
    }
  }

  // -- answer

  private ObjectNode part(String text) {
    if (answer.toolName() == null) {
      return NODES.objectNode().put("text", text);
    }
    ObjectNode part = NODES.objectNode();
    ObjectNode call = part.putObject("functionCall").put("name", answer.toolName());
    try {
      call.set("args", JSON.readTree(text));
    } catch (JsonProcessingException cutOff) {
      call.putObject("args");
    }
    return part;
  }

  private ObjectNode response(ObjectNode part, int outputTokens, boolean last) {
    ObjectNode json = NODES.objectNode();
    ArrayNode list = json.putArray("candidates");
    for (int index = 0; index < candidates; index++) {
      ObjectNode candidate = list.addObject();
      candidate.putObject("content").put("role", "model").putArray("parts").add(part.deepCopy());
      if (last) {
        candidate.put(
            "finishReason", answer.ending() == Answer.Ending.LENGTH ? "MAX_TOKENS" : "STOP");
      }
      candidate.put("index", index);
    }
    if (exchange.directive().usage()) {
      ObjectNode usage = json.putObject("usageMetadata").put("promptTokenCount", promptTokens);
      if (outputTokens > 0) {
        usage.put("candidatesTokenCount", candidates * outputTokens);
      }
      usage.put("totalTokenCount", promptTokens + candidates * (outputTokens + thoughts));
      usage
          .putArray("promptTokensDetails")
          .addObject()
          .put("modality", "TEXT")
          .put("tokenCount", promptTokens);
      if (thoughts > 0) {
        usage.put("thoughtsTokenCount", candidates * thoughts);
      }
    }
    return json.put("modelVersion", model).put("responseId", exchange.id());
  }

  // -- streamed: a function call comes whole; text in pieces, the last with the reason

  private boolean inPieces() {
    return answer.toolName() == null;
  }

  @Override
  public String opening() {
    return events ? "" : "[";
  }

  @Override
  public int openingTokens() {
    return candidates * (thoughts + answer.tokensAhead());
  }

  @Override
  public int chunkCount() {
    return inPieces() ? answer.pieces().size() : 1;
  }

  @Override
  public int tokens(int index) {
    int piece =
        inPieces() ? answer.pieces().get(index).tokens() : answer.tokens() - answer.tokensAhead();
    return candidates * piece;
  }

  @Override
  public String chunk(int index) {
    String text = inPieces() ? answer.pieces().get(index).text() : answer.text();
    shown += inPieces() ? answer.pieces().get(index).tokens() : answer.tokens();
    return written(response(part(text), shown, index == chunkCount() - 1), index);
  }

  private String written(ObjectNode json, int index) {
    return events
        ? "data: " + json + "\r\n\r\n"
        : (index == 0 ? "" : ",\r\n") + json.toPrettyString();
  }

  @Override
  public String closing() {
    return events ? "" : "]";
  }

  @Override
  public String failure() {
    Refusal failure = new Refusal(503, null, null, null, "The model is overloaded.");
    return written(failure.body(exchange.vendor(), exchange.id()), 1) + (events ? "" : "]");
  }
}
