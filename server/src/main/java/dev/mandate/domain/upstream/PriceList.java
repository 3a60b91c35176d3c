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
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The price list that ships: public list prices of each provider's models, with a version that
/// every ledger entry keeps. A correction is a new version; history is never recomputed.
///
/// @param version a date
/// @param models of each provider that has list prices
public record PriceList(String version, Map<Provider, List<Model>> models) {
  private static final String SHIPPED = "/prices/2026-11-21.json";

  public PriceList {
    models = Map.copyOf(models);
  }

  public static PriceList shipped() {
    try (InputStream in = PriceList.class.getResourceAsStream(SHIPPED)) {
      if (in == null) {
        throw new IllegalStateException(SHIPPED + " is not in the jar");
      }
      JsonNode list = Json.parse(in.readAllBytes());
      Map<Provider, List<Model>> models = new EnumMap<>(Provider.class);
      list.path("models")
          .properties()
          .forEach(e -> models.put(Provider.ofWire(e.getKey()), models(e.getValue())));
      return new PriceList(list.path("version").asText(), models);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The models of a provider, the recommended one first; none where each customer has its own
  /// prices.
  public List<Model> of(Provider provider) {
    // A deployment is often called what its model is, and costs the same.
    Provider whose = provider == Provider.AZURE_OPENAI ? Provider.OPENAI : provider;
    return models.getOrDefault(whose, List.of());
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
      models.add(
          new Model(
              node.path("name").asText(),
              node.path("display_name").asText(),
              capabilities,
              node.path("context_tokens").asLong(),
              node.path("output_tokens_max").asLong(),
              node.path("image_tokens_max").asLong(),
              PriceJson.read(node),
              LocalDate.parse(node.path("released").asText())
                  .atStartOfDay(ZoneOffset.UTC)
                  .toInstant()));
    }
    return models;
  }
}
