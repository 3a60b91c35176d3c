package dev.mandate.platform.json;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/// The one JSON mapper. Names are `snake_case` on the wire, nulls are left out; duplicate members,
/// unknown members of a record and trailing data are refused; depth and lengths are bounded.
public final class Json {
  private static final int DEPTH_MAX = 64;
  private static final int INITIAL_BYTES = 512;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .build();

  static {
    MAPPER
        .getFactory()
        .setStreamReadConstraints(
            StreamReadConstraints.builder().maxNestingDepth(DEPTH_MAX).build());
  }

  private Json() {}

  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  public static JsonNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  /// @throws MalformedJson with a message that is fit for the sender
  public static JsonNode parse(String text) {
    return parse(text.getBytes(StandardCharsets.UTF_8));
  }

  /// @throws MalformedJson with a message that is fit for the sender
  public static JsonNode parse(byte[] utf8) {
    try {
      JsonNode node = MAPPER.readTree(utf8);
      if (node.isMissingNode()) {
        throw new MalformedJson("the body is empty, expected JSON", null);
      }
      return node;
    } catch (IOException e) {
      throw malformed(e);
    }
  }

  /// @throws MalformedJson with a message that is fit for the sender
  public static <T> T read(byte[] utf8, Class<T> type) {
    try {
      return MAPPER.readValue(utf8, type);
    } catch (IOException e) {
      throw malformed(e);
    }
  }

  public static String write(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("not writable as JSON: " + value.getClass(), e);
    }
  }

  /// Writes JSON member by member.
  @FunctionalInterface
  public interface Writing {
    void to(JsonGenerator json) throws IOException;
  }

  /// What is written most often: without a tree in between.
  public static byte[] written(Writing writing) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(INITIAL_BYTES);
    try (JsonGenerator json = MAPPER.getFactory().createGenerator(out)) {
      writing.to(json);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return out.toByteArray();
  }

  /// The same bytes for equal trees: members in the order of their names, no space.
  public static byte[] canonical(JsonNode tree) {
    return bytes(sorted(tree));
  }

  private static JsonNode sorted(JsonNode tree) {
    if (tree.isObject()) {
      ObjectNode out = object();
      new TreeSet<>(fieldNames(tree)).forEach(name -> out.set(name, sorted(tree.get(name))));
      return out;
    }
    if (tree.isArray()) {
      ArrayNode out = object().arrayNode();
      tree.forEach(item -> out.add(sorted(item)));
      return out;
    }
    return tree;
  }

  private static List<String> fieldNames(JsonNode tree) {
    List<String> names = new ArrayList<>();
    tree.fieldNames().forEachRemaining(names::add);
    return names;
  }

  public static byte[] bytes(Object value) {
    return write(value).getBytes(StandardCharsets.UTF_8);
  }

  /// The parser's own message can quote the input, which may hold a secret: only its position goes
  /// out.
  private static MalformedJson malformed(IOException e) {
    if (e instanceof JsonProcessingException json && json.getLocation() != null) {
      return new MalformedJson(
          "not the JSON that is expected here, at line %d column %d"
              .formatted(json.getLocation().getLineNr(), json.getLocation().getColumnNr()),
          e);
    }
    return new MalformedJson("not the JSON that is expected here", e);
  }

  /// JSON that does not parse, or not to the expected shape.
  public static final class MalformedJson extends RuntimeException {
    MalformedJson(String message, @org.jspecify.annotations.Nullable Throwable cause) {
      super(message, cause);
    }
  }
}
