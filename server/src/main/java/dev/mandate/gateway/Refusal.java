package dev.mandate.gateway;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.budget.Limit;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.platform.json.Json;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A call that the gateway does not make, or cuts: a code, a status, and a message for the caller,
/// written in the error shape of the provider whose SDK will read it.
///
/// Thrown by the stages; without a stack trace, because it is an answer and not a failure.
public final class Refusal extends RuntimeException {
  /// Why. The wire name is the lower-case name.
  public enum Code {
    INVALID_REQUEST_BODY(400),
    CREDENTIAL_IN_URL(400),
    CONFLICTING_CREDENTIALS(400),
    MISSING_CREDENTIAL(401),
    INVALID_TOKEN(401),
    API_KEY_REVOKED(401),
    MANDATE_REVOKED(401),
    MANDATE_EXPIRED(401),
    MANDATE_SUSPENDED(403),
    UPSTREAM_NOT_ALLOWED(403),
    MODEL_NOT_ALLOWED(403),
    CAPABILITY_NOT_ALLOWED(403),
    ROUTE_NOT_ALLOWED(403),
    PARAMETER_NOT_ALLOWED(403),
    PROVIDER_TOOL_NOT_ALLOWED(403),
    STORED_STATE_NOT_ALLOWED(403),
    REQUEST_TIMEOUT(408),
    REQUEST_TOO_LARGE(413),
    UNSUPPORTED_MEDIA_TYPE(415),
    BUDGET_EXHAUSTED(429),
    TOO_MANY_STREAMS(429),
    INTERNAL_ERROR(500),
    UPSTREAM_UNREACHABLE(502),
    UPSTREAM_CREDENTIAL_REJECTED(502),
    UPSTREAM_NOT_CONFIGURED(503),
    OVERLOADED(503),
    NODE_STALE(503),
    UPSTREAM_TIMEOUT(504);

    private final int status;

    Code(int status) {
      this.status = status;
    }

    public int status() {
      return status;
    }

    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Code code;
  private final String detail;
  private final @Nullable Limit limit;
  private final @Nullable Duration retryAfter;

  private Refusal(Code code, String detail, @Nullable Limit limit, @Nullable Duration retryAfter) {
    super(code.wire() + ": " + detail, null, false, false);
    this.code = code;
    this.detail = detail;
    this.limit = limit;
    this.retryAfter = retryAfter;
  }

  /// @param detail for the caller: what was sent and what is expected, never a secret
  public static Refusal of(Code code, String detail) {
    return new Refusal(code, detail, null, null);
  }

  /// @param retryAfter null where waiting doesn't help
  public static Refusal overBudget(Limit limit, String detail, @Nullable Duration retryAfter) {
    return new Refusal(Code.BUDGET_EXHAUSTED, detail, limit, retryAfter);
  }

  public Code code() {
    return code;
  }

  public @Nullable Limit limit() {
    return limit;
  }

  public @Nullable Duration retryAfter() {
    return retryAfter;
  }

  /// The `WWW-Authenticate` challenge of a 401 (RFC 6750 §3; §3.1: no error code where no
  /// credential was sent); null for every other status.
  public @Nullable String challenge() {
    if (code.status() != 401) {
      return null;
    }
    return code == Code.MISSING_CREDENTIAL ? "Bearer" : "Bearer error=\"invalid_token\"";
  }

  /// The answer's body.
  public byte[] body(Provider provider, String id) {
    return switch (provider) {
      case OPENAI -> Json.bytes(Json.object().set("error", openAiError(id)));
      case ANTHROPIC -> Json.bytes(anthropicError(id));
    };
  }

  /// The server-sent event that ends a stream which is cut, in the shape of the stream's own
  /// errors.
  ///
  /// @param responses whether it is a stream of OpenAI's Responses API
  public String event(Provider provider, boolean responses, String id) {
    return switch (provider) {
      case OPENAI ->
          responses
              ? "event: error\ndata: "
                  + Json.write(
                      Json.object()
                          .put("type", "error")
                          .put("code", code.wire())
                          .put("message", detail)
                          .putNull("param")
                          .put("sequence_number", 0))
                  + "\n\n"
              : "data: " + Json.write(Json.object().set("error", openAiError(id))) + "\n\n";
      case ANTHROPIC -> "event: error\ndata: " + Json.write(anthropicError(id)) + "\n\n";
    };
  }

  private ObjectNode openAiError(String id) {
    String type =
        switch (code.status()) {
          case 401 -> "authentication_error";
          case 403 -> "permission_error";
          case 429 -> "rate_limit_error";
          default -> code.status() < 500 ? "invalid_request_error" : "server_error";
        };
    ObjectNode error =
        Json.object()
            .put("message", detail)
            .put("type", type)
            .putNull("param")
            .put("code", code.wire());
    if (limit != null) {
      error.put("limit", limit.wire());
    }
    return error.put("error_id", id);
  }

  private ObjectNode anthropicError(String id) {
    String type =
        switch (code.status()) {
          case 401 -> "authentication_error";
          case 403 -> "permission_error";
          case 413 -> "request_too_large";
          case 429 -> "rate_limit_error";
          case 503 -> "overloaded_error";
          case 504 -> "timeout_error";
          default -> code.status() < 500 ? "invalid_request_error" : "api_error";
        };
    ObjectNode body = Json.object().put("type", "error");
    ObjectNode error =
        body.putObject("error").put("type", type).put("message", detail).put("code", code.wire());
    if (limit != null) {
      error.put("limit", limit.wire());
    }
    return body.put("request_id", id);
  }
}
