package dev.mandate.domain.access;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.platform.json.Json;
import dev.mandate.platform.json.JsonSchema;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The JSON of `authorization_details` (RFC 9396 §2): an array of objects, all of type `llm_access`
/// for now. Each type has a published JSON Schema, which says what is well formed; what it cannot
/// say is checked here. Strict: an unknown member is refused, never ignored, because what it says
/// would otherwise be lost without anyone's knowing.
public final class AuthorizationDetails {
  /// The one type that there is.
  public static final String LLM_ACCESS = "llm_access";

  static final int DETAILS_MAX = 8;

  private static final int SHOWN_CHARACTERS_MAX = 60;
  private static final ObjectNode DOCUMENT = document("/schema/llm_access.json");
  private static final JsonSchema SCHEMA = JsonSchema.compile(DOCUMENT);

  private AuthorizationDetails() {}

  private static ObjectNode document(String resource) {
    try (InputStream in = AuthorizationDetails.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("there is no resource " + resource);
      }
      return (ObjectNode) Json.parse(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read resource " + resource, e);
    }
  }

  /// The schemas that are published, by type.
  public static Map<String, ObjectNode> schemas() {
    return Map.of(LLM_ACCESS, DOCUMENT.deepCopy());
  }

  /// Reads what a client asks for.
  ///
  /// @throws InvalidDetails naming the member that is wrong as a JSON pointer (RFC 6901), and what
  ///   was expected
  public static List<LlmTerms> parse(String json) {
    JsonNode node;
    try {
      node = Json.parse(json);
    } catch (Json.MalformedJson e) {
      throw new InvalidDetails("authorization_details is " + e.getMessage());
    }
    return parse(node);
  }

  /// @see #parse(String)
  public static List<LlmTerms> parse(JsonNode node) {
    if (!node.isArray() || node.isEmpty() || node.size() > DETAILS_MAX) {
      throw new InvalidDetails(
          "authorization_details must be an array of 1 to " + DETAILS_MAX + " objects");
    }
    List<LlmTerms> terms = new ArrayList<>();
    for (int i = 0; i < node.size(); i++) {
      wellFormed(node.get(i), "authorization_details/" + i);
      terms.add(terms(node.get(i)));
    }
    refuseOverlap(terms);
    return List.copyOf(terms);
  }

  private static void wellFormed(JsonNode node, String at) {
    // RFC 9396 §5: an unknown type comes first, since it decides what the other members mean.
    JsonNode type = node.path("type");
    if (!type.isTextual()) {
      throw new InvalidDetails(
          at + " must be an object with a type, expected '" + LLM_ACCESS + "'");
    }
    if (!type.asText().equals(LLM_ACCESS)) {
      throw new InvalidDetails(
          at + "/type is '" + shortened(type.asText()) + "', expected '" + LLM_ACCESS + "'");
    }
    for (JsonSchema.Violation violation : SCHEMA.violations(node)) {
      throw new InvalidDetails(
          at + shortened(violation.pointer()) + " " + violation.detail() + expected(violation));
    }
  }

  /// For a member that is not known: those that are.
  private static String expected(JsonSchema.Violation violation) {
    int last = violation.pointer().lastIndexOf('/');
    JsonNode members =
        DOCUMENT
            .at(violation.pointer().substring(0, Math.max(0, last)).replace("/", "/properties/"))
            .path("properties");
    if (last < 0
        || members.isMissingNode()
        || members.has(violation.pointer().substring(last + 1))) {
      return "";
    }
    List<String> names = new ArrayList<>();
    members.fieldNames().forEachRemaining(names::add);
    return ", expected any of " + names;
  }

  /// Reads what [#write] wrote, in a token of ours: without the bounds of what strangers may ask.
  public static List<LlmTerms> read(JsonNode array) {
    List<LlmTerms> terms = new ArrayList<>();
    array.forEach(node -> terms.add(terms(node)));
    return List.copyOf(terms);
  }

  private static LlmTerms terms(JsonNode node) {
    Set<String> models = strings(node.get("models"));
    Set<String> wires = strings(node.get("capabilities"));
    Set<Capability> capabilities = null;
    if (wires != null) {
      capabilities = new LinkedHashSet<>();
      for (String wire : wires) {
        Capability capability = Capability.ofWire(wire);
        if (capability != null) {
          capabilities.add(capability);
        }
      }
    }
    JsonNode limits = node.path("limits");
    JsonNode expiresIn = node.get("expires_in");
    return new LlmTerms(
        node.path("upstream").asText(),
        models,
        capabilities,
        readLimits(limits),
        expiresIn == null ? null : Duration.ofSeconds(expiresIn.asLong()),
        strings(node.get("prompt_categories")));
  }

  /// Reads what [#writeLimits] wrote, or what fits the schema.
  public static Limits readLimits(JsonNode limits) {
    return Limits.each(
        limit -> {
          JsonNode value = limits.get(limit.wire());
          return value == null ? null : Long.valueOf(value.asLong());
        });
  }

  private static @Nullable Set<String> strings(@Nullable JsonNode array) {
    if (array == null) {
      return null;
    }
    Set<String> names = new LinkedHashSet<>();
    array.forEach(item -> names.add(item.asText()));
    return names;
  }

  private static String shortened(String name) {
    return name.length() <= SHOWN_CHARACTERS_MAX
        ? name
        : name.substring(0, SHOWN_CHARACTERS_MAX) + "...";
  }

  /// Two details for the same model would leave open which limit a call counts against.
  private static void refuseOverlap(List<LlmTerms> terms) {
    for (int i = 0; i < terms.size(); i++) {
      for (int k = i + 1; k < terms.size(); k++) {
        LlmTerms a = terms.get(i);
        LlmTerms b = terms.get(k);
        if (a.upstream().equals(b.upstream())
            && (a.models() == null
                || b.models() == null
                || a.models().stream().anyMatch(b.models()::contains))) {
          throw new InvalidDetails(
              "authorization_details/"
                  + i
                  + " and /"
                  + k
                  + " speak of the same model at '"
                  + shortened(a.upstream())
                  + "', expected distinct models");
        }
      }
    }
  }

  /// What was given, as it stands in tokens and token responses (RFC 9396 §7).
  public static ArrayNode write(List<LlmAccess> access, Instant now) {
    ArrayNode array = Json.object().arrayNode();
    for (LlmAccess one : access) {
      ObjectNode node = Json.object().put("type", LLM_ACCESS).put("upstream", one.upstream());
      one.models().forEach(node.putArray("models")::add);
      one.capabilities().stream()
          .map(Capability::wire)
          .sorted()
          .forEach(node.putArray("capabilities")::add);
      ObjectNode limits = writeLimits(one.limits());
      if (!limits.isEmpty()) {
        node.set("limits", limits);
      }
      if (one.categories() != null) {
        new TreeSet<>(one.categories()).forEach(node.putArray("prompt_categories")::add);
      }
      node.put("expires_in", Math.max(0, Duration.between(now, one.expiresAt()).toSeconds()));
      array.add(node);
    }
    return array;
  }

  public static ObjectNode writeLimits(Limits limits) {
    ObjectNode node = Json.object();
    limits.bounded().forEach(limit -> node.put(limit.wire(), limits.most(limit)));
    return node;
  }

  /// `authorization_details` that RFC 9396 §5 answers with `invalid_authorization_details`.
  public static final class InvalidDetails extends RuntimeException {
    public InvalidDetails(String message) {
      super(message);
    }
  }
}
