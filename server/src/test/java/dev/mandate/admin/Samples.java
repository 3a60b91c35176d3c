package dev.mandate.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.platform.json.Json;
import dev.mandate.platform.json.JsonSchema;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// Values that fit a schema of a document, and values that don't.
final class Samples {
  private static final List<String> WORDS =
      List.of(
          "sample",
          "sample-%d",
          "Sample%d",
          "s%d",
          "member",
          "https://app%d.invalid/callback",
          "2026-01-01T00:00:00Z",
          "P%dD",
          "openid",
          "UTC",
          "person%d@example.com",
          "sample-text-of-some-length-%d",
          "%d");

  private final JsonNode components;
  private final Random random;
  private int counter;

  Samples(JsonNode components, Random random) {
    this.components = components;
    this.random = random;
  }

  JsonNode resolved(JsonNode schema) {
    String reference = schema.path("$ref").asText();
    return reference.isEmpty()
        ? schema
        : components.at("/" + reference.substring("#/components/".length()));
  }

  /// The schema with what it refers to.
  JsonSchema compiled(JsonNode schema) {
    ObjectNode root = schema.deepCopy();
    root.set("components", components);
    return JsonSchema.compile(root);
  }

  /// What the document shows as an example; else one that is made.
  JsonNode example(JsonNode schema) {
    JsonNode shown = resolved(schema).path("examples").path(0);
    return shown.isMissingNode() ? valid(schema, false) : shown.deepCopy();
  }

  /// @param full with every member, not only those that must be there
  JsonNode valid(JsonNode given, boolean full) {
    JsonNode schema = resolved(given);
    if (schema.has("anyOf")) {
      return valid(schema.path("anyOf").path(0), full);
    }
    if (schema.has("enum")) {
      JsonNode values = schema.path("enum");
      return values.get(random.nextInt(values.size()));
    }
    JsonNode types = schema.path("type");
    String type = types.isArray() ? types.get(0).asText() : types.asText();
    return switch (type) {
      case "object" -> object(schema, full);
      case "array" -> array(schema, full);
      case "integer" -> Json.tree(integer(schema));
      case "boolean" -> Json.tree(random.nextBoolean());
      case "string" -> Json.tree(text(schema));
      default -> throw new AssertionError("no sample of " + schema);
    };
  }

  private ObjectNode object(JsonNode schema, boolean full) {
    ObjectNode object = Json.object();
    List<String> required = new ArrayList<>();
    schema.path("required").forEach(name -> required.add(name.asText()));
    for (var member : schema.path("properties").properties()) {
      if (full || required.contains(member.getKey())) {
        object.set(member.getKey(), valid(member.getValue(), full));
      }
    }
    return object;
  }

  private ArrayNode array(JsonNode schema, boolean full) {
    ArrayNode array = Json.object().arrayNode();
    int size = Math.max(schema.path("minItems").asInt(), full ? 1 : 0);
    for (int i = 0; i < size; i++) {
      array.add(valid(schema.path("items"), full));
    }
    return array;
  }

  private long integer(JsonNode schema) {
    long least = schema.path("minimum").asLong(0);
    long most = schema.path("maximum").asLong(100);
    return least + random.nextLong(Math.min(most - least, 1_000) + 1);
  }

  private String text(JsonNode schema) {
    if (schema.has("default") && schema.path("default").isTextual()) {
      return schema.path("default").asText();
    }
    JsonSchema fits = JsonSchema.compile(schema);
    for (String word : WORDS) {
      String candidate = word.replace("%d", String.valueOf(++counter));
      if (fits.violations(Json.tree(candidate)).isEmpty()) {
        return candidate;
      }
    }
    throw new AssertionError("no sample text of " + schema);
  }

  /// Bodies that don't fit, by what is wrong with them.
  Map<String, JsonNode> invalid(JsonNode given) {
    JsonNode schema = resolved(given);
    ObjectNode whole = (ObjectNode) example(given);
    Map<String, JsonNode> wrong = new LinkedHashMap<>();
    wrong.put("an array", Json.object().arrayNode());
    wrong.put("a number", Json.tree(7));
    wrong.put("a null", Json.parse("null"));
    wrong.put("a surplus member", whole.deepCopy().put("surplus_member", 1));
    schema
        .path("required")
        .forEach(
            name -> {
              ObjectNode without = whole.deepCopy();
              without.remove(name.asText());
              wrong.put("without " + name.asText(), without);
            });
    for (var member : schema.path("properties").properties()) {
      int i = 0;
      for (JsonNode value : wrongValues(resolved(member.getValue()))) {
        ObjectNode changed = whole.deepCopy();
        changed.set(member.getKey(), value);
        wrong.put("wrong " + member.getKey() + " " + i++, changed);
      }
    }
    JsonSchema fits = compiled(given);
    wrong.values().removeIf(value -> fits.violations(value).isEmpty());
    return wrong;
  }

  private static List<JsonNode> wrongValues(JsonNode schema) {
    List<JsonNode> values = new ArrayList<>();
    values.add(Json.object().put("of", "another kind"));
    values.add(Json.tree(-1));
    values.add(Json.tree(1.5));
    values.add(Json.tree(true));
    values.add(Json.tree(""));
    values.add(Json.parse("null"));
    values.add(Json.parse("99999999999999999999999999"));
    values.add(Json.tree("x".repeat(5_000)));
    values.add(Json.tree("\0"));
    values.add(Json.tree("\uD800"));
    values.add(Json.parse("[" + "1,".repeat(500) + "1]"));
    if (schema.has("maximum")) {
      values.add(Json.tree(schema.path("maximum").asLong() + 1));
    }
    return values;
  }
}
