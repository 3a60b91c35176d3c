package dev.mandate.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.simulator.Counters.Tally;
import dev.mandate.simulator.PromptCache.Charge;
import dev.mandate.simulator.SimulatedModel.Task;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.SplittableRandom;

/// `POST /v1/embeddings`: unit vectors that depend on the input alone and mean nothing.
final class OpenAiEmbeddings {
  private static final int DIMENSIONS = 1_536;

  /// OpenAI's own limit.
  private static final int MAX_INPUTS = 2_048;

  /// Token inputs carry numbers, not text; each number is one token.
  private record Input(String text, int tokens) {}

  private OpenAiEmbeddings() {}

  static void handle(Exchange exchange) {
    JsonNode body = exchange.body();
    SimulatedModel model =
        exchange.model(
            OpenAiParameters.model(body),
            Task.EMBEDDING,
            "You are not allowed to generate embeddings from this model");
    int dimensions = OpenAiParameters.integer(body, "dimensions", 1, DIMENSIONS, DIMENSIONS);
    String encoding = body.path("encoding_format").asText("float");
    if (!encoding.equals("float") && !encoding.equals("base64")) {
      throw Refusal.invalid(
          "invalid_value",
          "encoding_format",
          "Invalid value: '" + encoding + "'. Supported values are: 'float' and 'base64'.");
    }
    List<Input> inputs = inputs(body.path("input"));
    for (Input input : inputs) {
      if (input.tokens() > model.contextTokens()) {
        throw Refusal.invalid(
            null,
            "input",
            "This model's maximum context length is %d tokens, however you requested %d tokens. Please reduce your prompt."
                .formatted(model.contextTokens(), input.tokens()));
      }
    }
    exchange.obey(inputs.getLast().text(), model.id());
    int tokens = inputs.stream().mapToInt(Input::tokens).sum();
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("object", "list");
    ArrayNode data = json.putArray("data");
    for (int index = 0; index < inputs.size(); index++) {
      ObjectNode item = data.addObject().put("object", "embedding").put("index", index);
      float[] vector = vector(inputs.get(index).text(), dimensions);
      item.set("embedding", encoding.equals("float") ? floats(vector) : base64(vector));
    }
    json.put("model", model.id());
    if (exchange.directive().usage()) {
      json.putObject("usage").put("prompt_tokens", tokens).put("total_tokens", tokens);
    }
    Tally tally = exchange.tally(model);
    exchange.answer(() -> tally.served(Charge.uncached(tokens)), tally, json);
  }

  private static List<Input> inputs(JsonNode input) {
    List<Input> inputs = new ArrayList<>();
    if (input.isTextual()) {
      inputs.add(input(input));
    } else if (input.path(0).isIntegralNumber()) {
      inputs.add(input(input));
    } else if (input.isArray()) {
      input.forEach(one -> inputs.add(input(one)));
    }
    if (inputs.isEmpty()) {
      throw Refusal.invalid(
          "missing_required_parameter", "input", "Missing required parameter: 'input'.");
    }
    if (inputs.size() > MAX_INPUTS) {
      throw Refusal.invalid(
          "array_above_max_length",
          "input",
          "Invalid 'input': array too long. Expected an array with maximum length %d, but got an array with length %d instead."
              .formatted(MAX_INPUTS, inputs.size()));
    }
    return inputs;
  }

  private static Input input(JsonNode one) {
    if (one.isTextual() && !one.asText().isEmpty()) {
      return new Input(one.asText(), Tokens.count(one.asText()));
    }
    if (one.isArray() && !one.isEmpty()) {
      for (JsonNode token : one) {
        if (!token.isIntegralNumber()) {
          throw Refusal.invalid(null, "input", "'$.input' is invalid.");
        }
      }
      return new Input(one.toString(), one.size());
    }
    throw Refusal.invalid(null, "input", "'$.input' is invalid.");
  }

  private static float[] vector(String text, int dimensions) {
    SplittableRandom random = new SplittableRandom(text.hashCode());
    float[] vector = new float[dimensions];
    double square = 0;
    for (int i = 0; i < dimensions; i++) {
      vector[i] = (float) (random.nextDouble() - 0.5);
      square += vector[i] * vector[i];
    }
    float length = (float) Math.sqrt(square);
    for (int i = 0; i < dimensions; i++) {
      vector[i] /= length;
    }
    return vector;
  }

  private static JsonNode floats(float[] vector) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode(vector.length);
    for (float value : vector) {
      list.add(value);
    }
    return list;
  }

  private static JsonNode base64(float[] vector) {
    ByteBuffer bytes =
        ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vector);
    return JsonNodeFactory.instance.textNode(Base64.getEncoder().encodeToString(bytes.array()));
  }
}
