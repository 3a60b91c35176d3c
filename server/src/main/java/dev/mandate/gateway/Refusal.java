package dev.mandate.gateway;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Period;
import dev.mandate.domain.dpop.DpopProofs;
import dev.mandate.domain.ratelimit.RateUnit;
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
    /// The body is not the JSON that the endpoint reads: syntax, encoding, a doubled member, a
    /// wrong type, no model.
    INVALID_REQUEST_BODY(400),
    /// The model is given, and does not do what this endpoint is for.
    MODEL_NOT_CAPABLE(400),
    /// The prompt was declared as of a category that there is not.
    PROMPT_CATEGORY_UNKNOWN(400),
    /// A credential stands in the query string; it is on record somewhere now and should be
    /// replaced.
    CREDENTIAL_IN_URL(400),
    /// Two credentials that differ came with one call.
    CONFLICTING_CREDENTIALS(400),
    /// The header `Mandate-Tags` does not read, or sets a tag that is fixed for the caller.
    INVALID_TAGS(400),
    /// No credential came with the call.
    MISSING_CREDENTIAL(401),
    /// The access token or API key is unknown here, expired, revoked, or for another resource.
    INVALID_TOKEN(401),
    /// The proof of possession is not a good one, or of another key (RFC 9449).
    INVALID_DPOP_PROOF(401),
    /// The proof of possession needs the nonce that the answer has (RFC 9449 §9).
    USE_DPOP_NONCE(401),
    /// The API key was revoked.
    API_KEY_REVOKED(401),
    /// The mandate behind the credential was revoked.
    MANDATE_REVOKED(401),
    /// The mandate, or its access to this upstream, has expired.
    MANDATE_EXPIRED(401),
    /// The API key has a list of addresses, and the call's is not on it.
    ADDRESS_NOT_ALLOWED(403),
    /// The mandate's user or client is disabled.
    MANDATE_SUSPENDED(403),
    /// The key or client behaved unlike before, and an administrator must let it go on.
    CALLER_SUSPENDED(403),
    /// The mandate gives nothing at this upstream.
    UPSTREAM_NOT_ALLOWED(403),
    /// The mandate does not give this model, or lacks the scope of its tier, or there is none.
    MODEL_NOT_ALLOWED(403),
    /// The mandate does not give what this endpoint needs.
    CAPABILITY_NOT_ALLOWED(403),
    /// The path or method is not one that the gateway passes on.
    ROUTE_NOT_ALLOWED(403),
    /// A parameter has effects that are not governed, or is unknown.
    PARAMETER_NOT_ALLOWED(403),
    /// The prompt is of a category that this caller may not send, or of none where one is needed.
    PROMPT_CATEGORY_NOT_ALLOWED(403),
    /// The prompt was declared as of another category than what was found in it.
    PROMPT_CATEGORY_CONTRADICTED(403),
    /// The prompt is of a category that a person has to approve first.
    APPROVAL_REQUIRED(403),
    /// A tool that the provider itself runs is not priced and bounded here.
    PROVIDER_TOOL_NOT_ALLOWED(403),
    /// The call would read or write state that the provider keeps.
    STORED_STATE_NOT_ALLOWED(403),
    /// Calls to this upstream are paid with a key of one's own, and the person has none.
    OWN_CREDENTIAL_REQUIRED(403),
    /// The caller has nothing of this id at the provider, whether or not somebody else has.
    OBJECT_NOT_FOUND(404),
    /// The body did not arrive in time.
    REQUEST_TIMEOUT(408),
    /// What the call names was made with another key than the one that pays for it now.
    STATE_ELSEWHERE(409),
    /// The body is larger than the limit.
    REQUEST_TOO_LARGE(413),
    /// The prompt's texts are longer than what is classified, and the tenant wants all of it.
    PROMPT_TOO_LONG_TO_CLASSIFY(413),
    /// The body is compressed, or not JSON.
    UNSUPPORTED_MEDIA_TYPE(415),
    /// The call's worst case does not fit what is left; member `limit` says of which limit.
    BUDGET_EXHAUSTED(429),
    /// More calls or tokens a minute, or calls at a time, than are allowed; member `limit` says of
    /// which.
    RATE_LIMITED(429),
    /// The key or client behaved unlike before and is held back for a while.
    CALLER_THROTTLED(429),
    /// As many calls are open as are allowed, of this mandate or in all.
    TOO_MANY_STREAMS(429),
    /// Something failed here; the id finds it in the log.
    INTERNAL_ERROR(500),
    /// No connection to the provider; nothing was sent.
    UPSTREAM_UNREACHABLE(502),
    /// The provider refused our key (its 401 or 403).
    UPSTREAM_CREDENTIAL_REJECTED(502),
    /// The key that the call went out with was removed meanwhile, or its time to finish is over.
    UPSTREAM_CREDENTIAL_REMOVED(502),
    /// There is no key for this upstream.
    UPSTREAM_NOT_CONFIGURED(503),
    /// The upstream has failed too often lately and is left alone for a while; or as many calls are
    /// under way there as may be.
    UPSTREAM_UNAVAILABLE(503),
    /// Too much is under way, or rights or spending cannot be read or recorded now; try again.
    OVERLOADED(503),
    /// The prompt could not be classified, and the tenant wants none unclassified.
    PROMPT_NOT_CLASSIFIED(503),
    /// This node has not heard of revocations for too long; another node may answer.
    NODE_STALE(503),
    /// The provider did not answer in time.
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
  private final @Nullable RateUnit rate;
  private final @Nullable String limitOf;
  private final @Nullable Duration retryAfter;

  private Refusal(
      Code code,
      String detail,
      @Nullable Limit limit,
      @Nullable RateUnit rate,
      @Nullable String limitOf,
      @Nullable Duration retryAfter) {
    super(code.wire() + ": " + detail, null, false, false);
    this.code = code;
    this.detail = detail;
    this.limit = limit;
    this.rate = rate;
    this.limitOf = limitOf;
    this.retryAfter = retryAfter;
  }

  /// @param detail for the caller: what was sent and what is expected, never a secret
  public static Refusal of(Code code, String detail) {
    return new Refusal(code, detail, null, null, null, null);
  }

  /// @param limitOf whose limit, see [dev.mandate.domain.budget.AccountId#holder]
  /// @param retryAfter null where waiting doesn't help
  public static Refusal overBudget(
      Limit limit, String limitOf, String detail, @Nullable Duration retryAfter) {
    return new Refusal(Code.BUDGET_EXHAUSTED, detail, limit, null, limitOf, retryAfter);
  }

  /// @param limitOf whose limit: `mandate`, `api_key`, `client`, `user` or `tenant`
  /// @param retryAfter null where waiting doesn't help
  public static Refusal overRate(
      RateUnit rate, String limitOf, String detail, @Nullable Duration retryAfter) {
    return new Refusal(Code.RATE_LIMITED, detail, null, rate, limitOf, retryAfter);
  }

  /// @param retryAfter when the same may be tried again
  public static Refusal later(Code code, String detail, Duration retryAfter) {
    return new Refusal(code, detail, null, null, null, retryAfter);
  }

  public Code code() {
    return code;
  }

  public @Nullable Limit limit() {
    return limit;
  }

  /// Of a rate limit, what it counts.
  public @Nullable RateUnit rate() {
    return rate;
  }

  /// Which limit, of money or of rates, as the answer names it.
  public @Nullable String limitName() {
    return limit != null ? limit.wire() : rate != null ? rate.wire() : null;
  }

  /// Whose limit it is; see [dev.mandate.domain.budget.AccountId#holder].
  public @Nullable String limitOf() {
    return limitOf;
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
    return switch (code) {
      case MISSING_CREDENTIAL -> "Bearer";
      // RFC 9449 §7.1.
      case INVALID_DPOP_PROOF, USE_DPOP_NONCE -> DpopProofs.challenge("mandate", code.wire());
      default -> "Bearer error=\"invalid_token\"";
    };
  }

  /// The answer's body.
  public byte[] body(Provider provider, String id) {
    return switch (provider.api()) {
      case OPENAI -> Json.bytes(Json.object().set("error", openAiError(id)));
      case ANTHROPIC -> Json.bytes(anthropicError(id));
      case GEMINI -> Json.bytes(geminiError(id));
      case BEDROCK -> Json.bytes(awsError(id));
    };
  }

  /// The server-sent event that ends a stream which is cut, in the shape of the stream's own
  /// errors.
  ///
  /// @param responses whether it is a stream of OpenAI's Responses API
  public String event(Provider provider, boolean responses, String id) {
    return switch (provider.api()) {
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
      case GEMINI -> "data: " + Json.write(geminiError(id)) + "\r\n\r\n";
      // Its streams are no server-sent events.
      case BEDROCK -> "";
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
      limited(error, limit);
    } else if (limitName() != null) {
      error.put("limit", limitName()).put("limit_of", limitOf);
    }
    return error.put("error_id", id);
  }

  /// Google's error model (AIP-193), whose details name our code as the reason.
  private ObjectNode geminiError(String id) {
    String status =
        switch (code.status()) {
          case 401 -> "UNAUTHENTICATED";
          case 403 -> "PERMISSION_DENIED";
          case 404 -> "NOT_FOUND";
          case 409 -> "ABORTED";
          case 429 -> "RESOURCE_EXHAUSTED";
          case 500 -> "INTERNAL";
          case 502, 503 -> "UNAVAILABLE";
          case 408, 504 -> "DEADLINE_EXCEEDED";
          default -> "INVALID_ARGUMENT";
        };
    ObjectNode body = Json.object();
    ObjectNode error =
        body.putObject("error")
            .put("code", code.status())
            .put("message", detail)
            .put("status", status);
    ObjectNode info =
        error
            .putArray("details")
            .addObject()
            .put("@type", "type.googleapis.com/google.rpc.ErrorInfo")
            .put("reason", code.wire())
            .put("domain", "mandate");
    ObjectNode metadata = info.putObject("metadata").put("error_id", id);
    if (limit != null) {
      limited(metadata, limit);
    } else if (limitName() != null) {
      metadata.put("limit", limitName()).put("limit_of", limitOf);
    }
    return body;
  }

  /// Which limit: its name, what it counts, over which window, and until when.
  private void limited(ObjectNode error, Limit which) {
    Period period = which.period();
    error
        .put("limit", which.wire())
        .put("limit_of", limitOf)
        .put("unit", which.unit().wire())
        .put("window", period == null ? "request" : period.wire());
    if (retryAfter != null) {
      error.put("resets_in_seconds", Long.toString(retryAfter.toSeconds()));
    }
  }

  /// How Amazon's services call it, in the answer's head (`x-amzn-errortype`) and body.
  public String awsError() {
    return switch (code.status()) {
      case 401, 403 -> "AccessDeniedException";
      case 408 -> "ModelTimeoutException";
      case 429 -> "ThrottlingException";
      case 503 -> "ServiceUnavailableException";
      default -> code.status() < 500 ? "ValidationException" : "InternalServerException";
    };
  }

  /// One of those that a stream of Bedrock's can end with: it knows none for an end of rights.
  public String awsStreamException() {
    return switch (code.status()) {
      case 429 -> "throttlingException";
      case 503 -> "serviceUnavailableException";
      default -> code.status() < 500 ? "validationException" : "internalServerException";
    };
  }

  private ObjectNode awsError(String id) {
    ObjectNode error =
        Json.object()
            .put("__type", awsError())
            .put("message", code.wire() + ": " + detail)
            .put("reason", code.wire());
    if (limit != null) {
      limited(error, limit);
    }
    return error.put("error_id", id);
  }

  private ObjectNode anthropicError(String id) {
    String type =
        switch (code.status()) {
          case 401 -> "authentication_error";
          case 403 -> "permission_error";
          case 404 -> "not_found_error";
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
      limited(error, limit);
    } else if (limitName() != null) {
      error.put("limit", limitName()).put("limit_of", limitOf);
    }
    return body.put("request_id", id);
  }
}
