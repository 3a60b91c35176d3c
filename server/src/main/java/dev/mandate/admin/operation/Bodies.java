package dev.mandate.admin.operation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.platform.http.Headers;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.json.Json;
import dev.mandate.platform.json.JsonSchema;
import dev.mandate.platform.json.JsonSchema.Violation;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Reads and checks what clients send.
final class Bodies {
  static final int BYTES_MAX = 64 * 1024;
  static final int ERRORS_MAX = 50;
  static final String JSON = "application/json";

  /// RFC 7396 §4.
  static final String MERGE_PATCH = "application/merge-patch+json";

  private static final int DETAIL_CHARACTERS_MAX = 500;

  private Bodies() {}

  /// @throws Refused 413, 415, 400 or 422
  static ObjectNode read(HttpRequest request, List<String> mediaTypes, JsonSchema schema) {
    if (request.body().length > BYTES_MAX) {
      throw Problem.REQUEST_TOO_LARGE.because("a body here has at most " + BYTES_MAX + " bytes");
    }
    requireType(request, mediaTypes);
    JsonNode body;
    try {
      body = Json.parse(request.body());
    } catch (Json.MalformedJson e) {
      throw Problem.INVALID_REQUEST.because("the body is " + e.getMessage());
    }
    check(body, schema);
    return (ObjectNode) body;
  }

  /// A verb that needs no body takes an empty one or `{}`.
  static ObjectNode none(HttpRequest request, JsonSchema empty) {
    return request.body().length == 0 ? Json.object() : read(request, List.of(JSON), empty);
  }

  private static void requireType(HttpRequest request, List<String> mediaTypes) {
    List<String> types = request.headers().all("content-type");
    String type = types.isEmpty() ? "" : types.getFirst();
    String[] parts = type.toLowerCase(Locale.ROOT).split(";", -1);
    boolean utf8 = true;
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].strip().replace("\"", "");
      // RFC 8259 §8.1: JSON between systems is UTF-8.
      utf8 &= !parameter.startsWith("charset=") || parameter.equals("charset=utf-8");
    }
    if (types.size() != 1 || !mediaTypes.contains(parts[0].strip()) || !utf8) {
      throw Problem.UNSUPPORTED_MEDIA_TYPE
          .because("expected a body of type " + String.join(" or ", mediaTypes) + " in UTF-8")
          .with("accept", String.join(", ", mediaTypes));
    }
  }

  /// @throws Refused 422, naming every place that doesn't fit, up to a bound
  static void check(JsonNode body, JsonSchema schema) {
    List<Violation> errors = new ArrayList<>();
    unstorable(body, "", errors);
    for (Violation violation : schema.violations(body)) {
      errors.add(new Violation(shortened(violation.pointer()), shortened(violation.detail())));
    }
    if (!errors.isEmpty()) {
      String places = errors.size() == 1 ? "a place" : errors.size() + " places";
      throw new Refused(
          Problem.INVALID_BODY,
          "the body has " + places + " that are not as the schema has it; see errors",
          errors.subList(0, Math.min(errors.size(), ERRORS_MAX)),
          Headers.NONE);
    }
  }

  /// PostgreSQL stores no U+0000, and half a surrogate pair has no UTF-8: both would come back as
  /// something other than was sent, or not at all.
  private static void unstorable(JsonNode value, String at, List<Violation> errors) {
    if (value.isTextual() && !isStorable(value.textValue())) {
      errors.add(new Violation(shortened(at), "has a character that is not text"));
    }
    if (value.isObject()) {
      for (var member : value.properties()) {
        String pointer =
            at + "/" + member.getKey().replace("~", "~0").replace("/", "~1").replace("\0", "?");
        unstorable(member.getValue(), pointer, errors);
      }
    } else if (value.isArray()) {
      for (int i = 0; i < value.size(); i++) {
        unstorable(value.get(i), at + "/" + i, errors);
      }
    }
  }

  static boolean isStorable(String text) {
    return text.indexOf('\0') < 0 && StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }

  private static String shortened(String text) {
    return text.length() <= DETAIL_CHARACTERS_MAX
        ? text
        : text.substring(0, DETAIL_CHARACTERS_MAX) + "…";
  }

  /// Puts in what absent members mean.
  static void fillIn(ObjectNode body, Schema schema) {
    for (var member : schema.marked().path("properties").properties()) {
      JsonNode value = member.getValue().get("default");
      if (value != null && !body.has(member.getKey())) {
        body.set(member.getKey(), value.deepCopy());
      }
    }
  }

  /// RFC 7396 §2.
  static JsonNode merge(JsonNode target, JsonNode patch) {
    if (!patch.isObject()) {
      return patch;
    }
    ObjectNode merged = target.isObject() ? (ObjectNode) target.deepCopy() : Json.object();
    for (var member : patch.properties()) {
      if (member.getValue().isNull()) {
        merged.remove(member.getKey());
      } else {
        JsonNode known = merged.path(member.getKey());
        merged.set(member.getKey(), merge(known, member.getValue()));
      }
    }
    return merged;
  }

  /// The part of a representation that the body's schema knows.
  static ObjectNode changeable(ObjectNode representation, Schema body) {
    ObjectNode part = Json.object();
    for (String member : body.members()) {
      JsonNode value = representation.get(member);
      if (value != null && !value.isNull()) {
        part.set(member, value.deepCopy());
      }
    }
    return part;
  }
}
