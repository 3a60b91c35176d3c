package dev.mandate.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Problem;
import dev.mandate.admin.operation.Schema;
import dev.mandate.domain.access.Capability;
import dev.mandate.domain.upstream.Egress;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Price;
import dev.mandate.domain.upstream.PriceJson;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.ResilienceJson;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.platform.json.Json;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// An upstream's JSON: its schemas, reading of what isn't plain, writing.
final class UpstreamJson {
  private static final int MODELS_MAX = 150;
  private static final long TOKENS_MAX = 100_000_000;

  /// Far above any list price, and small enough that a call's worst case fits 64 bits.
  private static final long PRICE_MAX = 1_000_000_000_000L;

  static final Schema PROVIDER =
      Schema.oneOf(Arrays.stream(Provider.values()).map(Provider::wire).toList());

  private static final Schema ID =
      Schema.pattern("^[a-z0-9][a-z0-9_-]*$", 40)
          .describe("Also the first segment of its gateway path; never changes.");

  private static final Schema PRICE =
      Schema.body("Price", "Micro-units of money for a million tokens of each kind.")
          .with("input", Schema.integer(0, PRICE_MAX))
          .with("cached_input", Schema.integer(0, PRICE_MAX))
          .with("cache_write", Schema.integer(0, PRICE_MAX))
          .with("cache_write_long", Schema.integer(0, PRICE_MAX))
          .with("output", Schema.integer(0, PRICE_MAX))
          .maybe(
              PriceJson.MEDIA_INPUT,
              Schema.integer(0, PRICE_MAX)
                  .describe("Of images and sound in the input; as `input` when absent."))
          .maybe(
              PriceJson.PER_UNIT,
              Schema.body("UnitPrice", "What is charged beside tokens, or instead of them.")
                  .with(
                      "unit",
                      Schema.oneOf(
                          Arrays.stream(Price.Unit.values()).map(Price.Unit::wire).toList()))
                  .with(
                      "price",
                      Schema.integer(0, PRICE_MAX)
                          .describe("Micro-units of money for a million units."))
                  .with(
                      "most",
                      Schema.integer(1, TOKENS_MAX)
                          .describe("That one call can take, where nothing in it bounds them.")))
          .maybe(
              PriceJson.LONG_CONTEXT,
              Schema.body("LongContextPrice", "What holds instead for calls with a long input.")
                  .with(
                      PriceJson.ABOVE_TOKENS,
                      Schema.integer(1, TOKENS_MAX)
                          .describe("Of input, cached or not; above it all tokens cost this."))
                  .with("input", Schema.integer(0, PRICE_MAX))
                  .with("cached_input", Schema.integer(0, PRICE_MAX))
                  .with("cache_write", Schema.integer(0, PRICE_MAX))
                  .with("cache_write_long", Schema.integer(0, PRICE_MAX))
                  .with("output", Schema.integer(0, PRICE_MAX)));

  private static final Schema MODEL =
      Schema.body("Model", "A model of the catalogue; what isn't in it can't be called.")
          .with("name", Schema.text().describe("Exact, as callers send it."))
          .with("display_name", Schema.text())
          .with(
              "capabilities",
              Schema.set(Schema.oneOf(Capability.wires()), Capability.values().length).atLeast(1))
          .with("context_tokens", Schema.integer(1, TOKENS_MAX))
          .with("output_tokens_max", Schema.integer(0, TOKENS_MAX))
          .with("image_tokens_max", Schema.integer(0, TOKENS_MAX))
          .with("price", PRICE)
          .with("released_at", Schema.instant());

  static final Schema SETTINGS =
      settings(Schema.body("UpstreamSettings", "What can be changed of an upstream."));

  static final Schema NEW_UPSTREAM =
      settings(
              Schema.body("NewUpstream", "An upstream to be.")
                  .with("id", ID)
                  .with("provider", PROVIDER.describe("Whose API it speaks.")))
          .example(
              Map.of("id", "openai-eu", "provider", "openai", "display_name", "OpenAI (Europe)"));

  static final Schema UPSTREAM =
      settings(
          Schema.answer("Upstream", "An LLM provider that callers reach through the gateway.")
              .with("id", ID)
              .with("provider", PROVIDER)
              .with(
                  "resource",
                  Schema.text().describe("Its gateway URL, and the audience of tokens for it.")));

