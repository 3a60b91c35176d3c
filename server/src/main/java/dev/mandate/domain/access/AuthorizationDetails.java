package dev.mandate.domain.access;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.platform.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The JSON of `authorization_details` (RFC 9396 §2): an array of objects, all of type `llm_access`
/// for now. Strict: an unknown member is refused, never ignored, because what it says would
/// otherwise be lost without anyone's knowing.
public final class AuthorizationDetails {
  /// The one type that there is.
  public static final String LLM_ACCESS = "llm_access";

  static final int DETAILS_MAX = 8;
  static final int MODELS_MAX = 100;
  private static final int NAME_CHARACTERS_MAX = 200;
  private static final long AMOUNT_MAX = 1_000_000_000_000_000L;
  private static final Set<String> MEMBERS =
      Set.of("type", "upstream", "models", "capabilities", "limits", "expires_in");
  private static final Set<String> LIMITS =
      Set.of("requests", "tokens_per_request", "tokens_per_day", "cost_micros");

  private AuthorizationDetails() {}

  /// Reads what a client asks for.
  ///
  /// @throws InvalidDetails naming the member that is wrong, with the offending and the expected
  ///   value
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
      terms.add(terms(node.get(i), "authorization_details[" + i + "]"));
    }
    refuseOverlap(terms);
    return List.copyOf(terms);
  }

  private static LlmTerms terms(JsonNode node, String at) {
    if (!node.isObject()) {
      throw new InvalidDetails(at + " must be an object");
    }
    String type = string(node, "type", at);
    if (!type.equals(LLM_ACCESS)) {
      throw new InvalidDetails(at + ".type is '" + type + "', expected '" + LLM_ACCESS + "'");
    }
    onlyMembers(node, MEMBERS, at);
    String upstream = string(node, "upstream", at);
    Set<String> models = strings(node, "models", at);
    Set<Capability> capabilities = capabilities(node, at);
    return new LlmTerms(upstream, models, capabilities, limits(node, at), expiresIn(node, at));
  }

  private static @Nullable Set<Capability> capabilities(JsonNode node, String at) {
    Set<String> names = strings(node, "capabilities", at);
    if (names == null) {
      return null;
    }
    Set<Capability> capabilities = new LinkedHashSet<>();
    for (String name : names) {
      Capability capability = Capability.ofWire(name);
      if (capability == null) {
        throw new InvalidDetails(
            at + ".capabilities has '" + name + "', expected any of " + Capability.wires());
      }
      capabilities.add(capability);
    }
    return capabilities;
  }

  private static Limits limits(JsonNode node, String at) {
    JsonNode limits = node.get("limits");
    if (limits == null) {
      return Limits.NONE;
    }
    if (!limits.isObject()) {
      throw new InvalidDetails(at + ".limits must be an object");
    }
    onlyMembers(limits, LIMITS, at + ".limits");
    return new Limits(
        amount(limits, "requests", at),
        amount(limits, "tokens_per_request", at),
        amount(limits, "tokens_per_day", at),
        amount(limits, "cost_micros", at));
  }

  private static @Nullable Long amount(JsonNode limits, String name, String at) {
    JsonNode value = limits.get(name);
    if (value == null) {
      return null;
    }
    if (!value.isIntegralNumber()
        || !value.canConvertToLong()
        || value.asLong() < 0
        || value.asLong() > AMOUNT_MAX) {
      throw new InvalidDetails(
          at + ".limits." + name + " must be a whole number from 0 to " + AMOUNT_MAX);
    }
    return value.asLong();
  }

  private static @Nullable Duration expiresIn(JsonNode node, String at) {
    JsonNode value = node.get("expires_in");
    if (value == null) {
      return null;
    }
    if (!value.isIntegralNumber() || !value.canConvertToInt() || value.asInt() < 1) {
      throw new InvalidDetails(at + ".expires_in must be a whole number of seconds, 1 or more");
    }
    return Duration.ofSeconds(value.asInt());
  }

  private static String string(JsonNode node, String name, String at) {
    JsonNode value = node.get(name);
    if (value == null
        || !value.isTextual()
        || value.asText().isEmpty()
        || value.asText().length() > NAME_CHARACTERS_MAX) {
      throw new InvalidDetails(
          at + "." + name + " must be a string of 1 to " + NAME_CHARACTERS_MAX + " characters");
    }
    return value.asText();
  }

  private static @Nullable Set<String> strings(JsonNode node, String name, String at) {
    JsonNode value = node.get(name);
    if (value == null) {
      return null;
    }
    if (!value.isArray() || value.isEmpty() || value.size() > MODELS_MAX) {
      throw new InvalidDetails(
          at + "." + name + " must be an array of 1 to " + MODELS_MAX + " strings");
    }
    Set<String> names = new LinkedHashSet<>();
    for (JsonNode item : value) {
      if (!item.isTextual()
          || item.asText().isEmpty()
          || item.asText().length() > NAME_CHARACTERS_MAX) {
        throw new InvalidDetails(
            at + "." + name + " must hold strings of 1 to " + NAME_CHARACTERS_MAX + " characters");
      }
      names.add(item.asText());
    }
    return names;
  }

  private static void onlyMembers(JsonNode node, Set<String> known, String at) {
    node.fieldNames()
        .forEachRemaining(
            name -> {
              if (!known.contains(name)) {
                throw new InvalidDetails(
                    at
                        + " has an unknown member '"
                        + shortened(name)
                        + "', expected any of "
                        + new TreeSet<>(known));
              }
            });
  }

  private static String shortened(String name) {
    return name.length() <= 40 ? name : name.substring(0, 40) + "…";
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
              "authorization_details["
                  + i
                  + "] and ["
                  + k
                  + "] speak of the same model at '"
                  + a.upstream()
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
      node.put("expires_in", Math.max(0, Duration.between(now, one.expiresAt()).toSeconds()));
      array.add(node);
    }
    return array;
  }

  public static ObjectNode writeLimits(Limits limits) {
    ObjectNode node = Json.object();
    put(node, "requests", limits.requests());
    put(node, "tokens_per_request", limits.tokensPerRequest());
    put(node, "tokens_per_day", limits.tokensPerDay());
    put(node, "cost_micros", limits.costMicros());
    return node;
  }

  private static void put(ObjectNode node, String name, @Nullable Long value) {
    if (value != null) {
      node.put(name, value);
    }
  }

  /// `authorization_details` that RFC 9396 §5 answers with `invalid_authorization_details`.
  public static final class InvalidDetails extends RuntimeException {
    public InvalidDetails(String message) {
      super(message);
    }
  }
}
