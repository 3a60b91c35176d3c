package dev.mandate.simulator;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.simulator.SimulatedModel.Vendor;
import org.jspecify.annotations.Nullable;

/// A request that the simulated provider refuses, in the words and shape of the real one.
@SuppressWarnings("serial")
final class Refusal extends RuntimeException {
  final int status;
  final @Nullable String type;
  final @Nullable String code;
  final @Nullable String param;

  /// @param type the error type; null takes the one that the provider has for the status
  Refusal(
      int status,
      @Nullable String type,
      @Nullable String code,
      @Nullable String param,
      String message) {
    super(message, null, false, false);
    this.status = status;
    this.type = type;
    this.code = code;
    this.param = param;
  }

  static Refusal invalid(String message) {
    return new Refusal(400, null, null, null, message);
  }

  static Refusal invalid(@Nullable String code, String param, String message) {
    return new Refusal(400, null, code, param, message);
  }

  static Refusal wrongType(String param, String expected) {
    return invalid(
        "invalid_type", param, "Invalid type for '%s': expected %s.".formatted(param, expected));
  }

  static Refusal belowMinimum(String param, long min, long actual) {
    return invalid(
        "integer_below_min_value",
        param,
        "Invalid '%s': integer below minimum value. Expected a value >= %d, but got %d instead."
            .formatted(param, min, actual));
  }

  static Refusal aboveMaximum(String param, long max, long actual) {
    return invalid(
        "integer_above_max_value",
        param,
        "Invalid '%s': integer above maximum value. Expected a value <= %d, but got %d instead."
            .formatted(param, max, actual));
  }

  static Refusal modelNotFound(Vendor vendor, String model) {
    return switch (vendor) {
      case OPENAI ->
          new Refusal(
              404,
              null,
              "model_not_found",
              null,
              "The model `%s` does not exist or you do not have access to it.".formatted(model));
      case ANTHROPIC -> new Refusal(404, null, null, null, "model: " + model);
      case GEMINI ->
          new Refusal(
              404,
              null,
              null,
              null,
              "models/%s is not found for API version v1beta, or is not supported for this method."
                  .formatted(model));
      case MISTRAL -> new Refusal(400, "invalid_model", "1500", null, "Invalid model: " + model);
      case BEDROCK -> invalid("The provided model identifier is invalid.");
    };
  }

  /// What `status=` asks for, in the provider's usual words.
  static Refusal asked(Vendor vendor, int status, String model, String shownKey) {
    return switch (vendor) {
      case OPENAI ->
          switch (status) {
            case 401 -> wrongOpenAiKey(shownKey);
            case 403 ->
                new Refusal(
                    403,
                    "request_forbidden",
                    "unsupported_country_region_territory",
                    null,
                    "Country, region, or territory not supported");
            case 404 -> modelNotFound(vendor, model);
            case 429 ->
                new Refusal(
                    429,
                    "requests",
                    "rate_limit_exceeded",
                    null,
                    "Rate limit reached for "
                        + model
                        + " in organization org-simulated on requests per min (RPM): Limit 500,"
                        + " Used 500, Requested 1.");
            case 503 ->
                new Refusal(
                    503,
                    "service_unavailable_error",
                    null,
                    null,
                    "The engine is currently overloaded, please try again later");
            default ->
                new Refusal(
                    status,
                    null,
                    null,
                    null,
                    status < 500 ? "Simulated refusal " + status + "." : serverError());
          };
      case ANTHROPIC ->
          new Refusal(
              status,
              null,
              null,
              null,
              switch (status) {
                case 401 -> "invalid x-api-key";
                case 429 -> "This request would exceed your organization's rate limit.";
                case 529 -> "Overloaded";
                default ->
                    status < 500 ? "Simulated refusal " + status + "." : "Internal server error";
              });
      // Google's quotes the key, too.
      case GEMINI ->
          new Refusal(
              status,
              null,
              null,
              null,
              status < 500
                  ? "Simulated refusal " + status + ". " + shownKey
                  : "An internal error has occurred.");
      case MISTRAL ->
          new Refusal(status, null, null, null, status == 401 ? "Unauthorized" : "Simulated.");
      case BEDROCK -> new Refusal(status, null, null, null, "Simulated refusal " + shownKey);
    };
  }

  static String serverError() {
    return "The server had an error while processing your request. Sorry about that!";
  }

  /// OpenAI quotes the key with its middle masked, and a short key in full.
  static Refusal wrongOpenAiKey(String key) {
    String shown =
        key.length() <= 12
            ? key
            : key.substring(0, 8) + "*".repeat(key.length() - 12) + key.substring(key.length() - 4);
    return new Refusal(
        401,
        "invalid_request_error",
        "invalid_api_key",
        null,
        "Incorrect API key provided: "
            + shown
            + ". You can find your API key at https://platform.openai.com/account/api-keys.");
  }

  ObjectNode body(Vendor vendor, String requestId) {
    return switch (vendor) {
      case OPENAI -> openAiBody();
      case ANTHROPIC -> anthropicBody(requestId);
      case GEMINI -> geminiBody();
      case MISTRAL -> mistralBody();
      case BEDROCK -> JsonNodeFactory.instance.objectNode().put("message", getMessage());
    };
  }

  /// How Amazon's services call it.
  String awsType() {
    if (type != null) {
      return type;
    }
    return switch (status) {
      case 401, 403 -> "AccessDeniedException";
      case 429 -> "ThrottlingException";
      case 503 -> "ServiceUnavailableException";
      default -> status < 500 ? "ValidationException" : "InternalServerException";
    };
  }

  private ObjectNode geminiBody() {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.putObject("error")
        .put("code", status)
        .put("message", getMessage())
        .put(
            "status",
            switch (status) {
              case 401 -> "UNAUTHENTICATED";
              case 403 -> "PERMISSION_DENIED";
              case 404 -> "NOT_FOUND";
              case 429 -> "RESOURCE_EXHAUSTED";
              case 503 -> "UNAVAILABLE";
              default -> status < 500 ? "INVALID_ARGUMENT" : "INTERNAL";
            });
    return body;
  }

  private ObjectNode mistralBody() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("object", "error")
        .put("message", getMessage())
        .put("type", type == null ? "invalid_request_error" : type)
        .put("param", param)
        .put("code", code);
  }

  private ObjectNode openAiBody() {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.putObject("error")
        .put("message", getMessage())
        .put("type", type == null ? openAiType() : type)
        .put("param", param)
        .put("code", code);
    return body;
  }

  private String openAiType() {
    return status < 500 ? "invalid_request_error" : "server_error";
  }

  private ObjectNode anthropicBody(String requestId) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.put("type", "error");
    body.putObject("error")
        .put("type", type == null ? anthropicType() : type)
        .put("message", getMessage());
    return body.put("request_id", requestId);
  }

  private String anthropicType() {
    return switch (status) {
      case 401 -> "authentication_error";
      case 402 -> "billing_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 413 -> "request_too_large";
      case 429 -> "rate_limit_error";
      case 504 -> "timeout_error";
      case 529 -> "overloaded_error";
      default -> status < 500 ? "invalid_request_error" : "api_error";
    };
  }
}
