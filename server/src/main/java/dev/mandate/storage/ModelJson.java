package dev.mandate.storage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.PriceJson;
import dev.mandate.platform.json.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// An upstream's catalogue as it stands in its column.
final class ModelJson {
  private ModelJson() {}

  static String write(List<Model> models) {
    ArrayNode array = Json.object().arrayNode();
    for (Model model : models) {
      ObjectNode node =
          Json.object().put("name", model.name()).put("display_name", model.displayName());
      AccessJson.writeCapabilities(node, model.capabilities());
      node.put("context_tokens", model.contextTokens())
          .put("output_tokens_max", model.outputTokensMax())
          .put("image_tokens_max", model.imageTokensMax())
          .put("released_at", model.releasedAt().toEpochMilli());
      PriceJson.write(model.price(), node.putObject("price"));
      array.add(node);
    }
    return Json.write(array);
  }

  static List<Model> read(String json) {
    List<Model> models = new ArrayList<>();
    for (JsonNode node : Json.parse(json)) {
      models.add(
          new Model(
              node.required("name").asText(),
              node.required("display_name").asText(),
              AccessJson.readCapabilities(node),
              node.required("context_tokens").asLong(),
              node.required("output_tokens_max").asLong(),
              node.required("image_tokens_max").asLong(),
              PriceJson.read(node.required("price")),
              Instant.ofEpochMilli(node.required("released_at").asLong())));
    }
    return models;
  }
}
