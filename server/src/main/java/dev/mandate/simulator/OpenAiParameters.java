package dev.mandate.simulator;

import com.fasterxml.jackson.databind.JsonNode;

/// Request members that OpenAI's endpoints check alike.
final class OpenAiParameters {
  private OpenAiParameters() {}

  static String model(JsonNode body) {
    JsonNode model = body.path("model");
    if (model.isMissingNode() || model.isNull()) {
      throw Refusal.invalid(
          "missing_required_parameter", "model", "Missing required parameter: 'model'.");
    }
    if (!model.isTextual()) {
      throw Refusal.wrongType("model", "a string");
    }
    return model.asText();
  }

  static int integer(JsonNode body, String name, int min, int max, int absent) {
    JsonNode value = body.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return absent;
    }
    if (!value.isIntegralNumber()) {
      throw Refusal.wrongType(name, "an integer");
    }
    if (value.bigIntegerValue().signum() < 0 || value.asLong() < min) {
      throw Refusal.belowMinimum(name, min, value.asLong());
    }
    if (!value.canConvertToInt() || value.asInt() > max) {
      throw Refusal.aboveMaximum(name, max, value.asLong());
    }
    return value.asInt();
  }

  static boolean flag(JsonNode body, String name) {
    JsonNode value = body.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return false;
    }
    if (!value.isBoolean()) {
      throw Refusal.wrongType(name, "a boolean");
    }
    return value.asBoolean();
  }

  /// Data and web addresses are accepted; neither is decoded or fetched.
  static void image(JsonNode url, String param) {
    String address = url.asText();
    if (!address.startsWith("data:image/")
        && !address.startsWith("https://")
        && !address.startsWith("http://")) {
      throw Refusal.invalid(
          "invalid_value", param, "Invalid '" + param + "': expected an https or data URL.");
    }
  }

  static void fits(Prompt prompt, SimulatedModel model) {
    if (prompt.tokens() > model.contextTokens()) {
      throw Refusal.invalid(
          "context_length_exceeded",
          "messages",
          "This model's maximum context length is %d tokens. However, your messages resulted in %d tokens. Please reduce the length of the messages."
              .formatted(model.contextTokens(), prompt.tokens()));
    }
  }
}