  private UpstreamJson() {}

  private static Schema settings(Schema schema) {
    return schema
        .with("display_name", Schema.text())
        .maybe(
            "base_url",
            Schema.string(1, Egress.CHARACTERS_MAX)
                .describe(
                    "Without the version segment, but for `openai_compatible`; the provider's own"
                        + " when absent. Its origin changes only while there is no credential."))
        .maybe(
            "merges_usage",
            Schema.flag()
                .describe("Whether `stream_options.include_usage` may be merged into requests.")
                .byDefault(true))
        .maybe(
            "price_version",
            Schema.text()
                .describe(
                    "Of the prices, kept with every call that was charged by them; the shipped"
                        + " list's when absent."))
        .maybe("resilience", ResilienceSchema.RESILIENCE)
        .maybe(
            "models",
            Schema.array(MODEL, MODELS_MAX)
                .describe(
                    "The catalogue; the shipped list's when absent. Azure's models are"
                        + " deployments."));
  }

  static URI baseUrl(ObjectNode body, Provider provider, Egress egress) {
    JsonNode text = body.get("base_url");
    if (text == null) {
      URI own = provider.ownUrl();
      if (own == null) {
        throw Problem.member(
            "/base_url", "is needed: '" + provider.wire() + "' has none of its own");
      }
      return own;
    }
    URI url;
    try {
      url = new URI(text.asText());
    } catch (URISyntaxException e) {
      throw Problem.member("/base_url", "is not a URL");
    }
    String wrong = egress.wrongWith(url);
    if (wrong != null) {
      throw Problem.member("/base_url", wrong);
    }
    return url;
  }

  static List<Model> models(JsonNode array) {
    List<Model> models = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < array.size(); i++) {
      Model model = model(array.get(i), "/models/" + i);
      if (!names.add(model.name())) {
        throw Problem.member("/models/" + i + "/name", "is the name of a model before it");
      }
      models.add(model);
    }
    return models;
  }

  private static Model model(JsonNode node, String pointer) {
    Set<Capability> capabilities = EnumSet.noneOf(Capability.class);
    for (String wire : Access.texts(node.required("capabilities"))) {
      Capability capability = Capability.ofWire(wire);
      if (capability != null) {
        capabilities.add(capability);
      }
    }
    return new Model(
        node.required("name").asText(),
        node.required("display_name").asText(),
        capabilities,
        node.required("context_tokens").asLong(),
        node.required("output_tokens_max").asLong(),
        node.required("image_tokens_max").asLong(),
        PriceJson.read(node.required("price")),
        instant(node.required("released_at").asText(), pointer + "/released_at"));
  }

  /// RFC 3339 allows offsets and leap seconds; the store keeps milliseconds.
  private static Instant instant(String text, String pointer) {
    try {
      return OffsetDateTime.parse(text).toInstant().truncatedTo(ChronoUnit.MILLIS);
    } catch (DateTimeParseException e) {
      throw Problem.member(pointer, "is not a time that there was");
    }
  }

  static ObjectNode write(Upstream upstream, String resource) {
    ObjectNode node =
        Json.object()
            .put("id", upstream.name())
            .put("provider", upstream.provider().wire())
            .put("resource", resource)
            .put("display_name", upstream.displayName())
            .put("base_url", upstream.baseUrl().toString())
            .put("merges_usage", upstream.mergesUsage())
            .put("price_version", upstream.priceVersion());
    ResilienceJson.write(upstream.resilience(), node.putObject("resilience"));
    ArrayNode models = node.putArray("models");
    upstream.models().forEach(model -> models.add(write(model)));
    return node;
  }

  private static ObjectNode write(Model model) {
    ObjectNode node =
        Json.object().put("name", model.name()).put("display_name", model.displayName());
    model.capabilities().stream()
        .map(Capability::wire)
        .sorted()
        .forEach(node.putArray("capabilities")::add);
    node.put("context_tokens", model.contextTokens())
        .put("output_tokens_max", model.outputTokensMax())
        .put("image_tokens_max", model.imageTokensMax());
    PriceJson.write(model.price(), node.putObject("price"));
    return node.put("released_at", model.releasedAt().toString());
  }
}
