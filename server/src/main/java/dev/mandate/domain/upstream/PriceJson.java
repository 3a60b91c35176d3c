package dev.mandate.domain.upstream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/// A price in JSON, as the shipped list, the store and the admin API spell it.
public final class PriceJson {
  public static final String LONG_CONTEXT = "long_context";
  public static final String ABOVE_TOKENS = "above_tokens";
  public static final String MEDIA_INPUT = "media_input";
  public static final String PER_UNIT = "per_unit";

  private PriceJson() {}

  /// Where a kind of token has no price of its own, it costs as much as plain input.
  public static Price read(JsonNode node) {
    Price plain = plain(node);
    JsonNode longer = node.path(LONG_CONTEXT);
    Price.LongContext longContext =
        longer.isObject()
            ? new Price.LongContext(longer.required(ABOVE_TOKENS).asLong(), plain(longer))
            : null;
    return new Price(
        plain.input(),
        plain.cachedInput(),
        plain.cacheWrite(),
        plain.cacheWriteLong(),
        plain.output(),
        longContext,
        plain.mediaInput(),
        perUnit(node.path(PER_UNIT)));
  }

  private static Price plain(JsonNode node) {
    long input = node.required("input").asLong();
    return new Price(
            input,
            node.path("cached_input").asLong(input),
            node.path("cache_write").asLong(input),
            node.path("cache_write_long").asLong(input),
            node.required("output").asLong())
        .with(node.path(MEDIA_INPUT).asLong(input), null);
  }

  private static Price.@Nullable PerUnit perUnit(JsonNode node) {
    return node.isObject()
        ? new Price.PerUnit(
            Price.Unit.ofWire(node.required("unit").asText()),
            node.required("price").asLong(),
            node.required("most").asLong())
        : null;
  }

  /// What all models have in common is always there; the rest where it says something.
  public static void write(Price price, ObjectNode node) {
    node.put("input", price.input())
        .put("cached_input", price.cachedInput())
        .put("cache_write", price.cacheWrite())
        .put("cache_write_long", price.cacheWriteLong())
        .put("output", price.output());
    if (price.mediaInput() != price.input()) {
      node.put(MEDIA_INPUT, price.mediaInput());
    }
    Price.PerUnit perUnit = price.perUnit();
    if (perUnit != null) {
      node.putObject(PER_UNIT)
          .put("unit", perUnit.unit().wire())
          .put("price", perUnit.price())
          .put("most", perUnit.most());
    }
    Price.LongContext longer = price.longContext();
    if (longer != null) {
      ObjectNode inner = node.putObject(LONG_CONTEXT).put(ABOVE_TOKENS, longer.aboveTokens());
      write(longer.price(), inner);
    }
  }
}
