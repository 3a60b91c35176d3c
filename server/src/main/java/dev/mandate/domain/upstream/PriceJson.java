package dev.mandate.domain.upstream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/// A price in JSON, as the shipped list, the store and the admin API spell it.
public final class PriceJson {
  public static final String LONG_CONTEXT = "long_context";
  public static final String ABOVE_TOKENS = "above_tokens";

  private PriceJson() {}

  /// Where a kind of token has no price of its own, it costs as much as plain input.
  public static Price read(JsonNode node) {
    Price plain = plain(node);
    JsonNode longer = node.path(LONG_CONTEXT);
    return longer.isObject()
        ? new Price(
            plain.input(),
            plain.cachedInput(),
            plain.cacheWrite(),
            plain.cacheWriteLong(),
            plain.output(),
            new Price.LongContext(longer.required(ABOVE_TOKENS).asLong(), plain(longer)))
        : plain;
  }

  private static Price plain(JsonNode node) {
    long input = node.required("input").asLong();
    return new Price(
        input,
        node.path("cached_input").asLong(input),
        node.path("cache_write").asLong(input),
        node.path("cache_write_long").asLong(input),
        node.required("output").asLong());
  }

  public static void write(Price price, ObjectNode node) {
    node.put("input", price.input())
        .put("cached_input", price.cachedInput())
        .put("cache_write", price.cacheWrite())
        .put("cache_write_long", price.cacheWriteLong())
        .put("output", price.output());
    Price.LongContext longer = price.longContext();
    if (longer != null) {
      ObjectNode inner = node.putObject(LONG_CONTEXT).put(ABOVE_TOKENS, longer.aboveTokens());
      write(longer.price(), inner);
    }
  }
}
