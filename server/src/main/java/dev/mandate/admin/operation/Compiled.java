package dev.mandate.admin.operation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.platform.http.BadRequest;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.Parameters;
import dev.mandate.platform.json.Json;
import dev.mandate.platform.json.JsonSchema;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// An operation with its schemas compiled: reads requests as they are declared.
final class Compiled {
  static final String LIMIT = "limit";
  static final String CURSOR = "cursor";

  private static final JsonSchema EMPTY = JsonSchema.compile(Schema.body("Nothing", "").whole());

  private final Operation operation;
  private final List<Parameter> parameters;
  private final Map<String, JsonSchema> query = new LinkedHashMap<>();
  private final JsonSchema body;
  private final JsonSchema patch;

  Compiled(Operation operation) {
    this.operation = operation;
    this.parameters = parameters(operation);
    parameters.forEach(p -> query.put(p.name(), JsonSchema.compile(p.schema().whole())));
    switch (operation.work()) {
      case Work.Creating(var schema, var _, var _) -> {
        body = JsonSchema.compile(schema.whole());
        patch = EMPTY;
      }
      case Work.Changing<?>(var _, var schema, var _, var _, var _) -> {
        body = JsonSchema.compile(schema.whole());
        patch = JsonSchema.compile(schema.patch("Patch").whole());
      }
      case Work.Acting<?>(var _, var schema, var _, var _) -> {
        body = schema == null ? EMPTY : JsonSchema.compile(schema.whole());
        patch = EMPTY;
      }
      case Work.Listing _, Work.Reading<?> _, Work.Removing<?> _ -> {
        body = EMPTY;
        patch = EMPTY;
      }
    }
  }

  Operation operation() {
    return operation;
  }

  /// All query parameters: those of the operation and those of its kind.
  static List<Parameter> parameters(Operation operation) {
    List<Parameter> all = new ArrayList<>();
    if (operation.work() instanceof Work.Listing) {
      all.add(
          new Parameter(
              LIMIT,
              Schema.integer(1, Page.LIMIT_MAX).byDefault(Page.LIMIT_DEFAULT),
              "Items on a page at most."));
      all.add(
          new Parameter(
              CURSOR,
              Schema.string(1, Cursor.CHARACTERS_MAX),
              "Where to go on: `next_cursor` of the page before. Opaque."));
    }
    all.addAll(operation.parameters());
    return all;
  }

  /// @throws Refused 400
  Map<String, String> query(HttpRequest request) {
    Map<String, String> values = new LinkedHashMap<>();
    try {
      Parameters sent = request.query();
      for (String name : sent.names()) {
        JsonSchema schema = query.get(name);
        if (schema == null) {
          // A filter with a typing error in its name would otherwise answer everything.
          throw Problem.INVALID_PARAMETER.because(
              "there is an unknown query parameter, expected any of " + query.keySet());
        }
        String value = sent.one(name);
        if (value == null
            || !Bodies.isStorable(value)
            || !schema.violations(typed(name, value)).isEmpty()) {
          throw Problem.INVALID_PARAMETER.because(
              "query parameter " + name + " is not as its schema has it: " + words(name));
        }
        values.put(name, value);
      }
    } catch (BadRequest e) {
      throw Problem.INVALID_PARAMETER.because(String.valueOf(e.getMessage()));
    }
    return values;
  }

  private Parameter parameter(String name) {
    return parameters.stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
  }

  private String words(String name) {
    return Json.write(parameter(name).schema().whole());
  }

  private JsonNode typed(String name, String value) {
    JsonNode text = Json.tree(value);
    return switch (parameter(name).schema().type()) {
      case "integer" ->
          value.matches("-?(0|[1-9][0-9]{0,17})") ? Json.tree(Long.valueOf(value)) : text;
      case "boolean" ->
          value.equals("true") || value.equals("false") ? Json.tree(Boolean.valueOf(value)) : text;
      default -> text;
    };
  }

  /// The page that is asked for.
  ///
  /// @throws Refused 400
  static Page.Range range(Call call) {
    String limit = call.query(LIMIT);
    String cursor = call.query(CURSOR);
    return new Page.Range(
        limit == null ? Page.LIMIT_DEFAULT : Integer.parseInt(limit),
        cursor == null ? null : Cursor.unwrap(cursor));
  }

  /// A body as it is declared, with what absent members mean.
  ///
  /// @throws Refused 413, 415, 400 or 422
  ObjectNode whole(HttpRequest request, Schema schema) {
    ObjectNode read = Bodies.read(request, List.of(Bodies.JSON), body);
    Bodies.fillIn(read, schema);
    return read;
  }

  ObjectNode none(HttpRequest request) {
    return Bodies.none(request, EMPTY);
  }

  /// @throws Refused 413, 415, 400 or 422
  ObjectNode patch(HttpRequest request) {
    return Bodies.read(request, List.of(Bodies.MERGE_PATCH, Bodies.JSON), patch);
  }

  /// What the patch makes of what is there.
  ///
  /// @throws Refused 422 when that is not a whole
  ObjectNode patched(ObjectNode representation, Schema schema, ObjectNode change) {
    JsonNode merged = Bodies.merge(Bodies.changeable(representation, schema), change);
    Bodies.check(merged, body);
    ObjectNode whole = (ObjectNode) merged;
    Bodies.fillIn(whole, schema);
    return whole;
  }
}
