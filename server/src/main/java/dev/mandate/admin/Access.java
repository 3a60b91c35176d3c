package dev.mandate.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Problem;
import dev.mandate.admin.operation.Schema;
import dev.mandate.domain.access.AuthorizationDetails;
import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limit;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmTerms;
import dev.mandate.domain.access.Period;
import dev.mandate.domain.prompt.PromptCategory;
import dev.mandate.domain.prompt.PromptStore;
import dev.mandate.platform.json.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// The JSON of terms and limits, wherever a resource has some: a client's policy, a role's
/// entitlements.
public final class Access {
  private static final int MODELS_MAX = 100;
  private static final int CATEGORIES_MAX = PromptStore.CATEGORIES_MAX;
  private static final int UPSTREAMS_MAX = 50;
  private static final long SECONDS_MAX = 10L * 366 * 24 * 3600;

  /// What bounds an access; an absent member is not bounded.
  public static final Schema LIMITS =
      limits(
          Schema.body("Limits", "Upper bounds; what is absent is not bounded here."),
          EnumSet.allOf(Limit.class));

  /// Terms for one upstream.
  public static final Schema TERMS =
      Schema.body("Terms", "What may be had of one upstream; what is absent is not bounded.")
          .with("upstream", Schema.text().describe("The upstream's id.").example("openai"))
          .maybe("models", Schema.set(Schema.text(), MODELS_MAX).atLeast(1))
          .maybe(
              "capabilities",
              Schema.set(Schema.oneOf(Capability.wires()), Capability.values().length).atLeast(1))
          .maybe("limits", LIMITS)
          .maybe("expires_in", Schema.integer(1, SECONDS_MAX).describe("Seconds."))
          .maybe(
              "prompt_categories",
              Schema.set(
                      Schema.pattern("^" + PromptCategory.NAME_PATTERN + "$", 40), CATEGORIES_MAX)
                  .describe("Of prompts; any when absent."));

  /// Terms, an entry an upstream.
  public static final Schema TERMS_LIST = Schema.array(TERMS, UPSTREAMS_MAX);

  private Access() {}

  /// Adds a member for each limit.
  static Schema limits(Schema schema, Set<Limit> which) {
    for (Limit limit : which) {
      schema = schema.maybe(limit.wire(), Schema.amount().describe(words(limit)));
    }
    return schema;
  }

  private static String words(Limit limit) {
    String what =
        switch (limit.unit()) {
          case REQUESTS -> "Calls";
          case TOKENS -> "Tokens, input and output together,";
          case COST_MICROS -> "Millionths of the tenant's currency";
        };
    Period period = limit.period();
    return switch (period) {
      case null -> "Input and output of one call.";
      case TOTAL -> what + " over its life.";
      case MINUTE, HOUR, DAY, MONTH ->
          what + " in a calendar " + period.wire() + " of the tenant's.";
    };
  }

  /// Reads what fits [#TERMS_LIST].
  ///
  /// @param pointer of the array, for what the schema can't say
  public static List<LlmTerms> terms(JsonNode array, String pointer) {
    List<LlmTerms> terms = new ArrayList<>();
    Set<String> upstreams = new HashSet<>();
    for (int i = 0; i < array.size(); i++) {
      LlmTerms one = one(array.get(i));
      if (!upstreams.add(one.upstream())) {
        throw Problem.member(
            pointer + "/" + i + "/upstream", "is named before; expected one entry an upstream");
      }
      terms.add(one);
    }
    return List.copyOf(terms);
  }

  private static LlmTerms one(JsonNode node) {
    JsonNode expiresIn = node.get("expires_in");
    return new LlmTerms(
        node.required("upstream").asText(),
        node.has("models") ? texts(node.required("models")) : null,
        node.has("capabilities") ? capabilities(node.required("capabilities")) : null,
        limits(node.path("limits")),
        expiresIn == null ? null : Duration.ofSeconds(expiresIn.asLong()),
        node.has("prompt_categories") ? texts(node.required("prompt_categories")) : null);
  }

  /// Reads what fits [#LIMITS].
  public static Limits limits(JsonNode node) {
    return AuthorizationDetails.readLimits(node);
  }

  private static Set<Capability> capabilities(JsonNode array) {
    Set<Capability> capabilities = new LinkedHashSet<>();
    for (String wire : texts(array)) {
      Capability capability = Capability.ofWire(wire);
      if (capability != null) {
        capabilities.add(capability);
      }
    }
    return capabilities;
  }

  /// An array of texts.
  public static Set<String> texts(JsonNode array) {
    Set<String> texts = new LinkedHashSet<>();
    array.forEach(text -> texts.add(text.asText()));
    return texts;
  }

  /// As [#TERMS_LIST] has it.
  public static ArrayNode write(List<LlmTerms> terms) {
    ArrayNode array = Json.object().arrayNode();
    for (LlmTerms one : terms) {
      ObjectNode node = array.addObject().put("upstream", one.upstream());
      if (one.models() != null) {
        new TreeSet<>(one.models()).forEach(node.putArray("models")::add);
      }
      if (one.capabilities() != null) {
        one.capabilities().stream()
            .map(Capability::wire)
            .sorted()
            .forEach(node.putArray("capabilities")::add);
      }
      ObjectNode limits = AuthorizationDetails.writeLimits(one.limits());
      if (!limits.isEmpty()) {
        node.set("limits", limits);
      }
      if (one.expiresIn() != null) {
        node.put("expires_in", one.expiresIn().toSeconds());
      }
      if (one.categories() != null) {
        new TreeSet<>(one.categories()).forEach(node.putArray("prompt_categories")::add);
      }
    }
    return array;
  }
}
