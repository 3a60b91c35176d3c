package dev.mandate.admin.operation;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.platform.http.Headers;
import dev.mandate.platform.http.HttpResponse;
import dev.mandate.platform.json.Json;
import dev.mandate.platform.json.JsonSchema.Violation;
import java.util.List;

/// A way in which an operation can refuse (RFC 9457). Clients decide by `code`; it never changes
/// its meaning.
///
/// @param code stable, snake_case; also the end of the problem's `type`
/// @param title what happened, in words that don't depend on the request
public record Problem(int status, String code, String title) {
  private static final String TYPE = "tag:mandate.dev,2026:problem/";

  public static final Problem INVALID_REQUEST =
      new Problem(400, "invalid_request", "The request is malformed");
  public static final Problem INVALID_PARAMETER =
      new Problem(400, "invalid_parameter", "A query parameter or header is not as declared");
  public static final Problem CREDENTIAL_IN_URL =
      new Problem(400, "credential_in_url", "An API key stands in the URL and is on record there");
  public static final Problem INVALID_CREDENTIALS =
      new Problem(401, "invalid_credentials", "A live API key or access token is needed here");
  public static final Problem ADDRESS_NOT_ALLOWED =
      new Problem(403, "address_not_allowed", "The API key is not taken from this address");
  public static final Problem CALLER_SUSPENDED =
      new Problem(403, "caller_suspended", "The key or client of the caller is suspended");
  public static final Problem INSUFFICIENT_SCOPE =
      new Problem(403, "insufficient_scope", "The caller lacks the scope of this operation");
  public static final Problem NOT_FOUND =
      new Problem(404, "not_found", "There is no such thing in this tenant");
  public static final Problem IDEMPOTENCY_KEY_IN_USE =
      new Problem(409, "idempotency_key_in_use", "The outcome under this key is not known yet");
  public static final Problem PRECONDITION_FAILED =
      new Problem(412, "precondition_failed", "It was changed since it was read");
  public static final Problem REQUEST_TOO_LARGE =
      new Problem(413, "request_too_large", "The body is too large");
  public static final Problem UNSUPPORTED_MEDIA_TYPE =
      new Problem(415, "unsupported_media_type", "The body is of another media type");
  public static final Problem INVALID_BODY =
      new Problem(422, "invalid_body", "The body is not as the schema has it");
  public static final Problem IDEMPOTENCY_KEY_REUSED =
      new Problem(422, "idempotency_key_reused", "The key was used for another request");
  public static final Problem PRECONDITION_REQUIRED =
      new Problem(428, "precondition_required", "A change needs If-Match");
  public static final Problem TOO_MANY_REQUESTS =
      new Problem(429, "too_many_requests", "The caller has too many requests open");
  public static final Problem INTERNAL_ERROR =
      new Problem(500, "internal_error", "Something failed in the server");

  /// This problem as something to throw.
  ///
  /// @param detail for the sender: the offending and the expected value, never a secret
  public Refused because(String detail) {
    return new Refused(this, detail, List.of(), Headers.NONE);
  }

  /// A member that fits its schema but can't be.
  ///
  /// @param pointer RFC 6901, such as `/redirect_uris/0`
  public static Refused member(String pointer, String detail) {
    return new Refused(
        INVALID_BODY,
        pointer + " " + detail,
        List.of(new Violation(pointer, detail)),
        Headers.NONE);
  }

  HttpResponse response(String detail, List<Violation> errors, String requestId) {
    ObjectNode body =
        Json.object()
            .put("type", TYPE + code)
            .put("title", title)
            .put("status", status)
            .put("code", code)
            .put("detail", detail)
            .put("error_id", requestId);
    if (!errors.isEmpty()) {
      ArrayNode list = body.putArray("errors");
      errors.forEach(e -> list.addObject().put("pointer", e.pointer()).put("detail", e.detail()));
    }
    return new HttpResponse(
        status, Headers.NONE.with("content-type", "application/problem+json"), Json.bytes(body));
  }

  /// The shape of all of them.
  static Schema schema() {
    return Schema.answer("Problem", "An error (RFC 9457).")
        .with("type", Schema.text().describe("A URI that names the kind of problem."))
        .with("title", Schema.text())
        .with("status", Schema.integer(400, 599))
        .with("code", Schema.text().describe("What to decide by; see each operation."))
        .with("detail", Schema.string(0, 4000).describe("What is wrong with this very request."))
        .with("error_id", Schema.text().describe("Also in the server's log; say it when you ask."))
        .maybe(
            "errors",
            Schema.array(
                    Schema.answer("FieldError", "A place of the body that doesn't fit.")
                        .with("pointer", Schema.string(0, 4000).describe("RFC 6901."))
                        .with("detail", Schema.string(0, 4000)),
                    Bodies.ERRORS_MAX)
                .describe("What is wrong where, for problems of the body."));
  }
}
