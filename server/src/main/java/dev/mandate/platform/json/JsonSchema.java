package dev.mandate.platform.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.PathType;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/// A compiled JSON Schema (2020-12). `format` is asserted, `$ref` reaches only into the schema
/// itself: nothing is ever fetched.
public final class JsonSchema {
  /// A place that doesn't fit.
  ///
  /// @param pointer of the offending value, or of the member that is missing (RFC 6901)
  /// @param detail what is expected there, without the value
  public record Violation(String pointer, String detail) {}

  private static final JsonSchemaFactory FACTORY =
      JsonSchemaFactory.getInstance(
          VersionFlag.V202012, builder -> builder.enableSchemaCache(false));

  private static final SchemaValidatorsConfig CONFIG =
      SchemaValidatorsConfig.builder()
          .pathType(PathType.JSON_POINTER)
          .formatAssertionsEnabled(true)
          .locale(Locale.ENGLISH)
          .build();

  private final com.networknt.schema.JsonSchema schema;

  private JsonSchema(com.networknt.schema.JsonSchema schema) {
    this.schema = schema;
  }

  public static JsonSchema compile(JsonNode schema) {
    com.networknt.schema.JsonSchema compiled = FACTORY.getSchema(schema, CONFIG);
    compiled.initializeValidators();
    return new JsonSchema(compiled);
  }

  /// All places of `value` that don't fit, in the order of their pointers; empty when it fits.
  public List<Violation> violations(JsonNode value) {
    return schema.validate(value).stream()
        .map(JsonSchema::violation)
        .sorted(Comparator.comparing(Violation::pointer).thenComparing(Violation::detail))
        .toList();
  }

  /// Missing and surplus members are reported at the object; who sent it looks for the member.
  private static Violation violation(ValidationMessage message) {
    String pointer = message.getInstanceLocation().toString();
    String member = message.getProperty();
    return switch (message.getType()) {
      case "required" -> new Violation(child(pointer, member), "is required");
      case "additionalProperties", "unevaluatedProperties" ->
          new Violation(child(pointer, member), "is not a member that is known here");
      default -> new Violation(pointer, message.getError());
    };
  }

  private static String child(String pointer, @org.jspecify.annotations.Nullable String member) {
    return member == null ? pointer : pointer + "/" + member.replace("~", "~0").replace("/", "~1");
  }
}
