package dev.mandate.domain.upstream;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.domain.access.Capability;
import dev.mandate.platform.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// The price list that ships: public list prices of each provider's models, with a version that
/// every ledger entry keeps. A correction is a new version; history is never recomputed.
///
/// @param version a date
public record PriceList(String version, List<Model> openai, List<Model> anthropic) {
  private static final String SHIPPED = "/prices/2026-11-21.json";

  public PriceList {
    openai = List.copyOf(openai);
    anthropic = List.copyOf(anthropic);
  }

  public static PriceList shipped() {
    try (InputStream in = PriceList.class.getResourceAsStream(SHIPPED)) {
      if (in == null) {
        throw new IllegalStateException(SHIPPED + " is not in the jar");
      }
      JsonNode list = Json.parse(in.readAllBytes());
      JsonNode models = list.path("models");
      return new PriceList(
          list.path("version").asText(),
          models(models.path("openai")),
          models(models.path("anthropic")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The models of a provider, the recommended one first.
  public List<Model> of(Provider provider) {
    return switch (provider) {
      case OPENAI -> openai;
      case ANTHROPIC -> anthropic;
    };
  }

  private static List<Model> models(JsonNode array) {
    List<Model> models = new ArrayList<>();
    for (JsonNode node : array) {
      Set<Capability> capabilities = EnumSet.noneOf(Capability.class);
      for (JsonNode name : node.path("capabilities")) {
        Capability capability = Capability.ofWire(name.asText());
        if (capability == null) {
          throw new IllegalStateException(SHIPPED + ": no such capability: " + name);
        }
        capabilities.add(capability);
      }
      long input = node.path("input").asLong();
      models.add(
          new Model(
              node.path("name").asText(),
              node.path("display_name").asText(),
              capabilities,
              node.path("context_tokens").asLong(),
              node.path("output_tokens_max").asLong(),
              node.path("image_tokens_max").asLong(),
              new Price(
                  input,
                  node.path("cached_input").asLong(input),
                  node.path("cache_write").asLong(input),
                  node.path("cache_write_long").asLong(input),
                  node.path("output").asLong()),
              LocalDate.parse(node.path("released").asText())
                  .atStartOfDay(ZoneOffset.UTC)
                  .toInstant()));
    }
    return models;
  }
}
