package dev.mandate.admin.operation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.platform.json.Json;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A JSON Schema (2020-12) under construction; immutable, each method gives a new one. A schema
/// with a name becomes a component of the OpenAPI document, and so a type of generated clients.
public final class Schema {
  /// Marks a component in the tree; taken out before anyone validates or reads it.
  static final String NAME = "x-component";

  /// Of texts for which nobody said otherwise.
  public static final int CHARACTERS_MAX = 200;

  /// The largest amount of anything: sums of it stay far from the end of 64 bits, and a JavaScript
  /// client can still count in it.
  public static final long AMOUNT_MAX = 1_000_000_000_000_000L;

  private final ObjectNode node;

  private Schema(ObjectNode node) {
    this.node = node;
  }

  private static Schema of(String type) {
    return new Schema(Json.object().put("type", type));
  }

  /// A body that clients send: members that aren't declared are refused.
  public static Schema body(String name, String description) {
    Schema schema = answer(name, description);
    schema.node.put("additionalProperties", false);
    return schema;
  }

  /// What the server answers: members may be added in a later release.
  public static Schema answer(String name, String description) {
    ObjectNode node =
        Json.object().put(NAME, name).put("type", "object").put("description", description);
    node.putObject("properties");
    return new Schema(node);
  }

  public static Schema string(int charactersMin, int charactersMax) {
    Schema schema = of("string");
    if (charactersMin > 0) {
      schema.node.put("minLength", charactersMin);
    }
    schema.node.put("maxLength", charactersMax);
    return schema;
  }

  /// A text of at least a character.
  public static Schema text() {
    return string(1, CHARACTERS_MAX);
  }

  /// @param regex matched anywhere, as JSON Schema has it: anchor it
  public static Schema pattern(String regex, int charactersMax) {
    Schema schema = string(1, charactersMax);
    schema.node.put("pattern", regex);
    return schema;
  }

  public static Schema oneOf(Collection<String> values) {
    Schema schema = of("string");
    ArrayNode list = schema.node.putArray("enum");
    values.forEach(list::add);
    return schema;
  }

  public static Schema oneOf(String... values) {
    return oneOf(Arrays.asList(values));
  }

  public static Schema integer(long min, long max) {
    Schema schema = of("integer");
    schema.node.put("format", "int64").put("minimum", min).put("maximum", max);
    return schema;
  }

  /// A count of something, or micro-units of money.
  public static Schema amount() {
    return integer(0, AMOUNT_MAX);
  }

  public static Schema flag() {
    return of("boolean");
  }

  /// RFC 3339, in UTC.
  public static Schema instant() {
    Schema schema = of("string");
    schema.node.put("format", "date-time");
    return schema;
  }

  public static Schema array(Schema items, int max) {
    Schema schema = of("array");
    schema.node.set("items", items.node.deepCopy());
    schema.node.put("maxItems", max);
    return schema;
  }

  /// An array without doubles.
  public static Schema set(Schema items, int max) {
    Schema schema = array(items, max);
    schema.node.put("uniqueItems", true);
    return schema;
  }

  public Schema atLeast(int items) {
    return changed("minItems", Json.tree(items));
  }

  /// A member that is always there.
  public Schema with(String member, Schema schema) {
    Schema changed = maybe(member, schema);
    ArrayNode required =
        changed.node.get("required") instanceof ArrayNode known
            ? known
            : changed.node.putArray("required");
    required.add(member);
    return changed;
  }

  /// A member that may be absent.
  public Schema maybe(String member, Schema schema) {
    Schema changed = new Schema(node.deepCopy());
    ((ObjectNode) changed.node.required("properties")).set(member, schema.node.deepCopy());
    return changed;
  }

  public Schema describe(String text) {
    return changed("description", Json.tree(text));
  }

  public Schema example(Object value) {
    ArrayNode examples = Json.object().arrayNode();
    examples.add(Json.tree(value));
    return changed("examples", examples);
  }

  /// What an absent member means.
  public Schema byDefault(Object value) {
    return changed("default", Json.tree(value));
  }

  /// Never answered.
  public Schema writeOnly() {
    return changed("writeOnly", Json.tree(true));
  }

  /// The same under another name.
  public Schema named(String name, String description) {
    return changed(NAME, Json.tree(name)).describe(description);
  }

  /// The JSON merge patch (RFC 7396) for a body: every member may be absent, and one that may be
  /// absent from the body may be null, which takes it away.
  public Schema patch(String name) {
    ObjectNode patch = node.deepCopy();
    patch.put(NAME, name);
    patch.put("description", "A JSON merge patch (RFC 7396): what is absent stays as it is.");
    patch.remove("examples");
    JsonNode required = patch.remove("required");
    List<String> kept =
        required == null ? List.of() : required.valueStream().map(JsonNode::asText).toList();
    ObjectNode members = (ObjectNode) patch.required("properties");
    for (var member : members.properties()) {
      ObjectNode value = (ObjectNode) member.getValue();
      // A default describes what an absent member of the whole means; absent from a patch it
      // means "unchanged".
      value.remove("default");
      if (!kept.contains(member.getKey())) {
        member.setValue(nullable(value));
      }
    }
    return new Schema(patch);
  }

  private static JsonNode nullable(ObjectNode value) {
    if (value.has(NAME)) {
      ObjectNode either = Json.object();
      either.putArray("anyOf").add(value).add(Json.object().put("type", "null"));
      return either;
    }
    JsonNode type = value.required("type");
    ArrayNode types = value.putArray("type");
    types.add(type).add("null");
    if (value.get("enum") instanceof ArrayNode values) {
      values.addNull();
    }
    return value;
  }

  private Schema changed(String keyword, JsonNode value) {
    ObjectNode changed = node.deepCopy();
    changed.set(keyword, value);
    return new Schema(changed);
  }

  /// The names of its members.
  List<String> members() {
    JsonNode members = node.path("properties");
    return members.propertyStream().map(java.util.Map.Entry::getKey).toList();
  }

  @Nullable String name() {
    return node.path(NAME).textValue();
  }

  String type() {
    return node.path("type").asText();
  }

  /// What an absent member means, null when nobody said.
  @Nullable JsonNode defaultValue() {
    return node.get("default");
  }

  /// With its components still marked.
  ObjectNode marked() {
    return node.deepCopy();
  }

  /// All in one, for validating.
  public ObjectNode whole() {
    ObjectNode whole = node.deepCopy();
    unmark(whole);
    return whole;
  }

  private static void unmark(JsonNode tree) {
    if (tree instanceof ObjectNode object) {
      object.remove(NAME);
    }
    tree.forEach(Schema::unmark);
  }
}
